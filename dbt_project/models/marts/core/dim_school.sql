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
    qualify
        row_number() over (
            partition by organization_id, community_id, partner_id
            order by
                school_year desc, case when collection = 'annual' then 0 else 1 end asc, collection asc, extract_id asc,
                _row_number asc
        ) = 1

),

-- schools that children are known to be at but no school extract tells of
attended as (

    {% for model in ['fct_enrollment', 'fct_attendance', 'fct_assessment', 'fct_discipline', 'fct_diploma'] %}
        select
            organization_id,
            community_id,
            partner_id
        from {{ ref(model) }}
        where organization_id is not null
        {% if not loop.last %}union{% endif %}
    {% endfor %}

),

schools as (

    select
        coalesce(described.organization_id, attended.organization_id) as organization_id,
        coalesce(described.community_id, attended.community_id) as community_id,
        coalesce(described.partner_id, attended.partner_id) as partner_id,
        coalesce(described.school_id, split_part(attended.organization_id, ':', 2)) as school_id,
        coalesce(described.school_name, 'School ' || split_part(attended.organization_id, ':', 2)) as school_name,
        described.district_id,
        described.district_name,
        described.nces_school_id,
        described.school_level,
        described.zip_code,
        described.tract_id,
        described.organization_id is not null as is_described
    from described
    full outer join attended
        on
            described.organization_id = attended.organization_id
            and described.community_id = attended.community_id

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
