with buildings as (

    select distinct
        community_id,
        address_key
    from (
        select
            community_id,
            address_key,
            bool_or(has_unit) as has_unit,
            count(distinct person_id) as n_persons,
            count(distinct surname_key) as n_surnames
        from {{ ref('int_address_years') }}
        group by community_id, address_key, school_year
    )
    where {{ is_building('has_unit', 'n_persons', 'n_surnames') }}

),

-- the same address before and after a year that tells of none was kept in it
kept as (

    select
        *,
        case
            when
                lag(address_key) over spells_of_person = address_key
                and start_date <= {{ years_after('lag(end_date) over spells_of_person', 1) }}
                then lag(end_date) over spells_of_person
            else start_date
        end as kept_since
    from {{ ref('int_address_years') }}
    window spells_of_person as (partition by community_id, person_id order by start_date, address_key)

)

select
    kept.community_id,
    kept.person_id,
    kept.school_year,
    kept.kept_since as start_date,
    kept.end_date,
    kept.address_key,
    kept.surname_key
from kept
left join buildings
    on
        kept.community_id = buildings.community_id
        and kept.address_key = buildings.address_key
where buildings.address_key is null
