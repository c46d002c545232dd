with definitions as (

    {{ definitions('eighth_grade_on_track', {
        'minimum_gpa': 'decimal(6, 2)',
        'minimum_attendance': 'decimal(6, 4)',
    }) }}

),

judged as (

    select
        students.*,
        definitions.definition_version,
        {{
            at_least(
                'students.quality_points', 'students.most_quality_points',
                'definitions.minimum_gpa * students.graded_credits',
            )
        }} as has_gpa,
        {{ at_most('students.n_low_marks', 'students.most_low_marks', '0') }} as has_passed,
        students.days_absent <= (1 - definitions.minimum_attendance) * students.days_enrolled as has_attended,
        {{ at_most('students.n_removals', 'students.most_removals', '0') }} as was_never_removed
    from {{ ref('int_course_years') }} as students
    {{ join_definitions('students') }}
    -- what nobody reports of a school cannot fail there, so its children do not count
    where
        students.grade_level = '08' and students.most_removals is not null and students.is_attendance_reported
        and students.graded_credits > 0

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'eighth_grade_on_track' as indicator_id,
    definition_version,
    has_gpa and has_passed and has_attended and was_never_removed as is_success
from judged
{{ known_in_every_part(['has_gpa', 'has_passed', 'has_attended', 'was_never_removed']) }}
