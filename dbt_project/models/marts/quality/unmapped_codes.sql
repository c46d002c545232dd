with unmapped as (

    select
        community_id,
        partner_id,
        extract_id,
        field,
        school_year,
        single_code as partner_code,
        sum(n_rows) as n_rows,
        count(*) over (partition by extract_id, field, school_year) as n_codes
    from {{ ref('stg_code_values') }}
    where conformed_code is null
    group by community_id, partner_id, extract_id, field, school_year, single_code

)

select
    community_id,
    partner_id,
    extract_id,
    field,
    school_year,
    -- a column with this many unknown codes is no code list but may be free text, and what stands in a few rows may
    -- be a name or a note that slipped into the column: neither is repeated here
    case when n_codes <= 50 and n_rows >= 5 then partner_code end as partner_code,
    cast(max(n_codes) as bigint) as n_codes,
    cast(sum(n_rows) as bigint) as n_rows
from unmapped
group by all
