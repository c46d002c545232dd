with known_to as (

    select
        person_id,
        count(distinct partner_id) as n_partners
    from {{ source('identity', 'person_links') }}
    group by person_id

),

-- a child once per delivery, however many rows it has there
children as (

    select
        persons._load_id as load_id,
        persons.community_id,
        persons.partner_id,
        persons.extract_id,
        persons.school_year,
        persons.collection,
        persons.person_id,
        max(known_to.n_partners) > 1 as is_matched,
        coalesce(max(persons.race_ethnicity), 'unknown') as race_ethnicity,
        coalesce(max(persons.gender), 'unknown') as gender
    from {{ ref('stg_person') }} as persons
    inner join known_to on persons.person_id = known_to.person_id
    group by
        persons._load_id, persons.community_id, persons.partner_id, persons.extract_id, persons.school_year,
        persons.collection, persons.person_id

),

rates as (

    select
        load_id,
        community_id,
        partner_id,
        extract_id,
        school_year,
        collection,
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
    group by grouping sets ( -- noqa: PRS
        (load_id, community_id, partner_id, extract_id, school_year, collection),
        (load_id, community_id, partner_id, extract_id, school_year, collection, race_ethnicity),
        (load_id, community_id, partner_id, extract_id, school_year, collection, gender)
    )

)

select
    load_id,
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    disaggregate,
    subgroup,
    n_children,
    n_matched,
    cast(n_matched as double) / n_children as match_rate
from rates
