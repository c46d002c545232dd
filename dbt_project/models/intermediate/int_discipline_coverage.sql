-- who reported discipline at all: without a report, nobody is counted as free of suspensions
select distinct
    community_id,
    partner_id,
    school_year,
    collection
from {{ ref('fct_discipline') }}
