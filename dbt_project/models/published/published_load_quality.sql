{# the mart has the same name, and dbt wants names of models to be unique #}
{{ config(alias = 'load_quality') }}

with deliveries as (

    select
        *,
        -- in the order of arrival, which nothing later changes
        row_number() over (order by received_at asc, load_id asc) as delivery_number,
        -- the ledger counts the rows in force of what was accepted, and all rows of what was rejected
        case when state = 'rejected' then n_rows else n_rows + coalesce(n_quarantined, 0) end as n_rows_received
    from {{ ref('load_history') }}

)

-- Exact counts of rows would be denominators that disclosure control hides: they are rounded to tens, and one under
-- ten is not told. Names and hashes of files stay in marts too, and so does the load id, which is a hash: a name may
-- be a child's, a hash confirms a guess.
select
    deliveries.community_id,
    deliveries.partner_id,
    deliveries.extract_id,
    deliveries.entity,
    deliveries.school_year,
    deliveries.collection,
    'd' || lpad(cast(deliveries.delivery_number as varchar), 6, '0') as load_id,
    coalesce(results.rule, 'not_checked') as rule, -- noqa: RF04
    results.expectation,
    results.column_name,
    results.severity,
    results.is_passed,
    {{ told_count('results.n_violations') }} as n_violations,
    deliveries.state,
    deliveries.received_at,
    {{ told_count('deliveries.n_rows_received') }} as rows_received,
    {{ told_count('deliveries.n_quarantined') }} as rows_quarantined,
    this_release.release_id
from deliveries
left join {{ ref('load_quality') }} as results
    on deliveries.load_id = results.load_id
cross join {{ source('reference', 'release') }} as this_release
-- a file of several school years is told of by its years, one whose contract was edited by its later self
where deliveries.state not in ('split', 'outdated')
