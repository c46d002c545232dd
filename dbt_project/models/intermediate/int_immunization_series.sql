-- 4:3:1:3:3:1:4; what a product with a two-dose primary series (PRP-OMP) needs of Hib is not told apart
{% set n_required = {'dtap': 4, 'polio': 3, 'mmr': 1, 'hib': 3, 'hepb': 3, 'varicella': 1, 'pcv': 4} %}
-- doses of one family are four weeks apart, less the four days of grace (ACIP)
{% set days_apart = 24 %}

-- the last day that each registry tells of: of its last dose; no dose is given tomorrow
with registries as (

    select
        community_id,
        partner_id,
        max(administered_date) filter (
            where
            coalesce(immunization_status, 'completed') = 'completed'
            and administered_date <= {{ last_day_of() }}
        ) as last_date
    from {{ ref('int_doses_recorded') }}
    group by community_id, partner_id

),

-- the school years that it tells of, each by a delivery of its own or by one that tells of all years again: a dose of
-- before in a file of one year is no account of that time
told_years as (

    select distinct
        community_id,
        partner_id,
        {{ school_year_of('administered_date') }} as school_year
    from {{ ref('int_doses_recorded') }}
    where has_all_years or {{ school_year_of('administered_date') }} = school_year

),

-- every child a registry knows, also without a dose
children as (

    select
        community_id,
        person_id,
        partner_id
    from {{ ref('int_doses_recorded') }}
    union
    select
        community_id,
        person_id,
        partner_id
    from {{ ref('stg_person') }}
    where partner_id in (select registries.partner_id from registries)

),

birth_dates as (

    {{ birth_dates('children') }}

),

-- who was two before the community's first school year is none of its children
registered as (

    select
        children.community_id,
        children.person_id,
        children.partner_id,
        birth_dates.birth_date,
        {{ years_after('birth_dates.birth_date', 2) }} as second_birthday
    from children
    inner join registries
        on children.community_id = registries.community_id and children.partner_id = registries.partner_id
    inner join {{ source('reference', 'communities') }} as communities
        on children.community_id = communities.community_id
    left join birth_dates
        on children.person_id = birth_dates.person_id
    where
        birth_dates.birth_date is null
        or {{ years_after('birth_dates.birth_date', 2) }} >= {{ first_day_of('communities.first_school_year') }}

),

-- of whom some registry tells of the first two years from end to end, without a year between that it never delivered
told as (

    select
        registered.community_id,
        registered.person_id
    from registered
    inner join registries
        on
            registered.community_id = registries.community_id
            and registered.partner_id = registries.partner_id
            and registered.second_birthday <= registries.last_date
    inner join told_years
        on
            registered.community_id = told_years.community_id
            and registered.partner_id = told_years.partner_id
            and told_years.school_year between
            {{ school_year_of('registered.birth_date') }} and {{ school_year_of('registered.second_birthday') }}
    group by registered.community_id, registered.person_id, registered.partner_id
    having
        count(*)
        = max({{ school_year_of('registered.second_birthday') }})
        - max({{ school_year_of('registered.birth_date') }}) + 1

),

born as (

    select distinct
        registered.community_id,
        registered.person_id,
        registered.birth_date,
        registered.second_birthday,
        {{ days_before(years_after('registered.birth_date', 1), 4) }} as first_day_of_live_vaccines,
        told.person_id is not null as is_told
    from registered
    left join told
        on registered.community_id = told.community_id and registered.person_id = told.person_id

),

required as (

    {% for family, n in n_required.items() %}
        select
            '{{ family }}' as vaccine_family,
            {{ n }} as n_required,
            {{ family in ('mmr', 'varicella') }} as is_live
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- a combination vaccine is a dose of each of its families, and what is no CVX code a vaccine that nobody knows (999)
doses as (

    select
        given.community_id,
        given.person_id,
        given.administered_date,
        families.vaccine_family,
        coalesce(given.immunization_status, 'completed') = 'completed' and families.is_certain as is_given
    from {{ ref('int_doses_recorded') }} as given
    inner join {{ ref('vaccine_families') }} as families
        on
            families.cvx_code = case
                when {{ is_cvx_code('try_cast(given.vaccine_code as integer)') }}
                    then try_cast(given.vaccine_code as integer)
                else 999
            end
    where given.immunization_status is null or given.immunization_status not in ('not_done', 'entered_in_error')

),

-- a row per day of a family, or one without a day
days as (

    select
        born.community_id,
        born.person_id,
        born.birth_date is not null as has_birth_date,
        born.is_told,
        required.vaccine_family,
        required.n_required,
        doses.administered_date,
        bool_or(doses.is_given) as is_given
    from born
    cross join required
    left join doses
        on
            born.community_id = doses.community_id
            and born.person_id = doses.person_id
            and required.vaccine_family = doses.vaccine_family
            and doses.administered_date between
            case when required.is_live then born.first_day_of_live_vaccines else born.birth_date end
            and born.second_birthday
    group by all

),

neighbours as (

    select
        *,
        max(case when is_given then administered_date end) over (
            partition by community_id, person_id, vaccine_family
            order by administered_date
            rows between unbounded preceding and 1 preceding
        ) as given_before,
        min(case when is_given then administered_date end) over (
            partition by community_id, person_id, vaccine_family
            order by administered_date
            rows between 1 following and unbounded following
        ) as given_after
    from days

),

-- days too near to each other are one dose; `n_most` includes doses of which nobody knows
counted as (

    select
        community_id,
        person_id,
        has_birth_date,
        is_told,
        vaccine_family,
        n_required,
        count(administered_date) filter (where is_given and is_apart) as n_doses,
        count(administered_date) filter (where is_apart and (is_given or is_apart_from_next)) as n_most
    from (
        select
            *,
            coalesce({{ days_between('given_before', 'administered_date') }} >= {{ days_apart }}, true) as is_apart,
            coalesce({{ days_between('administered_date', 'given_after') }} >= {{ days_apart }}, true)
                as is_apart_from_next
        from neighbours
    ) as spaced
    group by community_id, person_id, has_birth_date, is_told, vaccine_family, n_required

)

select
    community_id,
    person_id,
    case
        when not bool_and(has_birth_date) then null
        when bool_and(n_doses >= n_required) then true
        when bool_and(is_told) and bool_or(n_most < n_required) then false
    end as is_up_to_date_24m,
    bool_and(is_told) as is_told,
    {% for family in n_required %}
        cast(
            max(case when has_birth_date then n_doses end) filter (where vaccine_family = '{{ family }}') as integer
        ) as n_{{ family }}_doses{% if not loop.last %},{% endif %}
    {% endfor %}
from counted
group by community_id, person_id
