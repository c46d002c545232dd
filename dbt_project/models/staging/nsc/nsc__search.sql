select
    links.person_id,
    searches.community_id,
    searches.partner_id,
    searches.student_id,
    searches.school_year,
    searches.collection,
    searches.search_date,
    searches.is_found,
    searches._load_id
from {{ source('raw', 'nsc_search') }} as searches
{{ join_person('searches') }}
