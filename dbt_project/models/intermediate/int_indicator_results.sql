{{ config(materialized = 'view') }}

{% set attributes = disaggregates() | map(attribute = 'column') | list %}

-- depends_on: {{ ref('disaggregates') }}
with exact as (

    select
        results.*,
        {% for attribute in attributes %}
            student_year.{{ attribute }},
        {% endfor %}
        student_year.person_id is not null as is_known
    from {{ ref('int_indicator_outcomes') }} as results
    left join {{ ref('fct_student_year') }} as student_year
        on
            results.community_id = student_year.community_id
            and results.person_id = student_year.person_id
            and results.school_year = student_year.school_year
            and results.collection = student_year.collection

),

-- a child counted in a year it was not enrolled (a dropout in a graduation cohort): as last known before
earlier as (

    select
        unknown_years.community_id,
        unknown_years.person_id,
        unknown_years.school_year,
        {% for attribute in attributes %}
            max_by(student_year.{{ attribute }}, student_year.school_year) as {{ attribute }},
        {% endfor %}
        max(student_year.school_year) as known_year
    from (
        select distinct
            community_id,
            person_id,
            school_year
        from exact
        where not is_known
    ) as unknown_years
    inner join {{ ref('fct_student_year') }} as student_year
        on
            unknown_years.community_id = student_year.community_id
            and unknown_years.person_id = student_year.person_id
            and unknown_years.school_year > student_year.school_year
    where student_year.collection = 'annual'
    group by unknown_years.community_id, unknown_years.person_id, unknown_years.school_year

)

select
    exact.community_id,
    exact.person_id,
    exact.school_year,
    exact.collection,
    exact.organization_id,
    exact.indicator_id,
    exact.definition_version,
    {% for attribute in attributes %}
        coalesce(exact.{{ attribute }}, earlier.{{ attribute }}, 'unknown') as {{ attribute }},
    {% endfor %}
    exact.is_success
from exact
left join earlier
    on
        exact.community_id = earlier.community_id
        and exact.person_id = earlier.person_id
        and exact.school_year = earlier.school_year
