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
{{ join_school_of_year('participants') }}
