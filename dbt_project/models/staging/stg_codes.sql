{{ config(materialized = 'table') }}

with counted as (

    select
        partner_id,
        extract_id,
        field,
        school_year,
        partner_code,
        min(conformed_code) as only_code,
        count(distinct conformed_code) filter (where conformed_code <> 'unknown') as n_known_codes,
        min(conformed_code) filter (where conformed_code <> 'unknown') as known_code,
        bool_or(conformed_code = 'hispanic_or_latino') as has_hispanic,
        bool_and(conformed_code is not null) as is_mapped
    from {{ ref('stg_code_values') }}
    group by partner_id, extract_id, field, school_year, partner_code

)

select
    partner_id,
    extract_id,
    field,
    school_year,
    partner_code,
    -- several codes in one value occur for race alone: Hispanic of any race first, then two or more
    case
        when has_hispanic then 'hispanic_or_latino'
        when n_known_codes > 1 then 'two_or_more_races'
        when not is_mapped then 'unmapped'
        else coalesce(known_code, only_code)
    end as conformed_code,
    is_mapped
from counted
