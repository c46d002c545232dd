{{ config(meta = {
    'description': 'The tables kept as proof leave small groups, and hidden or banded numerators, as open as the rules say.',
    'dagster': {'ref': {'name': 'cell_suppression'}},
}) }}

-- held numbers are those of a release before, which had its own proof
select
    decisions.community_id,
    decisions.school_year,
    decisions.geography_level
from {{ ref('cell_suppression') }} as decisions
inner join {{ source('reference', 'communities') }} as communities
    on decisions.community_id = communities.community_id
where
    decisions.held_since is null
    and (
        (
            decisions.denominator < communities.minimum_denominator
            and (
                decisions.suppression <> 'suppressed'
                or coalesce(
                    list_max(list_append(decisions.denominator_tables, decisions.denominator))
                    - list_min(list_append(decisions.denominator_tables, decisions.denominator)),
                    0
                ) < if(decisions.is_narrow, 1, ceil(communities.minimum_denominator / 2.0))
            )
        )
        or (
            not decisions.is_settled
            and (decisions.is_small or decisions.suppression in ('coded_low', 'coded_high'))
            and coalesce(
                list_max(list_append(decisions.numerator_tables, decisions.numerator))
                - list_min(list_append(decisions.numerator_tables, decisions.numerator)),
                0
            ) < if(decisions.is_narrow, 1, least(2, decisions.denominator))
        )
    )
