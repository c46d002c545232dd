{{ config(materialized = 'table') }}

-- by the federal standard of 1997 who is Middle Eastern or North African is White; all codes are kept beside it
with federal as (

    select
        *,
        case
            when conformed_code = 'middle_eastern_or_north_african' then 'white' else conformed_code
        end as federal_code
    from {{ ref('stg_code_values') }}

),

counted as (

    select
        partner_id,
        extract_id,
        field,
        school_year,
        partner_code,
        min(federal_code) as only_code,
        count(distinct federal_code) filter (where federal_code <> 'unknown') as n_known_codes,
        min(federal_code) filter (where federal_code <> 'unknown') as known_code,
        {{ joined('conformed_code') }} filter (where conformed_code <> 'unknown') as known_codes,
        bool_or(conformed_code = 'hispanic_or_latino') as has_hispanic,
        bool_and(conformed_code is not null) as is_mapped
    from federal
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
    known_codes,
    is_mapped
from counted
