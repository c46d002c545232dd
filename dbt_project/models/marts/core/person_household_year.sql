with touched as (

    select
        community_id,
        person_id,
        joint_household_id,
        start_date,
        end_date,
        evidence,
        is_child,
        {{ whole_numbers(
            school_year_of('start_date'),
            school_year_of(days_before('end_date', 1))
        ) }} as school_year
    from {{ ref('int_household_spells') }}

),

-- who is told of in a year; at an address that is no household's there is no spell
told as (

    select
        community_id,
        person_id,
        cast(school_year as integer) as school_year,
        count(distinct joint_household_id) as n_households,
        max(n_addresses) as n_addresses,
        bool_or(is_child) as is_child
    from (
        select
            community_id,
            person_id,
            school_year,
            joint_household_id,
            null as n_addresses,
            is_child
        from touched
        union all
        select
            community_id,
            person_id,
            school_year,
            null as joint_household_id,
            n_addresses,
            null as is_child
        from {{ ref('int_address_years') }}
    )
    group by community_id, person_id, school_year

),

born as (
    {{ birth_dates('told') }}
),

pupils as (

    select distinct
        community_id,
        person_id,
        school_year
    from {{ ref('int_accountable_schools') }}

),

-- the first of October is the day of which schools report who is enrolled
children as (

    select
        told.*,
        make_date(told.school_year - 1, 10, 1) as count_date
    from told
    inner join {{ source('reference', 'communities') }} as communities
        on
            told.community_id = communities.community_id
            and told.school_year between communities.first_school_year and communities.last_school_year
    left join pupils
        on
            told.community_id = pupils.community_id
            and told.person_id = pupils.person_id
            and told.school_year = pupils.school_year
    left join born
        on told.person_id = born.person_id
    where
        case
            when born.birth_date is not null
                then
                    born.birth_date <= make_date(told.school_year - 1, 10, 1)
                    and {{ years_after('born.birth_date', grown_up_at()) }} > make_date(told.school_year - 1, 10, 1)
            else pupils.person_id is not null or told.is_child
        end

),

at_address as (

    select
        children.community_id,
        children.person_id,
        children.school_year,
        addresses.address_key
    from children
    inner join {{ ref('int_address_years') }} as addresses
        on
            children.community_id = addresses.community_id
            and children.person_id = addresses.person_id
            and children.school_year = addresses.school_year
            and children.count_date >= addresses.start_date
            and children.count_date < addresses.end_date

),

housed as (

    select
        children.*,
        touched.joint_household_id,
        touched.evidence
    from children
    left join touched
        on
            children.community_id = touched.community_id
            and children.person_id = touched.person_id
            and children.school_year = touched.school_year
            and children.count_date >= touched.start_date
            and children.count_date < touched.end_date

)

select
    housed.community_id,
    housed.person_id,
    housed.school_year,
    housed.joint_household_id,
    housed.evidence,
    case
        when housed.joint_household_id is not null
            then cast(count(*) over (
                    partition by housed.community_id, housed.school_year, housed.joint_household_id
                ) - 1 as integer)
    end as n_siblings,
    cast(housed.n_households as integer) as n_households,
    cast(housed.n_addresses as integer) as n_addresses,
    this_year.address_key <> last_year.address_key as has_new_address
from housed
left join at_address as this_year
    on
        housed.community_id = this_year.community_id
        and housed.person_id = this_year.person_id
        and housed.school_year = this_year.school_year
left join at_address as last_year
    on
        housed.community_id = last_year.community_id
        and housed.person_id = last_year.person_id
        and housed.school_year = last_year.school_year + 1
