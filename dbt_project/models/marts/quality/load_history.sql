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
    max_by(events.event, events.at) as state,
    max_by(events.reason, events.at) as reason,
    max_by(events.rows, events.at) filter (where events.rows is not null) as n_rows,
    max_by(events.quarantined, events.at) filter (where events.quarantined is not null) as n_quarantined,
    max_by(events.seconds, events.at) filter (where events.seconds is not null) as seconds
from {{ source('ledger', 'events') }} as events
where events.load_id is not null
group by events.load_id
