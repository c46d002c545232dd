with definitions as (

    {{ definitions('ninth_grade_on_track', {
        'minimum_credits': 'decimal(6, 2)',
        'maximum_core_failures': 'integer',
        'minimum_gpa': 'decimal(6, 2)',
        'minimum_attendance': 'decimal(6, 4)',
    }) }}

),

judged as (

    select
        students.*,
        definitions.definition_version,
        case
            when definitions.minimum_credits is not null
                then
                    {{
                        at_least(
                            'students.credits_earned', 'students.most_credits_earned', 'definitions.minimum_credits'
                        )
                    }}
            else
                {{
                    at_least(
                        'students.quality_points', 'students.most_quality_points',
                        'definitions.minimum_gpa * students.graded_credits',
                    )
                }}
        end as has_earned_enough,
        case
            when definitions.maximum_core_failures is not null
                then
                    {{
                        at_most(
                            'students.n_core_failures', 'students.most_core_failures',
                            'definitions.maximum_core_failures',
                        )
                    }}
            else {{ at_most('students.n_low_marks', 'students.most_low_marks', '0') }}
        end as has_passed,
        definitions.minimum_attendance is null
        or students.days_absent <= (1 - definitions.minimum_attendance) * students.days_enrolled as has_attended,
        definitions.minimum_attendance is null
        or {{ at_most('students.n_removals', 'students.most_removals', '0') }} as was_never_removed
    from {{ ref('int_course_years') }} as students
    {{ join_definitions('students') }}
    where
        students.grade_level = '09' and students.is_first_time
        -- what nobody reports of a school cannot fail there, so its children do not count
        and (
            definitions.minimum_gpa is null
            or (students.most_removals is not null and students.is_attendance_reported and students.graded_credits > 0)
        )

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'ninth_grade_on_track' as indicator_id,
    definition_version,
    has_earned_enough and has_passed and has_attended and was_never_removed as is_success
from judged
{{ known_in_every_part(['has_earned_enough', 'has_passed', 'has_attended', 'was_never_removed']) }}
