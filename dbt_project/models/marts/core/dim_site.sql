select
    site.community_id,
    site.site_id,
    site.partner_id,
    site.site_name,
    site.organization_id,
    site.street_address,
    site.city,
    site.state,
    site.zip_code,
    site.tract_id,
    site.latitude,
    site.longitude,
    min(site.school_year) over (partition by site.community_id, site.site_id) as first_school_year,
    site.school_year as last_school_year,
    places.place_id
from {{ ref('stg_site') }} as site
{{ join_place('site', 'site_id', 'site') }}
qualify {{ latest_account('site.community_id, site.site_id') }}
