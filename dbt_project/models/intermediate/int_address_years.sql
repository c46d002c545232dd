with years as (

    select
        community_id,
        person_id,
        school_year,
        min(address_key) as address_key,
        min(surname_key) as surname_key,
        bool_or(has_unit) as has_unit,
        min(address_key) < max(address_key) as has_several
    from {{ ref('stg_address') }}
    group by community_id, person_id, school_year

),

-- few children's accounts of a year differ: only these are put in the order in which they were gathered; the annual
-- one is the last
told as (

    select
        addresses.community_id,
        addresses.person_id,
        addresses.school_year,
        addresses.collection,
        addresses.partner_id,
        addresses.address_key,
        addresses.surname_key,
        addresses.has_unit,
        case when addresses.collection = 'annual' then 1000000 else coalesce(collections.sort_order, 0) end as place
    from {{ ref('stg_address') }} as addresses
    inner join years
        on
            addresses.community_id = years.community_id
            and addresses.person_id = years.person_id
            and addresses.school_year = years.school_year
    left join {{ source('reference', 'collections') }} as collections
        on
            addresses.community_id = collections.community_id
            and addresses.collection = collections.collection
    where years.has_several

),

of_partners as (

    select
        community_id,
        person_id,
        school_year,
        partner_id,
        count(distinct address_key) as n_addresses
    from told
    group by community_id, person_id, school_year, partner_id

),

-- two partners with two addresses tell of no move: one of them may not have heard of it
counted as (

    select
        community_id,
        person_id,
        school_year,
        max(n_addresses) as n_addresses
    from of_partners
    group by community_id, person_id, school_year

),

accounts as (

    select
        told.community_id,
        told.person_id,
        told.school_year,
        told.place,
        told.address_key,
        min(told.surname_key) as surname_key,
        bool_or(told.has_unit) as has_unit
    from told
    left join {{ ref('int_accountable_schools') }} as schools
        on
            told.community_id = schools.community_id
            and told.person_id = schools.person_id
            and told.school_year = schools.school_year
            and told.collection = schools.collection
    group by
        told.community_id, told.person_id, told.school_year, told.place, told.address_key
    qualify
        row_number() over (
            partition by told.community_id, told.person_id, told.school_year, told.place
            order by
                bool_or(coalesce(told.partner_id = schools.partner_id, false)) desc,
                count(distinct told.partner_id) desc,
                told.address_key asc
        ) = 1

),

ends as (

    select
        community_id,
        person_id,
        school_year,
        min_by(address_key, place) as first_key,
        max_by(address_key, place) as last_key
    from accounts
    group by community_id, person_id, school_year

)

select
    community_id,
    person_id,
    school_year,
    make_date(school_year - 1, 7, 1) as start_date,
    make_date(school_year, 7, 1) as end_date,
    address_key,
    surname_key,
    has_unit,
    1 as n_addresses
from years
where not has_several
union all
select
    accounts.community_id,
    accounts.person_id,
    accounts.school_year,
    case
        when accounts.address_key = ends.first_key then make_date(accounts.school_year - 1, 7, 1)
        else make_date(accounts.school_year, 1, 1)
    end as start_date,
    case
        when accounts.address_key = ends.last_key then make_date(accounts.school_year, 7, 1)
        else make_date(accounts.school_year, 1, 1)
    end as end_date,
    accounts.address_key,
    min(accounts.surname_key) as surname_key,
    bool_or(accounts.has_unit) as has_unit,
    cast(max(counted.n_addresses) as integer) as n_addresses
from accounts
inner join ends
    on
        accounts.community_id = ends.community_id
        and accounts.person_id = ends.person_id
        and accounts.school_year = ends.school_year
        and (accounts.address_key = ends.first_key or accounts.address_key = ends.last_key)
inner join counted
    on
        accounts.community_id = counted.community_id
        and accounts.person_id = counted.person_id
        and accounts.school_year = counted.school_year
group by
    accounts.community_id, accounts.person_id, accounts.school_year, accounts.address_key, ends.first_key, ends.last_key
