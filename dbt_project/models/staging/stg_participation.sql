select
    links.person_id,
    participation.community_id,
    participation.partner_id,
    participation.student_id,
    participation.school_year,
    participation.collection,
    {{ scoped_id('participation', 'program_id') }} as program_id,
    {{ scoped_id('participation', 'site_id') }} as site_id,
    participation.start_date,
    participation.end_date,
    participation.sessions_offered,
    participation.sessions_attended,
    participation.hours_attended,
    participation.has_attended,
    participation.extract_id,
    participation._load_id,
    participation._row_number
from {{ rows_of('participation') }} as participation
{{ join_person('participation') }}
