-- One row per delivery and rule that something in it broke.
select
    checked.community_id,
    communities.title as community,
    checked.partner_id,
    checked.extract_id,
    checked.load_id,
    cast(checked.school_year as varchar)
    || case when checked.collection = 'annual' then '' else ' ' || checked.collection end as period,
    checked.school_year,
    checked.collection,
    checked.rule,
    checked.column_name,
    checked.severity,
    checked.n_violations,
    coalesce(cast(checked.n_violations as varchar), 'not told') as violations,
    checked.state,
    checked.received_at
from published.load_quality as checked
inner join published.geographies as communities
    on checked.community_id = communities.community_id and communities.geography_level = 'community'
where checked.rule <> 'not_checked' and not checked.is_passed
