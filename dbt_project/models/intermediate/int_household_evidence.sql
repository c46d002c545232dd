-- where the addresses of its members say that a household lives, told for a year that it began with
with said_homes as (

    select distinct
        households.community_id,
        households.group_key,
        addresses.address_key,
        greatest(households.start_date, addresses.start_date) as start_date,
        least(households.end_date, addresses.end_date) as end_date
    from (
        select
            *,
            min(start_date) over (partition by community_id, group_key) as first_date
        from {{ ref('int_household_records') }}
        where has_home
    ) as households
    inner join {{ ref('int_homes') }} as addresses
        on
            households.community_id = addresses.community_id
            and households.person_id = addresses.person_id
            and households.start_date < addresses.end_date
            and households.end_date > addresses.start_date
    where make_date(addresses.school_year - 1, 7, 1) >= households.first_date

),

homes as (

    select said.*
    from said_homes as said
    where not exists (
            select rival.group_key
            from said_homes as rival
            where
                said.community_id = rival.community_id
                and said.group_key = rival.group_key
                and said.address_key <> rival.address_key
                and said.start_date < rival.end_date
                and said.end_date > rival.start_date
        )

),

evidence as (

    select
        community_id,
        person_id,
        group_key,
        start_date,
        end_date,
        evidence,
        priority,
        relationship_to_head,
        null as surname_key
    from {{ ref('int_household_records') }}
    union all
    select distinct
        addresses.community_id,
        addresses.person_id,
        homes.group_key,
        greatest(homes.start_date, addresses.start_date) as start_date,
        least(homes.end_date, addresses.end_date) as end_date,
        'address' as evidence,
        3 as priority,
        null as relationship_to_head,
        null as surname_key
    from homes
    inner join {{ ref('int_homes') }} as addresses
        on
            homes.community_id = addresses.community_id
            and homes.address_key = addresses.address_key
            and homes.start_date < addresses.end_date
            and homes.end_date > addresses.start_date
    union all
    select
        community_id,
        person_id,
        'address|' || address_key as group_key,
        start_date,
        end_date,
        'address' as evidence,
        4 as priority,
        null as relationship_to_head,
        surname_key
    from {{ ref('int_homes') }}

),

-- who stays on from one account to the next was there all the time
begun as (

    select
        *,
        coalesce(start_date > max(end_date) over (
            partition by community_id, group_key, person_id
            order by start_date, end_date, priority
            rows between unbounded preceding and 1 preceding
        ), true) as is_beginning
    from evidence
    where start_date < end_date

),

numbered as (

    select
        *,
        sum(case when is_beginning then 1 else 0 end) over (
            partition by community_id, group_key, person_id
            order by start_date, end_date, priority
            rows between unbounded preceding and current row
        ) as run
    from begun

),

runs as (

    select
        community_id,
        group_key,
        person_id,
        run,
        min(start_date) as start_date,
        max(end_date) as end_date
    from numbered
    group by community_id, group_key, person_id, run

),

-- who comes when all rival have gone, or on the day they go, is another household at the same place
met as (

    select
        *,
        coalesce(start_date >= max(end_date) over (
            partition by community_id, group_key
            order by start_date, end_date, person_id
            rows between unbounded preceding and 1 preceding
        ), true) as is_beginning
    from runs

),

households as (

    select
        *,
        max(case when is_beginning then start_date end) over (
            partition by community_id, group_key
            order by start_date, end_date, person_id
            rows between unbounded preceding and current row
        ) as first_date
    from met

)

select
    numbered.community_id,
    substr(
        md5(numbered.community_id || '|' || numbered.group_key || '|' || cast(households.first_date as varchar)), 1, 16
    ) as joint_household_id,
    split_part(numbered.group_key, '|', 1) as household_kind,
    numbered.person_id,
    numbered.start_date,
    numbered.end_date,
    numbered.evidence,
    numbered.priority,
    numbered.relationship_to_head,
    numbered.surname_key
from numbered
inner join households
    on
        numbered.community_id = households.community_id
        and numbered.group_key = households.group_key
        and numbered.person_id = households.person_id
        and numbered.run = households.run
