{{ config(materialized = 'table') }}

-- a table, so that a refresh sees whether it holds anything new: the ledger grows with every delivery of anybody
select
    load_id,
    community_id,
    entity,
    state in ('accepted', 'accepted_with_quarantine') as is_in_force,
    cast(received_at as date) as received_date
from {{ source('ledger', 'deliveries') }}
where entity in ('edfi_student_school_attendance_event', 'nsc_search', 'postsecondary_enrollment')
