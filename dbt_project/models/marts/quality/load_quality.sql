with results as (

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
