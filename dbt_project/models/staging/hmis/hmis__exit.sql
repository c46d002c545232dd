with exits as (

    {{ newest_hmis('hmis_exit', 'exit_id') | indent(4) }}

),

whole_exports as (

    {{ whole_hmis('hmis_enrollment', 'enrollment_id') | indent(4) }}

),

-- an exit that a newer whole export with the stay does not tell of was taken back; a delta tells of changes alone
standing as (

    select exits.*
    from exits
    anti join whole_exports
        on
            exits.partner_id = whole_exports.partner_id
            and exits.enrollment_id = whole_exports.enrollment_id
            and exits.export_date < whole_exports.export_date
            and exits.exit_date <= whole_exports.last_date

)

select
    partner_id,
    enrollment_id,
    exit_id,
    exit_date,
    destination,
    export_date
from standing
-- a stay has one exit; of several the last
qualify
    row_number() over (
        partition by partner_id, enrollment_id
        order by export_date desc, exit_date desc, exit_id asc
    ) = 1
