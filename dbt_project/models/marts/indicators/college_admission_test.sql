with definitions as (

    {{ definitions('college_admission_test', {
        'asks': 'varchar',
    }) }}

),

results as (

    select
        community_id,
        person_id,
        school_year,
        subject,
        bool_or(is_proficient) as has_reached
    from {{ ref('fct_assessment') }}
    where assessment_type = 'college_admission' and collection = 'annual' and domain is null
    group by community_id, person_id, school_year, subject

),

tested_years as (

    select distinct
        community_id,
        school_year
    from results

),

-- all that a student has taken up to the end of grade 12: the best result of each subject, whichever year it is of
subjects as (

    select
        seniors.community_id,
        seniors.person_id,
        seniors.school_year,
        seniors.collection,
        seniors.organization_id,
        results.subject,
        count(results.person_id) as n_results,
        bool_or(results.has_reached) as has_reached
    from {{ ref('fct_student_year') }} as seniors
    -- most are tested in grade 11, so a class counts whose results of both years came
    inner join tested_years
        on seniors.community_id = tested_years.community_id and seniors.school_year = tested_years.school_year
    inner join tested_years as years_before
        on
            seniors.community_id = years_before.community_id
            and seniors.school_year - 1 = years_before.school_year
    left join results
        on
            seniors.community_id = results.community_id
            and seniors.person_id = results.person_id
            and seniors.school_year >= results.school_year
    where seniors.grade_level = '12' and seniors.collection = 'annual' and seniors.is_enrolled
    group by all

),

students as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        sum(n_results) > 0 as has_taken,
        bool_and(has_reached) as is_ready
    from subjects
    group by all

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'college_admission_test' as indicator_id,
    definitions.definition_version,
    case definitions.asks when 'taken' then students.has_taken else students.is_ready end as is_success
from students
{{ join_definitions('students') }}
where definitions.asks = 'taken' or students.is_ready is not null
