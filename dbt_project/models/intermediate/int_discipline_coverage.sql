-- who reported discipline at all: without a report, nobody is counted as free of suspensions; a report of no incidents
-- is one
select distinct
    community_id,
    partner_id,
    school_year,
    collection
from {{ source('ledger', 'deliveries') }}
where entity in ('discipline', 'edfi_discipline_action') and state in ('accepted', 'accepted_with_quarantine')
