with known_to as (

    select
        person_id,
        count(distinct partner_id) as n_partners
    from {{ source('identity', 'person_links') }}
    group by person_id

),

deliveries as (

    select distinct
        _load_id as load_id,
        community_id,
        partner_id,
        extract_id,
        school_year,
        collection
    from {{ rows_of('person') }}

),

-- a child once per delivery, however many rows it has there
children as (

    select
        persons._load_id as load_id,
        persons.person_id,
        max(known_to.n_partners) > 1 as is_matched,
        coalesce(max(persons.race_ethnicity), 'unknown') as race_ethnicity,
        coalesce(max(persons.gender), 'unknown') as gender
    from {{ ref('stg_person') }} as persons
    inner join known_to on persons.person_id = known_to.person_id
    group by persons._load_id, persons.person_id

),

rates as (

    select
        load_id,
        case
            when grouping(race_ethnicity) = 0 then 'race_ethnicity'
            when grouping(gender) = 0 then 'gender'
            else 'all'
        end as disaggregate,
        coalesce(race_ethnicity, gender, 'all') as subgroup,
        count(*) as n_children,
        count(*) filter (where is_matched) as n_matched
    from children
    -- the linter's DuckDB knows no grouping sets
    group by grouping sets ((load_id), (load_id, race_ethnicity), (load_id, gender)) -- noqa: PRS

)

select
    rates.load_id,
    deliveries.community_id,
    deliveries.partner_id,
    deliveries.extract_id,
    deliveries.school_year,
    deliveries.collection,
    rates.disaggregate,
    rates.subgroup,
    rates.n_children,
    rates.n_matched,
    cast(rates.n_matched as double) / rates.n_children as match_rate
from rates
inner join deliveries on rates.load_id = deliveries.load_id
