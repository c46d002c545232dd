with chains as (

    select
        partner_id,
        chain_number,
        min(first_date) as first_date,
        max(last_date) as told_until_date,
        max_by(school_year, export_date) as last_school_year,
        max_by(collection, export_date) as last_collection
    from {{ ref('hmis__delivery') }}
    group by partner_id, chain_number

),

breaks as (

    select
        *,
        coalesce(
            first_date > max(told_until_date) over (
                partition by partner_id
                order by first_date, chain_number
                rows between unbounded preceding and 1 preceding
            ) + 1,
            false
        ) as is_after_a_gap
    from chains

),

stretches as (

    select
        *,
        count(*) filter (where is_after_a_gap) over (
            partition by partner_id
            order by first_date, chain_number
        ) as stretch
    from breaks

)

select
    partner_id,
    chain_number,
    first_date,
    told_until_date,
    max(told_until_date) over (partition by partner_id, stretch) as covered_until_date,
    last_school_year,
    last_collection
from stretches
