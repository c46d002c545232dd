with gated as (

    {{ rows_of_files(source('gate', 'rule_results'), 'gate/*.parquet', {
        'load_id': 'varchar',
        'rule': 'varchar',
        'expectation': 'varchar',
        'column_name': 'varchar',
        'severity': 'varchar',
        'passed': 'boolean',
        'violations': 'bigint',
        'share': 'double',
        'explanation': 'varchar',
    }) }}

),

-- no rule of the gate, for who is who is known only after it
matched as (

    select
        load_id,
        'match_rate' as rule, -- noqa: RF04
        'match_rate_holds' as expectation,
        cast(null as varchar) as column_name,
        'warn' as severity,
        has_held as passed,
        n_children - n_matched as violations,
        1 - cast(n_matched as double) / n_children as share, -- noqa: RF04
        'as many children are linked to another partner''s as in the deliveries before' as explanation
    from {{ source('identity', 'match_rates') }}

),

results as (

    select * from gated
    union all
    select * from matched

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
    results.violations as n_violations,
    results.share as violation_share,
    results.explanation
from results
left join {{ ref('load_history') }} as history
    on results.load_id = history.load_id
