select
    community_id,
    school_year,
    collection,
    -- the least of any: preliminary comes after final in the alphabet too
    max(data_maturity) as data_maturity,
    cast(school_year - 1 as varchar) || '-' || right(cast(school_year as varchar), 2) as title,
    cast(count(distinct indicator_id) as bigint) as n_indicators,
    school_year = max(school_year) over (partition by community_id, collection) as is_latest,
    min(release_id) as release_id
from {{ ref('indicator_values') }}
group by community_id, school_year, collection
