with members as (

    select
        community_id,
        joint_household_id,
        min(start_date) as first_date,
        max(end_date) as last_date,
        count(distinct person_id) as n_members,
        count(distinct case when is_child then person_id end) as n_children,
        count(distinct case when not is_child then person_id end) as n_adults
    from {{ ref('int_household_spells') }}
    group by community_id, joint_household_id

),

surnames as (

    select
        community_id,
        joint_household_id,
        count(distinct surname_key) as n_surnames
    from (
        -- whose name two partners write in two ways has one all the same
        select
            community_id,
            joint_household_id,
            person_id,
            min(surname_key) as surname_key
        from {{ ref('int_household_evidence') }}
        group by community_id, joint_household_id, person_id
    )
    group by community_id, joint_household_id

),

kinds as (

    select distinct
        community_id,
        joint_household_id,
        household_kind
    from {{ ref('int_household_evidence') }}

)

select
    members.community_id,
    members.joint_household_id,
    case kinds.household_kind
        when 'address' then 'address'
        when 'assistance' then 'housing_assistance'
        when 'guardian' then 'guardian'
        else 'homeless_system'
    end as evidence,
    members.first_date,
    members.last_date,
    cast(members.n_members as integer) as n_members,
    cast(members.n_children as integer) as n_children,
    cast(members.n_adults as integer) as n_adults,
    case when kinds.household_kind = 'address' then cast(surnames.n_surnames as integer) end as n_surnames
from members
inner join kinds
    on
        members.community_id = kinds.community_id
        and members.joint_household_id = kinds.joint_household_id
inner join surnames
    on
        members.community_id = surnames.community_id
        and members.joint_household_id = surnames.joint_household_id
