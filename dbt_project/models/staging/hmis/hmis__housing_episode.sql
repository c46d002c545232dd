-- from which school year on the exports of a partner tell
with told as (

    select
        partner_id,
        min({{ school_year_of('first_date') }}) as first_school_year
    from {{ ref('hmis__delivery') }}
    group by partner_id

),

-- one export tells of several school years, and a stay is a fact of each that it touches
years as (

    select
        stays.partner_id,
        stays.enrollment_id,
        {{ whole_numbers(
            'greatest(' ~ school_year_of('stays.entry_date') ~ ', told.first_school_year)',
            'least(coalesce(' ~ school_year_of('stays.exit_date') ~ ', 9999), stays.school_year)'
        ) }} as school_year
    from {{ ref('hmis__enrollment') }} as stays
    inner join told
        on stays.partner_id = told.partner_id

)

select
    stays.community_id,
    stays.partner_id,
    stays.extract_id,
    cast(years.school_year as integer) as school_year,
    -- of a year that is over an interim export of the next tells all there is
    case when years.school_year = stays.school_year then stays.collection else 'annual' end as collection,
    stays.personal_id as student_id,
    stays.household_id,
    cast(stays.relationship_to_hoh as varchar) as relationship_to_head,
    stays.project_id,
    -- a project outside of the continuum of care may have no type; 7 is other
    cast(coalesce(stays.project_type, 7) as varchar) as project_type,
    stays.entry_date,
    stays.move_in_date,
    stays.exit_date,
    cast(stays.living_situation as varchar) as prior_living_situation,
    cast(stays.destination as varchar) as exit_destination,
    stays.is_chronically_homeless,
    stays.has_disabling_condition,
    stays.zip_code,
    stays._load_id,
    stays._source_file,
    stays._row_number
from {{ ref('hmis__enrollment') }} as stays
inner join years
    on
        stays.partner_id = years.partner_id
        and stays.enrollment_id = years.enrollment_id
inner join {{ source('reference', 'communities') }} as communities
    on
        stays.community_id = communities.community_id
        and years.school_year between communities.first_school_year and communities.last_school_year
