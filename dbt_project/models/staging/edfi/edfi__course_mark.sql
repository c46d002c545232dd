select
    transcripts.community_id,
    transcripts.partner_id,
    transcripts.extract_id,
    transcripts.school_year,
    transcripts.collection,
    transcripts.student_unique_id as student_id,
    schools.school_id,
    transcripts.course_code as course_id,
    coalesce(transcripts.course_title, courses.course_title) as course_name,
    cast(null as varchar) as math_course,
    cast(null as varchar) as course_level,
    split_part(courses.academic_subjects, ';', 1) as subject_area,
    transcripts.term,
    coalesce(transcripts.final_letter_grade_earned, transcripts.course_attempt_result) as mark,
    transcripts.attempted_credits as credits_attempted,
    transcripts.earned_credits as credits_earned,
    transcripts._load_id,
    transcripts._source_file,
    transcripts._row_number
from {{ source('raw', 'edfi_course_transcript') }} as transcripts
left join {{ source('raw', 'edfi_course') }} as courses
    on
        {{ same_delivery('transcripts', 'courses') }}
        and transcripts.course_code = courses.course_code
        and transcripts.course_education_organization_id = courses.education_organization_id
left join {{ source('raw', 'edfi_school') }} as schools
    on
        {{ same_delivery('transcripts', 'schools') }}
        and transcripts.education_organization_id = schools.school_id
where transcripts.told_school_year = transcripts.school_year
-- of several attempts in a term the one passed, then the one that earned most, then the better mark: of numbers the
-- higher, of letters the first
qualify row_number() over (
        partition by
            transcripts.partner_id, transcripts.school_year, transcripts.collection, transcripts.student_unique_id,
            transcripts.course_code, transcripts.term
        order by
            lower(transcripts.course_attempt_result) = 'pass' desc nulls last,
            lower(transcripts.course_attempt_result) = 'fail' asc nulls last,
            transcripts.earned_credits desc nulls last,
            try_cast(transcripts.final_letter_grade_earned as double) desc nulls last,
            transcripts.final_letter_grade_earned asc nulls last,
            transcripts.course_attempt_result asc nulls last,
            transcripts.attempted_credits desc nulls last,
            schools.school_id asc nulls last,
            transcripts._row_number asc
    ) = 1
