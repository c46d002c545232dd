{{ config(materialized = 'table') }}

-- a table, so that a refresh sees whether it holds anything new: the ledger grows with every delivery of anybody
select
    load_id,
    cast(received_at as date) as received_date
from {{ source('ledger', 'deliveries') }}
where entity = 'edfi_student_school_attendance_event'
