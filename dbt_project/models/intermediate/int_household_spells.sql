with edges as (

    select
        community_id,
        person_id,
        start_date as edge_date
    from {{ ref('int_household_evidence') }}
    union
    select
        community_id,
        person_id,
        end_date as edge_date
    from {{ ref('int_household_evidence') }}

),

stretches as (

    select
        community_id,
        person_id,
        edge_date as start_date,
        lead(edge_date) over (partition by community_id, person_id order by edge_date) as end_date
    from edges

),

-- who entered somewhere later is there, and no longer where it was before
chosen as (

    select
        stretches.community_id,
        stretches.person_id,
        stretches.start_date,
        stretches.end_date,
        evidence.joint_household_id,
        evidence.evidence,
        evidence.priority,
        evidence.relationship_to_head
    from stretches
    inner join {{ ref('int_household_evidence') }} as evidence
        on
            stretches.community_id = evidence.community_id
            and stretches.person_id = evidence.person_id
            and stretches.start_date >= evidence.start_date
            and stretches.end_date <= evidence.end_date
    qualify
        row_number() over (
            partition by stretches.community_id, stretches.person_id, stretches.start_date
            order by
                evidence.priority asc,
                evidence.start_date desc,
                evidence.joint_household_id asc,
                evidence.relationship_to_head asc
        ) = 1

),

marked as (

    select
        *,
        case
            when
                lag(joint_household_id) over stretches_of_person = joint_household_id
                and lag(end_date) over stretches_of_person = start_date
                then 0
            else 1
        end as is_beginning
    from chosen
    window stretches_of_person as (partition by community_id, person_id order by start_date)

),

numbered as (

    select
        *,
        sum(is_beginning) over (
            partition by community_id, person_id
            order by start_date
            rows between unbounded preceding and current row
        ) as spell
    from marked

),

spells as (

    select
        community_id,
        person_id,
        joint_household_id,
        min(start_date) as start_date,
        max(end_date) as end_date,
        min_by(evidence, (priority, start_date)) as evidence,
        max_by(relationship_to_head, start_date) as relationship_to_head
    from numbered
    group by community_id, person_id, joint_household_id, spell

),

born as (
    {{ birth_dates('spells') }}
),

pupils as (

    select distinct
        community_id,
        person_id
    from {{ ref('int_accountable_schools') }}

)

select
    spells.community_id,
    spells.person_id,
    spells.joint_household_id,
    spells.start_date,
    spells.end_date,
    spells.evidence,
    spells.relationship_to_head,
    case
        when born.birth_date is not null
            then spells.start_date < {{ years_after('born.birth_date', grown_up_at()) }}
        when pupils.person_id is not null or spells.relationship_to_head = 'child' then true
        when spells.relationship_to_head in ('self', 'spouse_or_partner') then false
    end as is_child
from spells
left join pupils
    on
        spells.community_id = pupils.community_id
        and spells.person_id = pupils.person_id
left join born
    on spells.person_id = born.person_id
