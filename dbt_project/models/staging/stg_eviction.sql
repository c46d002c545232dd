select
    links.person_id,
    eviction.community_id,
    eviction.partner_id,
    eviction.student_id,
    eviction.school_year,
    eviction.collection,
    eviction.filed_date,
    {{ conformed('judgment') }},
    eviction.judgment_date,
    eviction.executed_date,
    eviction.amount_claimed,
    eviction.zip_code,
    eviction.tract_id,
    eviction.extract_id,
    eviction._load_id,
    eviction._row_number
from {{ rows_of('eviction') }} as eviction
{{ join_person('eviction') }}
{{ join_codes('judgment', 'eviction') }}
