with stays as (

    select
        partner_id,
        enrollment_id,
        personal_id,
        household_id,
        is_child_at_entry,
        project_type,
        is_night_by_night,
        living_situation,
        entry_date,
        move_in_date,
        exit_date
    from {{ ref('hmis__enrollment') }}

),

nights as (

    {{ newest_hmis('hmis_service', 'services_id') | indent(4) }}

),

contacts as (

    {{ newest_hmis('hmis_current_living_situation', 'current_living_sit_id') | indent(4) }}

),

spells as (

    -- shelters by entry and exit, transitional housing, safe havens
    select
        partner_id,
        enrollment_id,
        entry_date as first_night,
        exit_date - 1 as last_night
    from stays
    where project_type in (0, 1, 2, 8) and not is_night_by_night
    union all
    -- permanent housing until there is a home, for those who came from homelessness; 302 is transitional housing
    select
        partner_id,
        enrollment_id,
        entry_date as first_night,
        least(move_in_date, exit_date) - 1 as last_night
    from stays
    where
        project_type in (3, 9, 10, 13)
        and ({{ is_homeless_situation('living_situation') }} or living_situation in (2, 302))
    union all
    -- 200 is a night in a bed
    select
        partner_id,
        enrollment_id,
        date_provided as first_night,
        date_provided as last_night
    from nights
    where record_type = 200
    union all
    select
        partner_id,
        enrollment_id,
        information_date as first_night,
        information_date as last_night
    from contacts
    where {{ is_homeless_situation('current_living_situation') }}

)

select distinct
    stays.partner_id,
    stays.personal_id,
    stays.enrollment_id,
    stays.household_id,
    stays.is_child_at_entry,
    spells.first_night,
    spells.last_night
from spells
inner join stays
    on
        spells.partner_id = stays.partner_id
        and spells.enrollment_id = stays.enrollment_id
-- who came and left on one day spent no night
where spells.last_night is null or spells.last_night >= spells.first_night
