-- A delivery whose doses were mostly given before its school year tells of all years again, any other of its own year.
with deliveries as (

    select
        doses.community_id,
        doses.partner_id,
        doses.extract_id,
        doses.school_year,
        doses.collection,
        -- later years before earlier ones, in a year the annual collection, then the last of the interim ones
        doses.school_year * 1000
        + case when doses.collection = 'annual' then 999 else coalesce(max(collections.sort_order), 0) end as recency,
        count(*) filter (where doses.administered_date < {{ first_day_of('doses.school_year') }}) * 2 > count(*)
            as has_all_years
    from {{ ref('stg_immunization') }} as doses
    left join {{ source('reference', 'collections') }} as collections
        on doses.community_id = collections.community_id and doses.collection = collections.collection
    group by doses.community_id, doses.partner_id, doses.extract_id, doses.school_year, doses.collection

),

-- the children that a delivery tells of: of a patient without a dose it says that there is none, where doses and
-- patients came in one layout
told as (

    select
        community_id,
        partner_id,
        extract_id,
        school_year,
        collection,
        person_id
    from {{ ref('stg_immunization') }}
    union
    select
        deliveries.community_id,
        deliveries.partner_id,
        deliveries.extract_id,
        deliveries.school_year,
        deliveries.collection,
        persons.person_id
    from {{ ref('stg_person') }} as persons
    inner join deliveries
        on
            {{ same_delivery('persons', 'deliveries') }}
            -- the layout, which is the third part of an extract's id
            and split_part(persons.extract_id, '.', 3) = split_part(deliveries.extract_id, '.', 3)
    where split_part(deliveries.extract_id, '.', 3) <> ''

),

accounts as (

    select
        told.person_id,
        deliveries.*
    from told
    inner join deliveries
        on
            told.community_id = deliveries.community_id
            and told.partner_id = deliveries.partner_id
            and told.extract_id = deliveries.extract_id
            and told.school_year = deliveries.school_year
            and told.collection = deliveries.collection

)

select
    doses.community_id,
    doses.person_id,
    doses.partner_id,
    doses.vaccine_code,
    doses.administered_date,
    doses.immunization_status,
    doses.school_year,
    doses.collection
from {{ ref('stg_immunization') }} as doses
inner join accounts
    on
        doses.person_id = accounts.person_id
        and doses.community_id = accounts.community_id
        and doses.partner_id = accounts.partner_id
        and doses.extract_id = accounts.extract_id
        and doses.school_year = accounts.school_year
        and doses.collection = accounts.collection
where not exists (
        select 1
        from accounts as newer
        where
            newer.person_id = accounts.person_id
            and newer.community_id = accounts.community_id
            and newer.partner_id = accounts.partner_id
            and newer.extract_id = accounts.extract_id
            and newer.recency > accounts.recency
            and (newer.has_all_years or doses.administered_date >= {{ first_day_of('newer.school_year') }})
    )
