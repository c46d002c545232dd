select
    schools.community_id,
    schools.partner_id,
    schools.extract_id,
    schools.school_year,
    schools.collection,
    schools.school_id,
    schools.name_of_institution as school_name,
    coalesce(districts.local_education_agency_id, schools.local_education_agency_id) as district_id,
    districts.name_of_institution as district_name,
    case when regexp_full_match(schools.nces_school_id, '[0-9]{12}') then schools.nces_school_id end as nces_school_id,
    cast(null as varchar) as state_school_id,
    case
        when schools.school_categories like '%;%' then 'Other Combination' else schools.school_categories
    end as school_level,
    schools.postal_code as zip_code,
    cast(null as varchar) as tract_id,
    schools._load_id,
    schools._source_file,
    schools._row_number
from {{ source('raw', 'edfi_school') }} as schools
left join {{ source('raw', 'edfi_local_education_agency') }} as districts
    on
        {{ same_delivery('schools', 'districts') }}
        -- XML may refer by the name that an element has within the file
        and coalesce(
            schools.local_education_agency_id = districts.local_education_agency_id,
            schools.local_education_agency_ref = districts.xml_id
        )
