with definitions as (

    {{ definitions('program_dosage', {
        'minimum_share': 'decimal(6, 4)',
    }) }}

)

select
    participants.community_id,
    participants.person_id,
    participants.school_year,
    participants.collection,
    places.organization_id,
    'program_dosage' as indicator_id,
    definitions.definition_version,
    participants.share_of_plan >= definitions.minimum_share as is_success
from {{ ref('int_program_dosage') }} as participants
{{ join_definitions('participants') }}
left join {{ ref('fct_student_year') }} as places
    on
        participants.community_id = places.community_id
        and participants.person_id = places.person_id
        and participants.school_year = places.school_year
        and participants.collection = places.collection
