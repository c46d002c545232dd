with guardian as (

    select
        guardian.*,
        links.person_id,
        min(links.person_id) over (partition by guardian.partner_id, guardian.guardian_id) as least_person_id
    from {{ rows_of('guardian') }} as guardian
    {{ join_person('guardian') }}

)

select
    guardian.person_id,
    guardian.community_id,
    guardian.partner_id,
    guardian.student_id,
    guardian.school_year,
    guardian.collection,
    {{ shared_key('guardian', 'guardian_id') }} as guardian_key,
    {{ conformed('guardian_relationship') }},
    guardian.lives_with,
    guardian.is_legal_guardian,
    guardian.extract_id,
    guardian._load_id,
    guardian._row_number
from guardian
{{ join_codes('guardian_relationship', 'guardian') }}
