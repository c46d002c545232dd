with described as (

    -- the latest account of a school, whole: an annual one before an interim one of the same year
    select
        organization_id,
        community_id,
        partner_id,
        school_id,
        school_name,
        district_id,
        district_name,
        nces_school_id,
        school_level,
        zip_code,
        tract_id
    from {{ ref('stg_school') }}
    qualify {{ latest_account('organization_id, community_id, partner_id') }}

),

-- schools that children are known to be at but no school extract tells of
attended as (

    {% for model in ['fct_enrollment', 'fct_attendance', 'fct_assessment', 'fct_discipline', 'fct_diploma'] %}
        select
            organization_id,
            community_id,
            partner_id
        from {{ ref(model) }}
        where
            organization_id is not null
            and organization_id not in (select described.organization_id from described)
        {% if not loop.last %}union{% endif %}
    {% endfor %}

),

schools as (

    select
        *,
        true as is_described
    from described
    union all by name
    select
        organization_id,
        community_id,
        partner_id,
        split_part(organization_id, ':', 2) as school_id,
        'School ' || split_part(organization_id, ':', 2) as school_name,
        false as is_described
    from attended
    union all by name
    select distinct
        {{ unlisted('partner_id') }} as organization_id,
        community_id,
        partner_id,
        'unlisted' as school_id,
        'Schools on no list' as school_name,
        false as is_described
    from attended

),

-- a partner that names no district for a school is the district
partners as (

    select
        community_id,
        partner_id,
        partner_name,
        coalesce(district_id, partner_id) as district_id
    from {{ source('reference', 'partners') }}

)

select
    schools.organization_id,
    schools.community_id,
    schools.partner_id,
    schools.school_id,
    schools.school_name,
    coalesce(schools.district_id, partners.district_id, schools.partner_id) as district_id,
    coalesce(
        schools.district_name,
        case
            when coalesce(schools.district_id, partners.district_id) = partners.district_id then partners.partner_name
        end
    ) as district_name,
    schools.nces_school_id,
    schools.school_level,
    schools.zip_code,
    schools.tract_id,
    schools.is_described,
    places.place_id
from schools
left join partners
    on schools.community_id = partners.community_id and schools.partner_id = partners.partner_id
left join {{ ref('int_school_places') }} as places
    on schools.organization_id = places.organization_id
