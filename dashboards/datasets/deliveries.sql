-- One row per delivery: load_quality has one per delivery and rule, on which its numbers of rows repeat.
with deliveries as (

    select
        community_id,
        partner_id,
        extract_id,
        entity,
        school_year,
        collection,
        load_id,
        state,
        received_at,
        rows_received,
        rows_quarantined,
        count(*) filter (where rule <> 'not_checked') as n_rules,
        count(*) filter (where rule <> 'not_checked' and not is_passed) as n_rules_broken,
        max(case when rule = 'children_are_on_the_roster' then n_violations end) as n_not_on_roster,
        max(case when rule = 'children_are_on_the_roster' then 1 else 0 end) = 1 as is_compared_with_roster
    from published.load_quality
    group by
        community_id, partner_id, extract_id, entity, school_year, collection, load_id, state, received_at,
        rows_received, rows_quarantined

)

select
    deliveries.*,
    communities.title as community,
    case
        when not deliveries.is_compared_with_roster then ''
        else coalesce(cast(deliveries.n_not_on_roster as varchar), 'not told')
    end as roster,
    case deliveries.state
        when 'accepted_with_quarantine' then 'accepted, rows held back'
        else deliveries.state
    end as outcome_of_delivery,
    cast(deliveries.school_year as varchar)
    || case when deliveries.collection = 'annual' then '' else ' ' || deliveries.collection end as period,
    deliveries.load_id = max(deliveries.load_id) over (
        partition by deliveries.community_id, deliveries.extract_id, deliveries.school_year, deliveries.collection
    ) as is_last_of_period
from deliveries
inner join published.geographies as communities
    on deliveries.community_id = communities.community_id and communities.geography_level = 'community'
