with definitions as (

    {{ definitions('sixth_grade_on_track', {
        'minimum_attendance': 'decimal(6, 4)',
    }) }}

),

judged as (

    select
        students.*,
        definitions.definition_version,
        {{ at_most('students.n_basic_failures', 'students.most_basic_failures', '0') }} as has_passed,
        students.days_absent <= (1 - definitions.minimum_attendance) * students.days_enrolled as has_attended,
        {{ at_most('students.n_removals', 'students.most_removals', '0') }} as was_never_removed
    from {{ ref('int_course_years') }} as students
    {{ join_definitions('students') }}
    -- what nobody reports of a school cannot fail there, so its children do not count
    where students.grade_level = '06' and students.most_removals is not null and students.is_attendance_reported

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'sixth_grade_on_track' as indicator_id,
    definition_version,
    has_passed and has_attended and was_never_removed as is_success
from judged
{{ known_in_every_part(['has_passed', 'has_attended', 'was_never_removed']) }}
