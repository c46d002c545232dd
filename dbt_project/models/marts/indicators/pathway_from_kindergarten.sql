with definitions as (

    {{ definitions('pathway_from_kindergarten') }}

),

-- reading by the end of the fourth year, so that who repeats a grade is waited for
readers as (

    select
        results.community_id,
        results.person_id,
        results.school_year,
        bool_or(results.is_proficient) as is_reached
    from {{ ref('int_student_year_proficiency') }} as results
    where results.subject = 'reading' and results.grade_level = '03' and results.collection = 'annual'
    group by results.community_id, results.person_id, results.school_year

),

reading_years as (

    select distinct
        community_id,
        school_year - 3 as kindergarten_year,
        true as is_reading_told
    from readers

),

members as (

    select
        children.community_id,
        children.person_id,
        children.school_year,
        children.collection,
        children.organization_id,
        children.has_been_in_preschool,
        bool_or(ready.is_ready) as is_ready,
        bool_or(years.days_absent < 0.1 * years.days_enrolled) as is_attending,
        bool_or(readers.is_reached) as is_reading
    from {{ ref('int_kindergartners') }} as children
    left join {{ ref('int_readiness_results') }} as ready
        on
            children.community_id = ready.community_id
            and children.person_id = ready.person_id
            and children.school_year = ready.school_year
            and children.collection = ready.collection
    left join {{ ref('fct_student_year') }} as years
        on
            children.community_id = years.community_id
            and children.person_id = years.person_id
            and children.school_year = years.school_year
            and children.collection = years.collection
    left join readers
        on
            children.community_id = readers.community_id
            and children.person_id = readers.person_id
            and readers.school_year between children.school_year + 3 and children.school_year + 4
    group by all

),

-- a step that nobody can tell of a class yet is none of its steps
known as (

    select
        members.community_id,
        members.school_year,
        count(members.has_been_in_preschool) > 0 as is_preschool_told,
        count(members.is_ready) > 0 as is_ready_told,
        count(members.is_attending) > 0 as is_attending_told,
        coalesce(bool_or(reading_years.is_reading_told), false) as is_reading_told
    from members
    left join reading_years
        on members.community_id = reading_years.community_id and members.school_year = reading_years.kindergarten_year
    group by members.community_id, members.school_year

),

steps as (

    {% for step, column, is_told in [
        ('preschool', 'coalesce(members.has_been_in_preschool, false)', 'known.is_preschool_told'),
        ('ready_for_kindergarten', 'coalesce(members.is_ready, false)', 'known.is_ready_told'),
        ('attending_kindergarten', 'coalesce(members.is_attending, false)', 'known.is_attending_told'),
        ('reading_in_grade_3', 'coalesce(members.is_reading, false)', 'known.is_reading_told'),
    ] %}
        select
            members.community_id,
            members.person_id,
            members.school_year,
            members.collection,
            members.organization_id,
            '{{ step }}' as step,
            {{ column }} as is_reached
        from members
        inner join known
            on members.community_id = known.community_id and members.school_year = known.school_year
        where {{ is_told }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    steps.community_id,
    steps.person_id,
    steps.school_year,
    steps.collection,
    steps.organization_id,
    'pathway_from_kindergarten' as indicator_id,
    definitions.definition_version,
    steps.is_reached as is_success
from steps
{{ join_definitions('steps') }}
where steps.step = definitions.definition_version
