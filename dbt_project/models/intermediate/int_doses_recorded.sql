-- A delivery whose doses were mostly given before its school year tells of all years again, any other of its own year.
with deliveries as (

    select
        doses.community_id,
        doses.partner_id,
        doses.extract_id,
        doses.school_year,
        doses.collection,
        -- one number for five columns: to join and sort by it takes a third of the time
        row_number() over (
            order by doses.community_id, doses.partner_id, doses.extract_id, doses.school_year, doses.collection
        ) as delivery_number,
        dense_rank() over (order by doses.community_id, doses.partner_id, doses.extract_id) as extract_number,
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

numbered_doses as (

    select
        doses.community_id,
        doses.person_id,
        doses.partner_id,
        doses.vaccine_code,
        doses.administered_date,
        doses.immunization_status,
        doses.school_year,
        doses.collection,
        deliveries.has_all_years,
        deliveries.delivery_number
    from {{ ref('stg_immunization') }} as doses
    inner join deliveries
        on
            {{ same_delivery('doses', 'deliveries') }}
            and doses.community_id = deliveries.community_id
            and doses.extract_id = deliveries.extract_id

),

-- the children that a delivery tells of: of a patient without a dose it says that there is none, where doses and
-- patients came in one layout
told as (

    select
        delivery_number,
        person_id
    from numbered_doses
    union
    select
        deliveries.delivery_number,
        persons.person_id
    from {{ ref('stg_person') }} as persons
    inner join deliveries
        on
            {{ same_delivery('persons', 'deliveries') }}
            -- the layout, which is the third part of an extract's id
            and split_part(persons.extract_id, '.', 3) = split_part(deliveries.extract_id, '.', 3)
    where split_part(deliveries.extract_id, '.', 3) <> ''

),

-- the first day from which a newer delivery of the extract tells of the child
accounts as (

    select
        told.delivery_number,
        told.person_id,
        min(
            case
                when deliveries.has_all_years then cast('0001-01-01' as date)
                else {{ first_day_of('deliveries.school_year') }}
            end
        ) over (
            partition by deliveries.extract_number, told.person_id
            order by deliveries.recency
            range between 1 following and unbounded following
        ) as told_anew_from
    from told
    inner join deliveries on told.delivery_number = deliveries.delivery_number

)

select
    doses.community_id,
    doses.person_id,
    doses.partner_id,
    doses.vaccine_code,
    doses.administered_date,
    doses.immunization_status,
    doses.school_year,
    doses.collection,
    doses.has_all_years
from numbered_doses as doses
inner join accounts
    on doses.delivery_number = accounts.delivery_number and doses.person_id = accounts.person_id
where accounts.told_anew_from is null or doses.administered_date < accounts.told_anew_from
