"""The proof once more, in plain SQL: every table adds up, keeps its bounds, and all are wide enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing.disclosure.errors import DisclosureError

if TYPE_CHECKING:
    import duckdb

# What differs from the true numbers, which add up, has to add up to nothing.
NOT_ADDING_UP = """
with moved as (
    select * from (
        select unit_id, cell_id, unnest(range(len(tables))) as i, unnest(tables) - value as difference
        from stage_result inner join stage_cell using (cell_id)
    )
    where difference <> 0
)
select count(*) from (
    select unit_id, equation_id
    from stage_member inner join moved using (unit_id, cell_id)
    group by unit_id, equation_id, i having sum(sign * difference) <> 0
    union all
    select unit_id, equation_id
    from stage_member inner join stage_cell using (unit_id, cell_id)
    group by unit_id, equation_id having sum(sign * value) <> 0
)
"""
OUT_OF_BOUNDS = """
select count(*) from stage_cell inner join stage_result using (cell_id)
where
    list_min(tables) < if(gave_way, wide_low, low) or list_max(tables) > if(gave_way, wide_high, high)
"""
TOO_NARROW = """
select count(*) from stage_cell left join stage_result using (cell_id)
where
    need > 0
    and list_max(list_append(coalesce(tables, []), value)) - list_min(list_append(coalesce(tables, []),
    value)) < if(is_narrow, 1, need)
"""
UNLIKE = """
select count(*)
from stage_same
left join stage_result as one using (cell_id)
left join stage_result as other on stage_same.same_id = other.cell_id
where one.tables is distinct from other.tables
"""
SHOWN_THOUGH_HIDDEN = """
select count(*) from stage_cell left join stage_result using (cell_id)
where hidden and not coalesce(is_hidden, false)
"""
RULES = {
    SHOWN_THOUGH_HIDDEN: "numbers that must be hidden are not",
    NOT_ADDING_UP: "sums of a table that is to prove what is hidden do not add up",
    UNLIKE: "numbers that are known to be the same differ in such a table",
    OUT_OF_BOUNDS: "numbers of such a table are outside what is known of them",
    TOO_NARROW: "hidden numbers are not proved to stay open",
}


def check_stage(con: duckdb.DuckDBPyConnection) -> None:
    """DisclosureError unless stage_result proves that stage_cell is protected."""
    for sql, what in RULES.items():
        (found,) = con.execute(sql).fetchall()[0]
        if found:
            raise DisclosureError(
                f"{found} {what}",
                rule="what is hidden is proved before anything is published",
                next_step="Nothing was published; report this with the school year it happened in",
            )
