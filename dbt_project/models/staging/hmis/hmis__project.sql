with projects as (

    {{ newest_hmis('hmis_project', 'project_id') | indent(4) }}

),

organizations as (

    {{ newest_hmis('hmis_organization', 'organization_id') | indent(4) }}

),

places as (

    {{ newest_hmis('hmis_project_coc', 'project_coc_id') | indent(4) }}

),

zip_codes as (

    select
        partner_id,
        project_id,
        min(zip_code) as zip_code
    from places
    group by all
    -- of a project in several places none is where its clients live
    having count(distinct zip_code) = 1

)

select
    projects.community_id,
    projects.partner_id,
    projects.extract_id,
    projects.school_year,
    projects.collection,
    projects.export_date,
    projects.project_id,
    projects.project_name,
    projects.organization_id,
    organizations.organization_name,
    projects.project_type,
    -- a shelter that counts nights, not stays: type 1 since FY2024, before that a method beside the type
    projects.project_type = 1
    and coalesce(projects.tracking_method = 3, coalesce(projects.csv_year, 2024) >= 2024) as is_night_by_night,
    projects.operating_start_date,
    projects.operating_end_date,
    -- where people hide from violence is told to nobody
    case when coalesce(organizations.victim_service_provider, 0) <> 1 then zip_codes.zip_code end as zip_code,
    projects._load_id,
    projects._source_file,
    projects._row_number
from projects
left join organizations
    on
        projects.partner_id = organizations.partner_id
        and projects.organization_id = organizations.organization_id
left join zip_codes
    on
        projects.partner_id = zip_codes.partner_id
        and projects.project_id = zip_codes.project_id
