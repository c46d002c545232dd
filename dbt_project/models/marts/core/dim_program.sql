with latest as (

    select
        *,
        min(school_year) over (partition by community_id, program_id) as first_school_year
    from {{ ref('stg_program') }}
    qualify {{ latest_account('community_id, program_id') }}

)

select
    latest.community_id,
    latest.program_id,
    latest.partner_id,
    latest.program_name,
    latest.program_type,
    latest.organization_id,
    latest.description,
    latest.start_date,
    latest.end_date,
    latest.sessions_planned,
    latest.hours_planned,
    latest.first_school_year,
    latest.school_year as last_school_year,
    -- a partner that names no organization for a program runs it
    coalesce(places.place_id, partners.place_id) as organization_place_id
from latest
{{ join_place('latest', 'organization_id', 'organization') }}
left join {{ source('identity', 'place_links') }} as partners
    on
        latest.partner_id = partners.partner_id
        and partners.entity = 'partner'
