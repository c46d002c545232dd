{# the mart has the same name, and dbt wants names of models to be unique #}
{{ config(alias = 'load_quality') }}

select
    history.community_id,
    history.partner_id,
    history.extract_id,
    history.entity,
    history.school_year,
    history.collection,
    history.load_id,
    coalesce(results.rule, 'not_checked') as rule, -- noqa: RF04
    results.expectation,
    results.column_name,
    results.severity,
    results.is_passed,
    results.n_violations,
    results.violation_share,
    history.state,
    history.file_name,
    history.sha256,
    history.received_at,
    -- the ledger counts the rows in force of what was accepted, and all rows of what was rejected
    cast(
        case
            when history.state = 'rejected' then history.n_rows
            else history.n_rows + coalesce(history.n_quarantined, 0)
        end as bigint
    ) as rows_received,
    cast(history.n_quarantined as bigint) as rows_quarantined,
    this_release.release_id
from {{ ref('load_history') }} as history
left join {{ ref('load_quality') }} as results
    on history.load_id = results.load_id
cross join {{ source('reference', 'release') }} as this_release
-- a file of several school years is told of by its years
where history.state <> 'split'
