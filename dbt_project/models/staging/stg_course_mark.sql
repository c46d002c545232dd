select
    links.person_id,
    {{ organization_id('course_mark') }} as organization_id,
    course_mark.community_id,
    course_mark.partner_id,
    course_mark.student_id,
    course_mark.school_id,
    course_mark.school_year,
    course_mark.collection,
    course_mark.course_id,
    course_mark.course_name,
    {{ conformed('math_course') }},
    {{ conformed('course_level') }},
    course_mark.term,
    {{ conformed('subject_area') }},
    {{ conformed('mark') }},
    course_mark.credits_attempted,
    course_mark.credits_earned,
    course_mark.extract_id,
    course_mark._load_id,
    course_mark._row_number
from {{ rows_of('course_mark') }} as course_mark
{{ join_person('course_mark') }}
{{ join_organization('course_mark') }}
{{ join_codes('subject_area', 'course_mark') }}
{{ join_codes('mark', 'course_mark') }}
{{ join_codes('math_course', 'course_mark') }}
{{ join_codes('course_level', 'course_mark') }}
