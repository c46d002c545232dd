-- One row per way to split children.
select distinct
    disaggregate,
    disaggregate_title,
    is_pair
from published.subgroups
