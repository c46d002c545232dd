select
    {{ organization_id('school') }} as organization_id,
    school.community_id,
    school.partner_id,
    school.school_id,
    school.school_year,
    school.collection,
    school.school_name,
    nullif(trim(school.district_id), '') as district_id,
    school.district_name,
    school.nces_school_id,
    {{ conformed('school_level') }},
    school.zip_code,
    school.tract_id,
    school.extract_id,
    school._load_id,
    school._row_number
from {{ rows_of('school') }} as school
{{ join_codes('school_level', 'school') }}
