with published as (

    select distinct
        community_id,
        geography_level,
        geography_id
    from {{ ref('indicator_values') }}

),

places as (

    select
        community_id,
        'community' as geography_level,
        community_id as geography_id,
        community_name as title,
        cast(null as varchar) as parent_level,
        cast(null as varchar) as parent_id,
        cast(null as varchar) as school_level
    from {{ source('reference', 'communities') }}

    union all

    select
        community_id,
        'district' as geography_level,
        district_id as geography_id,
        coalesce(max(district_name), district_id) as title,
        'community' as parent_level,
        community_id as parent_id,
        null as school_level
    from {{ ref('dim_school') }}
    group by community_id, district_id

    union all

    select
        community_id,
        'school' as geography_level,
        organization_id as geography_id,
        school_name as title,
        'district' as parent_level,
        district_id as parent_id,
        school_level
    from {{ ref('dim_school') }}

    union all

    -- a ZIP code or tract of residence is called by its number
    select
        community_id,
        geography_level,
        geography_id,
        geography_id as title,
        'community' as parent_level,
        community_id as parent_id,
        null as school_level
    from published
    where geography_level in ('zip', 'tract')

)

select
    published.community_id,
    published.geography_level,
    published.geography_id,
    coalesce(places.title, published.geography_id) as title,
    places.parent_level,
    places.parent_id,
    places.school_level,
    this_release.release_id
from published
left join places
    on
        published.community_id = places.community_id
        and published.geography_level = places.geography_level
        and published.geography_id = places.geography_id
cross join {{ source('reference', 'release') }} as this_release
