-- 4:3:1:3:3:1:4; what a product with a two-dose primary series (PRP-OMP) needs of Hib is not told apart
{% set n_required = {'dtap': 4, 'polio': 3, 'mmr': 1, 'hib': 3, 'hepb': 3, 'varicella': 1, 'pcv': 4} %}

-- every child a registry knows, also without a dose, and the last day each of its registries tells of
with registries as (

    select
        community_id,
        partner_id,
        max(administered_date) as last_date
    from {{ ref('stg_immunization') }}
    group by community_id, partner_id

),

children as (

    select
        known.community_id,
        known.person_id,
        max(registries.last_date) as last_date
    from (
        select
            community_id,
            person_id,
            partner_id
        from {{ ref('stg_immunization') }}
        union
        select
            community_id,
            person_id,
            partner_id
        from {{ ref('stg_person') }}
        where partner_id in (select registries.partner_id from registries)
    ) as known
    inner join registries
        on known.community_id = registries.community_id and known.partner_id = registries.partner_id
    group by known.community_id, known.person_id

),

birth_dates as (

    {{ birth_dates('children') }}

),

born as (

    select
        children.community_id,
        children.person_id,
        children.last_date,
        birth_dates.birth_date,
        {{ years_after('birth_dates.birth_date', 2) }} as second_birthday,
        {{ days_before(years_after('birth_dates.birth_date', 1), 4) }} as first_day_of_live_vaccines
    from children
    left join birth_dates
        on children.person_id = birth_dates.person_id

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

-- a combination vaccine is a dose of each of its families
doses as (

    select
        given.community_id,
        given.person_id,
        given.administered_date,
        families.vaccine_family,
        given.immunization_status is null or given.immunization_status = 'completed' as is_given
    from {{ ref('stg_immunization') }} as given
    inner join {{ ref('vaccine_families') }} as families
        on try_cast(given.vaccine_code as integer) = families.cvx_code
    where given.immunization_status is null or given.immunization_status not in ('not_done', 'entered_in_error')

),

-- each day counts once per family, whatever was recorded twice; `n_most` includes doses of which nobody knows
counted as (

    select
        born.community_id,
        born.person_id,
        born.birth_date is not null as has_birth_date,
        coalesce(born.second_birthday <= born.last_date, false) as is_two,
        required.vaccine_family,
        required.n_required,
        count(distinct doses.administered_date) filter (where doses.is_given) as n_doses,
        count(distinct doses.administered_date) as n_most
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

)

select
    community_id,
    person_id,
    case
        when not bool_and(has_birth_date) then null
        when bool_and(n_doses >= n_required) then true
        when bool_and(is_two) and bool_or(n_most < n_required) then false
    end as is_up_to_date_24m,
    {% for family in n_required %}
        cast(
            max(case when has_birth_date then n_doses end) filter (where vaccine_family = '{{ family }}') as integer
        ) as n_{{ family }}_doses{% if not loop.last %},{% endif %}
    {% endfor %}
from counted
group by community_id, person_id
