-- who delivered an entity in an earlier year, is due again, and has not delivered: the community's numbers lack its
-- children
with delivered as (

    select distinct
        community_id,
        partner_id,
        entity,
        school_year,
        collection
    from {{ source('ledger', 'deliveries') }}
    where state in ('accepted', 'accepted_with_quarantine')

),

first_years as (

    select
        community_id,
        partner_id,
        entity,
        collection,
        min(school_year) as first_year
    from delivered
    group by community_id, partner_id, entity, collection

),

missing as (

    select distinct
        due.community_id,
        due.partner_id,
        due.entity,
        due.school_year,
        due.collection
    from {{ source('reference', 'due_dates') }} as due
    inner join first_years
        on
            due.community_id = first_years.community_id
            and due.partner_id = first_years.partner_id
            and due.entity = first_years.entity
            and due.collection = first_years.collection
            and due.school_year > first_years.first_year
    left join delivered
        on
            due.community_id = delivered.community_id
            and due.partner_id = delivered.partner_id
            and due.entity = delivered.entity
            and due.collection = delivered.collection
            and due.school_year = delivered.school_year
    where delivered.partner_id is null

),

needs as (

    select
        indicator_id,
        unnest(required_entities) as entity
    from {{ source('reference', 'indicators') }}

)

select distinct
    missing.community_id,
    needs.indicator_id,
    missing.school_year,
    missing.collection
from missing
inner join needs on missing.entity = needs.entity
