with housing_assistance as (

    select
        housing_assistance.*,
        links.person_id,
        case
            when housing_assistance.household_id is not null
                then min(links.person_id) over (
                        partition by housing_assistance.partner_id, housing_assistance.household_id
                    )
        end as least_person_id
    from {{ rows_of('housing_assistance') }} as housing_assistance
    {{ join_person('housing_assistance') }}

)

select
    housing_assistance.person_id,
    housing_assistance.community_id,
    housing_assistance.partner_id,
    housing_assistance.student_id,
    housing_assistance.school_year,
    housing_assistance.collection,
    {{ shared_key('housing_assistance', 'household_id') }} as household_key,
    {{ conformed('relationship_to_head') }},
    {{ conformed('program_type') }},
    housing_assistance.agency_id,
    {{ conformed('assistance_action') }},
    housing_assistance.effective_date,
    housing_assistance.start_date,
    housing_assistance.end_date,
    housing_assistance.was_homeless_at_admission,
    housing_assistance.bedrooms,
    housing_assistance.household_size,
    housing_assistance.annual_income,
    housing_assistance.zip_code,
    housing_assistance.tract_id,
    housing_assistance.extract_id,
    housing_assistance._load_id,
    housing_assistance._row_number
from housing_assistance
{{ join_codes('relationship_to_head', 'housing_assistance') }}
{{ join_codes('program_type', 'housing_assistance') }}
{{ join_codes('assistance_action', 'housing_assistance') }}
