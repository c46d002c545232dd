select
    links.person_id,
    postsecondary_award.community_id,
    postsecondary_award.partner_id,
    postsecondary_award.student_id,
    postsecondary_award.school_year,
    postsecondary_award.collection,
    postsecondary_award.college_code,
    postsecondary_award.college_name,
    postsecondary_award.award_date,
    postsecondary_award.degree_title,
    {{ conformed('award_level') }},
    postsecondary_award.major,
    postsecondary_award.cip_code,
    postsecondary_award.extract_id,
    postsecondary_award._load_id,
    postsecondary_award._row_number
from {{ rows_of('postsecondary_award') }} as postsecondary_award
{{ join_person('postsecondary_award') }}
{{ join_codes('award_level', 'postsecondary_award') }}
