"""The proof once more, in plain SQL: every table adds up, keeps its bounds, and all are wide enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing.disclosure.errors import DisclosureError

if TYPE_CHECKING:
    import duckdb

# per sum and table, with the true number where a cell is shown
NOT_ADDING_UP = """
with touched as (
    select distinct unit_id, equation_id from stage_member semi join stage_result using (cell_id)
),
entries as (
    select member.unit_id, member.equation_id, member.sign, cell.value, solved.tables
    from stage_member as member
    semi join touched using (unit_id, equation_id)
    inner join stage_cell as cell using (unit_id, cell_id)
    left join stage_result as solved using (cell_id)
),
numbered as (
    select unit_id, equation_id, max(len(tables)) as n_tables, sum(sign * value) as truth
    from entries group by all
),
totals as (
    select numbered.unit_id, numbered.equation_id, numbered.truth, i,
        sum(entries.sign * coalesce(entries.tables[i], entries.value)) as total
    from numbered, unnest(range(1, n_tables + 1)) as r(i)
    inner join entries
        on numbered.unit_id = entries.unit_id and numbered.equation_id = entries.equation_id
    group by all
)
select count(*) from totals where total <> 0 or truth <> 0
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
    value)) < need
"""
SHOWN_THOUGH_HIDDEN = """
select count(*) from stage_cell left join stage_result using (cell_id)
where hidden and not coalesce(is_hidden, false)
"""
RULES = {
    SHOWN_THOUGH_HIDDEN: "numbers that must be hidden are not",
    NOT_ADDING_UP: "sums of a table that is to prove what is hidden do not add up",
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
