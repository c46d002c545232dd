select
    participation.community_id,
    participation.person_id,
    participation.school_year,
    participation.collection,
    participation.partner_id,
    participation.program_id,
    participation.site_id,
    places.place_id,
    participation.start_date,
    participation.end_date,
    participation.sessions_offered,
    participation.sessions_attended,
    participation.hours_attended,
    participation.has_attended,
    participation._load_id,
    participation._row_number
from {{ ref('stg_participation') }} as participation
{{ join_place('participation', 'site_id', 'site') }}
