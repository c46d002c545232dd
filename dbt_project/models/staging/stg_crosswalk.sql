{{ config(materialized = 'table') }}

select distinct
    partner_id,
    field,
    lower(trim(partner_code)) as partner_code,
    lower(trim(conformed_code)) as conformed_code,
    coalesce(first_year, 0) as first_year,
    coalesce(last_year, 9999) as last_year
from {{ source('reference', 'crosswalks') }}
