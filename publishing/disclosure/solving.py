"""The cells of a stage from SQL to systems and back: one system per unit, solved one after another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from publishing.disclosure.choosing import Protected, protected
from publishing.disclosure.errors import PinnedError
from publishing.disclosure.system import Numbers, System, sums_of

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

WORKERS = 2
CELLS = (
    "select unit_id, cell_id, value, low, high, need, never_shown, hidden, show_order, "
    "price::double as price, wide_low, wide_high from stage_cell order by unit_id, cell_id"
)
# numbered by their places in CELLS
MEMBERS = (
    "with placed as (select cell_id, unit_id, row_number() over (order by unit_id, cell_id) - 1 as place "
    "from stage_cell) select unit_id, equation_id, place, sign from stage_member "
    "inner join placed using (unit_id, cell_id) order by unit_id, equation_id"
)
RESULT = (
    "create or replace temp table stage_result "
    "(cell_id bigint, is_hidden boolean, gave_way boolean, is_narrow boolean, tables bigint[])"
)


@dataclass(frozen=True)
class Solved:
    repairs: int
    tables: int


def solve_stage(con: duckdb.DuckDBPyConnection, solved_before: dict[bytes, Protected]) -> Solved:
    """Make stage_result of stage_cell, stage_member and stage_same.

    `solved_before` is by the digest of a system, and kept. PinnedError with ids of cells that others tell.
    """
    cells: dict[str, Any] = con.execute(CELLS).fetchnumpy()
    members: dict[str, Any] = con.execute(MEMBERS).fetchnumpy()
    same = _connected(cells["cell_id"], con.execute("from stage_same").fetchnumpy())
    con.execute(RESULT)
    repairs = tables = 0
    systems = list(_systems(cells, members, same))
    # HiGHS lets other threads run while it solves
    with ThreadPoolExecutor(WORKERS) as pool:
        results = pool.map(partial(_protected, solved_before), systems)
        solved = list(zip(systems, results, strict=True))
    for (system, ids), result in solved:
        con.register("solved_unit", _as_table(system, result, ids))
        con.execute("insert into stage_result from solved_unit")
        con.unregister("solved_unit")
        repairs, tables = repairs + result.repairs, max(tables, len(result.tables))
    return Solved(repairs, tables)


def _protected(solved_before: dict[bytes, Protected], unit: tuple[System, Numbers]) -> Protected:
    system, ids = unit
    key = system.digest()
    try:
        if key not in solved_before:
            solved_before[key] = protected(system)
        return solved_before[key]
    except PinnedError as error:
        raise PinnedError(ids[error.cells]) from None


def _connected(ids: Numbers, pairs: dict[str, Any]) -> Numbers:
    """Per cell the number of those that pairs connect it with; others have one of their own."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    sorter = np.argsort(ids)
    one, other = (sorter[np.searchsorted(ids, pairs[name], sorter=sorter)] for name in ("cell_id", "same_id"))
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(len(ids), len(ids)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _systems(
    cells: dict[str, Any], members: dict[str, Any], same: Numbers
) -> Iterator[tuple[System, Numbers]]:
    """Per unit its system and the ids of its cells."""
    units, starts = np.unique(cells["unit_id"], return_index=True)
    ends = [*starts[1:].tolist(), len(cells["unit_id"])][: len(units)]
    first_member = np.searchsorted(members["unit_id"], units)
    last_member = np.searchsorted(members["unit_id"], units, side="right")
    for start, end, first, last in zip(starts.tolist(), ends, first_member, last_member, strict=True):
        of = {name: values[start:end] for name, values in cells.items()}
        _, rows = np.unique(members["equation_id"][first:last], return_inverse=True)
        sums = sums_of(
            rows,
            members["place"][first:last] - start,
            members["sign"][first:last],
            int(rows.max(initial=-1)) + 1,
            end - start,
        )
        whole = {name: of[name].astype(np.int64) for name in ("value", "low", "high", "need")}
        yield (
            System(
                **whole,
                never_shown=of["never_shown"].astype(bool),
                hidden=of["hidden"].astype(bool),
                order=of["show_order"].astype(np.int64),
                price=of["price"].astype(np.float64),
                same=same[start:end],
                wide_low=of["wide_low"].astype(np.int64),
                wide_high=of["wide_high"].astype(np.int64),
                sums=sums,
            ),
            of["cell_id"],
        )


def _as_table(system: System, result: Protected, ids: Numbers) -> pa.Table:
    """The hidden cells of a unit, each with its number in every table."""
    import pyarrow as pa

    hidden = np.flatnonzero(result.hidden)
    numbers = np.array([system.value[hidden] + table[hidden] for table in result.tables], dtype=np.int64)
    numbers = numbers.reshape(len(result.tables), len(hidden))
    offsets = np.arange(len(hidden) + 1, dtype=np.int32) * len(result.tables)
    return pa.table(
        {
            "cell_id": ids[hidden].astype(np.int64),
            "is_hidden": result.hidden[hidden],
            "gave_way": result.gave_way[hidden],
            "is_narrow": result.narrow[hidden],
            "tables": pa.ListArray.from_arrays(offsets, numbers.T.ravel()),
        }
    )
