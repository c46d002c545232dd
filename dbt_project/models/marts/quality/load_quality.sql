with results as (

    select
        {{ file_stem('gate_file') }} as load_id,
        rule,
        expectation,
        column_name,
        severity,
        passed,
        violations,
        share,
        explanation,
        how_to_fix
    from {{ source('gate', 'rule_results') }}

)

select
    results.load_id,
    history.community_id,
    history.partner_id,
    history.extract_id,
    history.entity,
    history.school_year,
    history.collection,
    history.state,
    history.received_at,
    results.rule,
    results.expectation,
    results.column_name,
    results.severity,
    results.passed as is_passed,
    cast(results.violations as bigint) as n_violations,
    cast(results.share as double) as violation_share,
    results.explanation,
    results.how_to_fix
from results
left join {{ ref('load_history') }} as history
    on results.load_id = history.load_id
