select
    load_id,
    extract_id,
    community_id,
    partner_id,
    entity,
    school_year,
    collection,
    file_name,
    sha256,
    received_at,
    changed_at,
    state,
    reason,
    n_rows,
    n_quarantined,
    seconds
from {{ source('ledger', 'deliveries') }}
