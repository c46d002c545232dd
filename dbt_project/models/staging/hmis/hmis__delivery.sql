with exports as (

    select
        partner_id,
        split_part(extract_id, '.', 3) as layout,
        school_year,
        collection,
        -- text, since exports of one day follow each other by the minute
        export_date,
        export_start_date as first_date,
        -- whatever period it is asked for, an export knows of no day after it was made
        least(export_end_date, try_cast(left(export_date, 10) as date)) as last_date,
        -- the year of the specification: '2026 v1.0'
        try_cast(left(csv_version, 4) as integer) as csv_year,
        hash_status = 1 as has_clear_names,
        -- a full refresh (2) of a reporting period (3): all there is of the period. A delta (1) and what was updated
        -- in a period (1) are changes, and of what HUD calls other nobody knows
        coalesce(export_directive, 2) = 2 and coalesce(export_period_type, 3) = 3 as is_whole
    from {{ source('raw', 'hmis_export') }}

),

-- a delta is put into the file of its school year, so a delivery may be of several exports
deliveries as (

    select
        partner_id,
        layout,
        school_year,
        collection,
        max(export_date) as export_date,
        min(first_date) as first_date,
        max(last_date) as last_date,
        max(csv_year) as csv_year,
        bool_and(has_clear_names) as has_clear_names,
        max(export_date) filter (where is_whole) as whole_export_date,
        min(first_date) filter (where is_whole) as whole_first_date,
        max(last_date) filter (where is_whole) as whole_last_date
    from exports
    group by partner_id, layout, school_year, collection

)

select
    *,
    -- a whole export and the changes to it
    count(whole_export_date) over (
        partition by partner_id
        order by export_date, school_year, collection
    ) as chain_number
from deliveries
