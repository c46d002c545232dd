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
        stays.*,
        {{ whole_numbers(
            'greatest(' ~ school_year_of('stays.entry_date') ~ ', told.first_school_year)',
            'least(coalesce(' ~ school_year_of('stays.exit_date') ~ ', 9999), stays.last_school_year)'
        ) }} as touched_year
    from {{ ref('hmis__enrollment') }} as stays
    inner join told
        on stays.partner_id = told.partner_id

)

select
    years.community_id,
    years.partner_id,
    years.extract_id,
    cast(years.touched_year as integer) as school_year,
    -- of a year that is over an interim export of the next tells all there is
    case when years.touched_year = years.last_school_year then years.last_collection else 'annual' end as collection,
    years.personal_id as student_id,
    years.household_id,
    cast(years.relationship_to_hoh as varchar) as relationship_to_head,
    years.project_id,
    -- a project outside of the continuum of care may have no type; 7 is other
    cast(coalesce(years.project_type, 7) as varchar) as project_type,
    years.entry_date,
    years.move_in_date,
    years.exit_date,
    cast(years.living_situation as varchar) as prior_living_situation,
    cast(years.destination as varchar) as exit_destination,
    years.is_chronically_homeless,
    years.has_disabling_condition,
    years.zip_code,
    years.told_until_date,
    years._load_id,
    years._source_file,
    years._row_number
from years
inner join {{ source('reference', 'communities') }} as communities
    on
        years.community_id = communities.community_id
        and years.touched_year between communities.first_school_year and communities.last_school_year
