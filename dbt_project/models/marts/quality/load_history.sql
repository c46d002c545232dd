with events as (

    {{ rows_of_files(source('ledger', 'events'), 'snapshot/ledger.jsonl', {
        'load_id': 'varchar',
        'event': 'varchar',
        'at': 'timestamp',
        'extract_id': 'varchar',
        'community': 'varchar',
        'partner': 'varchar',
        'entity': 'varchar',
        'school_year': 'integer',
        'collection': 'varchar',
        'sha256': 'varchar',
        'file_name': 'varchar',
        'rows': 'bigint',
        'quarantined': 'bigint',
        'reason': 'varchar',
        'seconds': 'double',
    }) }}

),

histories as (

    select
        events.load_id,
        max(events.extract_id) as extract_id,
        max(events.community) as community_id,
        max(events.partner) as partner_id,
        max(events.entity) as entity,
        max(events.school_year) as school_year,
        max(events.collection) as collection,
        max(events.file_name) as file_name,
        max(events.sha256) as sha256,
        min(events.at) as received_at,
        max(events.at) as changed_at,
        max_by(events.event, events.at) as latest_event,
        max_by(events.event, events.at) filter (
            where events.event in ('accepted', 'accepted_with_quarantine')
        ) as outcome,
        -- max_by passes over NULL: a reason of an earlier event is not the latest one's
        nullif(max_by(coalesce(events.reason, ''), events.at), '') as reason,
        max_by(events.rows, events.at) filter (where events.rows is not null) as n_rows,
        max_by(events.quarantined, events.at) filter (where events.quarantined is not null) as n_quarantined,
        max_by(events.seconds, events.at) filter (where events.seconds is not null) as seconds
    from events
    where events.load_id is not null
    group by events.load_id

)

select
    load_id,
    extract_id,
    community_id,
    partner_id,
    entity,
    school_year,
    collection,
    file_name,
    sha256,
    received_at,
    changed_at,
    -- restored means in force again, as it was accepted; reopened after a withdrawal, to be decided anew
    case latest_event
        when 'restored' then outcome
        when 'reopened' then 'received'
        else latest_event
    end as state,
    reason,
    n_rows,
    n_quarantined,
    seconds
from histories
