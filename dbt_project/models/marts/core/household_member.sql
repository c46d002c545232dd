select
    community_id,
    joint_household_id,
    person_id,
    start_date,
    end_date,
    evidence,
    relationship_to_head,
    is_child
from {{ ref('int_household_spells') }}
