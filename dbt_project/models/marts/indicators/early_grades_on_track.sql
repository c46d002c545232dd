with definitions as (

    {{ definitions('early_grades_on_track', {
        'minimum_attendance': 'decimal(6, 4)',
    }) }}

),

-- the latest judged result of each subject; a benchmark or screener counts as the state's test does: there is none yet
results as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        max_by(
            case when subject = 'reading' then is_proficient end,
            case when subject = 'reading' then row(coalesce(test_date, date '1900-01-01'), is_proficient) end
        ) as reads_at_grade_level,
        max_by(
            case when subject = 'math' then is_proficient end,
            case when subject = 'math' then row(coalesce(test_date, date '1900-01-01'), is_proficient) end
        ) as does_math_at_grade_level
    from {{ ref('fct_assessment') }}
    where is_proficient is not null and domain is null and grade_level in ('01', '02')
    group by community_id, person_id, school_year, collection

),

judged as (

    select
        students.*,
        definitions.definition_version,
        results.reads_at_grade_level,
        results.does_math_at_grade_level,
        students.days_absent <= (1 - definitions.minimum_attendance) * students.days_enrolled as has_attended,
        {{ at_most('removals.n_removals', 'removals.most_removals', '0') }} as was_never_removed
    from {{ ref('fct_student_year') }} as students
    {{ join_definitions('students') }}
    inner join results
        on
            students.community_id = results.community_id
            and students.person_id = results.person_id
            and students.school_year = results.school_year
            and students.collection = results.collection
    left join {{ ref('int_student_year_removals') }} as removals
        on
            students.community_id = removals.community_id
            and students.person_id = removals.person_id
            and students.school_year = removals.school_year
            and students.collection = removals.collection
    -- what nobody reports of a school cannot fail there, so its children do not count
    where
        students.grade_level in ('01', '02')
        and removals.most_removals is not null
        and removals.is_attendance_reported

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'early_grades_on_track' as indicator_id,
    definition_version,
    reads_at_grade_level and does_math_at_grade_level and has_attended and was_never_removed as is_success
from judged
{{ known_in_every_part([
    'reads_at_grade_level', 'does_math_at_grade_level', 'has_attended', 'was_never_removed',
]) }}
