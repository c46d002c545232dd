-- what protection costs: cells, and children in them, per level
select
    decisions.community_id,
    decisions.school_year,
    decisions.geography_level,
    count(*) as n_cells,
    count(*) filter (where decisions.is_small) as n_small,
    count(*) filter (where decisions.suppression = 'suppressed' and not decisions.is_small) as n_beside_others,
    count(*) filter (where decisions.suppression in ('coded_low', 'coded_high')) as n_banded,
    count(*) filter (where decisions.held_since is not null) as n_held,
    cast(sum(decisions.denominator) as bigint) as n_children,
    cast(coalesce(
        sum(decisions.denominator) filter (where decisions.suppression = 'suppressed'), 0
    ) as bigint) as n_children_hidden
from {{ ref('cell_suppression') }} as decisions
group by all
