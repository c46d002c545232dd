with definitions as (

    {{ definitions('pathway_from_ninth_grade') }}

),

cohort as (

    select
        *,
        cohort_year as school_year,
        'annual' as collection
    from {{ ref('int_graduation_cohorts') }}
    where outcome <> 'removed' and n_years = 4

),

on_track as (

    select
        results.community_id,
        results.person_id,
        bool_or(results.is_success) as is_reached
    from {{ ref('ninth_grade_on_track') }} as results
    inner join {{ source('reference', 'indicator_definitions') }} as versions
        on
            results.indicator_id = versions.indicator_id
            and results.definition_version = versions.definition_version
    where versions.is_default
    group by results.community_id, results.person_id

),

members as (

    select
        cohort.*,
        on_track.is_reached as is_on_track,
        college.told_until_date,
        -- of the class's own fall: who graduated a year before it has another
        coverage.is_fall_told,
        coverage.is_second_fall_told,
        coalesce(college.is_enrolled_in_first_fall, false) as is_enrolled,
        coalesce(
            college.is_enrolled_in_first_fall
            and (
                college.is_enrolled_in_second_fall
                or college.first_award_date <= make_date(cohort.school_year + 1, 10, 31)
            ),
            false
        ) as is_persisting,
        coalesce(college.first_award_date <= make_date(cohort.school_year + 6, 8, 31), false) as is_awarded
    from cohort
    left join on_track
        on cohort.community_id = on_track.community_id and cohort.person_id = on_track.person_id
    left join {{ ref('int_college_years') }} as college
        on cohort.community_id = college.community_id and cohort.person_id = college.person_id
    left join {{ ref('int_college_coverage') }} as coverage
        on
            cohort.community_id = coverage.community_id
            and cohort.person_id = coverage.person_id
            and cohort.school_year = coverage.school_year

),

-- a step that nobody can tell of a class yet is none of its steps
known as (

    select
        community_id,
        school_year,
        count(is_on_track) > 0 as is_on_track_told,
        coalesce(bool_or(is_fall_told), false) as is_fall_told,
        coalesce(bool_or(is_second_fall_told), false) as is_second_fall_told,
        max(told_until_date) as told_until_date
    from members
    group by community_id, school_year

),

steps as (

    {% for step, column, is_told in [
        ('on_track_in_grade_9', 'coalesce(members.is_on_track, false)', 'known.is_on_track_told'),
        ('graduated', "members.outcome = 'graduated'", 'true'),
        ('enrolled_in_fall', 'members.is_enrolled', 'known.is_fall_told'),
        ('back_in_second_fall', 'members.is_persisting', 'known.is_second_fall_told'),
        ('degree_in_six_years', 'members.is_awarded', 'known.told_until_date >= make_date(members.school_year + 6, 8, 31)'),
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
    'pathway_from_ninth_grade' as indicator_id,
    definitions.definition_version,
    steps.is_reached as is_success
from steps
{{ join_definitions('steps') }}
where steps.step = definitions.definition_version
