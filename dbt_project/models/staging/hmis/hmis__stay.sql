with enrollments as (

    {{ newest_hmis('hmis_enrollment', 'enrollment_id') | indent(4) }}

),

ended as (

    select
        enrollments.*,
        exits.exit_date,
        exits.destination,
        chains.last_school_year,
        chains.last_collection,
        -- that a stay goes on only the changes that followed say; that it ended, any export of those days
        case when exits.exit_date is null then chains.told_until_date else chains.covered_until_date end
            as told_until_date
    from enrollments
    inner join {{ ref('hmis__chain') }} as chains
        on
            enrollments.partner_id = chains.partner_id
            and enrollments.chain_number = chains.chain_number
    left join {{ ref('hmis__exit') }} as exits
        on
            enrollments.partner_id = exits.partner_id
            and enrollments.enrollment_id = exits.enrollment_id

),

whole_exports as (

    {{ whole_hmis('hmis_project', 'project_id') | indent(4) }}

)

-- a stay in the period and a project of a newer whole export, which does not tell of it, was deleted or merged
select
    ended.community_id,
    ended.partner_id,
    ended.extract_id,
    ended.school_year,
    ended.collection,
    ended.export_date,
    ended.last_school_year,
    ended.last_collection,
    ended.told_until_date,
    ended.enrollment_id,
    ended.personal_id,
    ended.household_id,
    ended.relationship_to_hoh,
    ended.project_id,
    ended.entry_date,
    ended.move_in_date,
    ended.exit_date,
    ended.living_situation,
    ended.los_under_threshold,
    ended.previous_street_essh,
    ended.date_to_street_essh,
    ended.times_homeless_past_three_years,
    ended.months_homeless_past_three_years,
    ended.disabling_condition,
    ended.last_permanent_zip,
    ended.destination,
    ended._load_id,
    ended._source_file,
    ended._row_number
from ended
anti join whole_exports
    on
        ended.partner_id = whole_exports.partner_id
        and ended.project_id = whole_exports.project_id
        and ended.export_date < whole_exports.export_date
        and ended.entry_date <= whole_exports.last_date
        and coalesce(ended.exit_date, ended.told_until_date) >= whole_exports.first_date
