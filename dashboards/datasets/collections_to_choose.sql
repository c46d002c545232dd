-- One row per collection of a community.
select distinct
    community_id,
    collection
from published.school_years
