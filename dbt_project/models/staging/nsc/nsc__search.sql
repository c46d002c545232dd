select
    links.person_id,
    searches.community_id,
    searches.partner_id,
    searches.student_id,
    searches.school_year,
    searches.collection,
    searches.search_date,
    searches.is_found,
    deliveries.received_date,
    searches._load_id
from {{ source('raw', 'nsc_search') }} as searches
{{ join_person('searches') }}
left join {{ ref('stg_received') }} as deliveries
    on searches._load_id = deliveries.load_id
