-- the newest account of a stay; after the last day that its source tells of nobody knows
with stays as (

    select
        community_id,
        person_id,
        case
            when household_key is null then 'alone|' || partner_id || '|' || person_id
            else 'stay|' || partner_id || '|' || household_key
        end as group_key,
        project_type in ({{ rehousing_project_types() }}) as has_home,
        relationship_to_head,
        entry_date,
        coalesce(exit_date, least({{ days_before('told_until_date', -1) }}, make_date(school_year, 7, 1))) as end_date
    from {{ ref('stg_housing_episode') }}
    where project_type in ({{ sheltering_project_types() }}, {{ rehousing_project_types() }})
    qualify {{ latest_account('community_id, partner_id, person_id, household_key, project_id, entry_date') }}

),

assisted as (

    select
        community_id,
        partner_id,
        household_key,
        person_id,
        effective_date,
        max(relationship_to_head) as relationship_to_head,
        max(school_year) as school_year,
        min(end_date) as end_date,
        bool_or(assistance_action in ('end_of_participation', 'portability_move_out')) as is_end
    from {{ ref('stg_housing_assistance') }}
    where household_key is not null
    group by community_id, partner_id, household_key, person_id, effective_date

),

effective_dates as (

    select distinct
        community_id,
        partner_id,
        household_key,
        effective_date
    from assisted

),

guardians as (

    select
        *,
        count(distinct person_id) over (partition by partner_id, school_year, guardian_key) as n_children
    from {{ ref('stg_guardian') }}
    where lives_with

),

guarded as (

    select
        community_id,
        partner_id,
        person_id,
        school_year,
        guardian_key
    from guardians
    -- of two guardians who live with it, the one whom most children live with
    qualify
        row_number() over (
            partition by community_id, partner_id, person_id, school_year
            order by n_children desc, guardian_key asc
        ) = 1

),

-- each record names the whole household, so who is not in the next one has left it
records as (

    select
        community_id,
        partner_id,
        household_key,
        effective_date,
        lead(effective_date) over (
            partition by community_id, partner_id, household_key
            order by effective_date
        ) as next_date
    from effective_dates

)

select
    community_id,
    person_id,
    group_key,
    entry_date as start_date,
    end_date,
    'homeless_system' as evidence,
    1 as priority,
    relationship_to_head,
    has_home
from stays
union all
select
    assisted.community_id,
    assisted.person_id,
    'assistance|' || assisted.partner_id || '|' || assisted.household_key as group_key,
    assisted.effective_date as start_date,
    least(
        assisted.end_date,
        case
            when records.next_date <= {{ years_after('assisted.effective_date', 2) }} then records.next_date
            else make_date(assisted.school_year, 7, 1)
        end
    ) as end_date,
    'housing_assistance' as evidence,
    2 as priority,
    assisted.relationship_to_head,
    true as has_home
from assisted
inner join records
    on
        assisted.community_id = records.community_id
        and assisted.partner_id = records.partner_id
        and assisted.household_key = records.household_key
        and assisted.effective_date = records.effective_date
where not assisted.is_end
union all
select
    community_id,
    person_id,
    'guardian|' || partner_id || '|' || guardian_key as group_key,
    make_date(school_year - 1, 7, 1) as start_date,
    make_date(school_year, 7, 1) as end_date,
    'guardian' as evidence,
    5 as priority,
    'child' as relationship_to_head,
    false as has_home
from guarded
