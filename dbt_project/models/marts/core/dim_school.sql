with described as (

    select
        organization_id,
        community_id,
        partner_id,
        max_by(school_id, school_year) as school_id,
        max_by(school_name, school_year) as school_name,
        max_by(district_id, school_year) as district_id,
        max_by(district_name, school_year) as district_name,
        max_by(nces_school_id, school_year) as nces_school_id,
        max_by(school_level, school_year) as school_level,
        max_by(zip_code, school_year) as zip_code,
        max_by(tract_id, school_year) as tract_id
    from {{ ref('stg_school') }}
    group by organization_id, community_id, partner_id

),

-- schools that children attend but no school extract tells of
attended as (

    select distinct
        organization_id,
        community_id,
        partner_id
    from {{ ref('int_student_schools') }}

)

select
    coalesce(described.organization_id, attended.organization_id) as organization_id,
    coalesce(described.community_id, attended.community_id) as community_id,
    coalesce(described.partner_id, attended.partner_id) as partner_id,
    coalesce(described.school_id, split_part(attended.organization_id, ':', 2)) as school_id,
    coalesce(described.school_name, 'School ' || split_part(attended.organization_id, ':', 2)) as school_name,
    coalesce(described.district_id, attended.partner_id) as district_id,
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
