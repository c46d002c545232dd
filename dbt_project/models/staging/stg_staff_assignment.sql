select
    {{ organization_id('staff_assignment') }} as organization_id,
    staff_assignment.community_id,
    staff_assignment.partner_id,
    -- tells the staff of a partner's year apart, and says nothing of who they are
    dense_rank() over (
        partition by staff_assignment.partner_id, staff_assignment.school_year, staff_assignment.collection
        order by lower(trim(staff_assignment.staff_id))
    ) as staff_key,
    staff_assignment.school_id,
    staff_assignment.school_year,
    staff_assignment.collection,
    {{ conformed('staff_classification') }},
    staff_assignment.full_time_equivalent,
    {{ federal_race('race_ethnicity_codes', 'hispanic_ethnicity_codes') }} as race_ethnicity,
    case when not race_ethnicity_codes.is_mapped then race_ethnicity_codes.partner_code end as race_ethnicity_partner,
    {{ all_races('race_ethnicity_codes', 'hispanic_ethnicity_codes') }} as races,
    {{ conformed('hispanic_ethnicity') }},
    staff_assignment.start_date,
    staff_assignment.end_date,
    staff_assignment.extract_id,
    staff_assignment._load_id,
    staff_assignment._row_number
from {{ rows_of('staff_assignment') }} as staff_assignment
{{ join_organization('staff_assignment') }}
{{ join_codes('staff_classification', 'staff_assignment') }}
{{ join_codes('race_ethnicity', 'staff_assignment') }}
{{ join_codes('hispanic_ethnicity', 'staff_assignment') }}
