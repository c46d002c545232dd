{{ config(materialized = 'view') }}

select distinct
    community_id,
    partner_id,
    school_year,
    collection
from {{ ref('fct_attendance') }}
