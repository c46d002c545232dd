with organizations as (

    select *
    from {{ source('raw', 'oneroster_org') }}
    where {{ is_not_deleted() }}

)

select
    schools.community_id,
    schools.partner_id,
    schools.extract_id,
    schools.school_year,
    schools.collection,
    schools.sourced_id as school_id,
    schools.name as school_name,
    districts.sourced_id as district_id,
    districts.name as district_name,
    case when regexp_full_match(schools.identifier, '[0-9]{12}') then schools.identifier end as nces_school_id,
    cast(null as varchar) as state_school_id,
    cast(null as varchar) as school_level,
    cast(null as varchar) as zip_code,
    cast(null as varchar) as tract_id,
    schools._load_id,
    schools._source_file,
    schools._row_number
from organizations as schools
left join organizations as districts
    on
        {{ same_delivery('schools', 'districts') }}
        and schools.parent_sourced_id = districts.sourced_id
        and lower(districts.type) in ('district', 'local')
where lower(trim(schools.type)) = 'school'
