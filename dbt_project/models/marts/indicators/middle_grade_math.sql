with definitions as (

    {{ definitions('middle_grade_math', {'counts_higher_tests': 'boolean'}) }}

),

-- who takes the test of algebra instead of that of its grade is judged by it
higher_tests as (

    select
        students.community_id,
        students.person_id,
        students.school_year,
        students.collection,
        max_by(results.is_proficient, results.grade_level) as is_proficient
    from {{ ref('int_student_year_proficiency') }} as results
    inner join {{ ref('fct_student_year') }} as students
        on
            results.community_id = students.community_id
            and results.person_id = students.person_id
            and results.school_year = students.school_year
            and results.collection = students.collection
    where
        results.subject = 'math' and students.grade_level = '08'
        and results.grade_level in ('09', '10', '11', '12')
    group by students.community_id, students.person_id, students.school_year, students.collection

),

results as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        is_proficient
    from {{ ref('int_student_year_proficiency') }}
    where subject = 'math' and grade_level = '08'

),

students as (

    select
        coalesce(results.community_id, higher_tests.community_id) as community_id,
        coalesce(results.person_id, higher_tests.person_id) as person_id,
        coalesce(results.school_year, higher_tests.school_year) as school_year,
        coalesce(results.collection, higher_tests.collection) as collection,
        results.organization_id,
        results.is_proficient,
        higher_tests.is_proficient as is_proficient_in_higher_test
    from results
    full outer join higher_tests
        on
            results.community_id = higher_tests.community_id
            and results.person_id = higher_tests.person_id
            and results.school_year = higher_tests.school_year
            and results.collection = higher_tests.collection

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    -- the accountable school, not the room the test was taken in
    coalesce(places.organization_id, students.organization_id) as organization_id,
    'middle_grade_math' as indicator_id,
    definitions.definition_version,
    case
        when definitions.counts_higher_tests
            then coalesce(students.is_proficient_in_higher_test, students.is_proficient)
        else students.is_proficient
    end as is_success
from students
{{ join_definitions('students') }}
{{ join_school_of_year('students') }}
where definitions.counts_higher_tests or students.is_proficient is not null
