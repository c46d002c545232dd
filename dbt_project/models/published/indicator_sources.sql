with numbered as (

    select
        load_id,
        -- as in `load_quality`: hashes and names of files stay in marts
        'd' || lpad(cast(row_number() over (order by received_at asc, load_id asc) as varchar), 6, '0') as delivery_id
    from {{ ref('load_history') }}

)

select
    held.community_id,
    reads.indicator_id,
    numbered.delivery_id as load_id,
    held.partner_id,
    held.extract_id,
    held.entity,
    held.school_year,
    held.collection,
    held.received_at,
    held.agreement_id,
    reads.role,
    this_release.release_id
from {{ source('reference', 'release_deliveries') }} as held
inner join {{ source('reference', 'indicator_entities') }} as reads
    on
        held.entity = reads.entity
        and reads.role <> 'other'
inner join {{ source('reference', 'indicator_selection') }} as selection
    on
        reads.indicator_id = selection.indicator_id
        and held.community_id = selection.community_id
inner join numbered
    on held.load_id = numbered.load_id
cross join {{ source('reference', 'release') }} as this_release
