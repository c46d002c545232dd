select
    {{ organization_id('school') }} as organization_id,
    school.community_id,
    school.partner_id,
    school.school_id,
    school.school_year,
    school.collection,
    school.school_name,
    coalesce(later_district.geography_id, nullif(trim(school.district_id), '')) as district_id,
    -- under its last code a district has its last name
    case when later_district.geography_id is null then school.district_name end as district_name,
    school.nces_school_id,
    {{ conformed('school_level') }},
    school.zip_code,
    school.tract_id,
    school.extract_id,
    school._load_id,
    school._row_number
from {{ rows_of('school') }} as school
{{ join_organization('school') }}
{{ join_later_code('school', 'district', 'trim(school.district_id)') }}
{{ join_codes('school_level', 'school') }}
