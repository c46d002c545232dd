"""One indicator and school year under attack: its system of sums, and which of its numbers lie too open."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from publishing.attack.programs import Contradiction, Unsolved
from publishing.attack.ranges import find_ranges
from publishing.attack.system import Ranges, System

if TYPE_CHECKING:
    import duckdb

WIDTH_OF_RESULTS = 2.0
TROUBLES: dict[type[Exception], str] = {
    Contradiction: "its published numbers contradict each other: no numbers of children fulfil all sums",
    Unsolved: "the solver gave up on its sums, so nothing is proved of its hidden numbers",
}
# Its name and the rules of its community.
UNITS = """
select
    unit_id, community_id || ' ' || indicator_id || ' ' || school_year as name,
    min(minimum_denominator)::double as minimum, min(width)::double as width,
    max(band_smallest)::double as band_smallest, max(band_share)::double as band_share
from tbl
where release_id = ''
group by all
order by unit_id
"""
# What is unknown, with what is known of its group's denominator; is_free where it may be told.
VARIABLES = """
with asked as (
    -- joins by equal columns alone: for any other condition DuckDB compares all rows with all
    select
        *, if(kind in ('n', 'x', 'y'), place_id, null) as slot_id,
        if(kind in ('x', 'y'), place_id, null) as result_id
    from variable
),
of_groups as (select table_id, place_id, variable from variable where kind = 'n')
select
    asked.unit_id, asked.kind, asked.table_id, asked.place_id,
    coalesce(asked.low, 0)::double as low, coalesce(asked.high, 'inf'::double)::double as high,
    coalesce(of_groups.variable, -1) as n_variable, coalesce(known.n_low, 0)::double as n_known,
    coalesce(known.is_shown and (asked.kind = 'n' or known.suppression = ''), false)
    or harmless.kind is not null as is_free,
    truth.n is not null as is_judged
from asked
left join of_groups on asked.table_id = of_groups.table_id and asked.result_id = of_groups.place_id
left join known on asked.table_id = known.table_id and asked.slot_id = known.slot_id
left join harmless
    on asked.table_id = harmless.table_id and asked.slot_id = harmless.slot_id and asked.kind = harmless.kind
left join truth on asked.table_id = truth.table_id and asked.slot_id = truth.slot_id
order by asked.unit_id, asked.variable
"""
EQUATIONS = "select unit_id, known::double as known from equation order by unit_id, equation"
TERMS = "select unit_id, equation, variable, coefficient from term order by unit_id"


@dataclass
class Unit:
    """A system, and per variable what it is: `kinds` of n, x, y or a rest, `tables` and `places` by number.

    `n_variable` is, of an x or y, the variable of its group's denominator, or -1 where that is `n_known`;
    `is_judged` where the marts say whether a narrow range of it harms anybody.
    """

    name: str
    unit_id: int
    hash: str
    minimum: float
    band: tuple[float, float]
    system: System
    kinds: np.ndarray
    tables: np.ndarray
    places: np.ndarray
    n_variable: np.ndarray
    n_known: np.ndarray
    is_judged: np.ndarray


@dataclass
class UnitResult:
    """What was found of a unit: variables too narrow, and counts; `trouble` if it could not be attacked."""

    name: str
    unit_id: int
    narrow: list[tuple[str, int, int]]
    trouble: str
    counts: dict[str, Any]

    @property
    def is_contradiction(self) -> bool:
        return self.trouble == TROUBLES[Contradiction]


def read_units(con: duckdb.DuckDBPyConnection) -> list[Unit]:
    """Every indicator and year with a hidden number or a band, from `variable`, `equation` and `term`."""
    names = con.execute(UNITS).fetchall()
    variables = con.execute(VARIABLES).fetchnumpy()
    equations = con.execute(EQUATIONS).fetchnumpy()
    terms = con.execute(TERMS).fetchnumpy()
    ends = {
        name: {unit_id: _range(rows["unit_id"], unit_id) for unit_id, *_ in names}
        for name, rows in (("variable", variables), ("equation", equations), ("term", terms))
    }
    return [
        _unit(
            (unit_id, name, *rules),
            {key: values[ends["variable"][unit_id]] for key, values in variables.items()},
            equations["known"][ends["equation"][unit_id]],
            {key: values[ends["term"][unit_id]] for key, values in terms.items()},
        )
        for unit_id, name, *rules in names
        if ends["variable"][unit_id].stop > ends["variable"][unit_id].start
    ]


def _range(sorted_ids: np.ndarray, unit_id: int) -> slice:
    first = np.searchsorted(sorted_ids, unit_id, "left")
    last = np.searchsorted(sorted_ids, unit_id, "right")
    return slice(int(first), int(last))


def _unit(
    about: tuple[Any, ...], variables: dict[str, np.ndarray], known: np.ndarray, terms: dict[str, np.ndarray]
) -> Unit:
    from scipy.sparse import csr_matrix

    unit_id, name, minimum, width, *band = about
    low, high = variables["low"].astype(float), variables["high"].astype(float)
    matrix = csr_matrix(
        (terms["coefficient"], (terms["equation"], terms["variable"])), shape=(len(known), len(low))
    )
    kinds = variables["kind"].astype(str)
    need = np.zeros(len(low))
    need[kinds == "n"] = width
    need[np.isin(kinds, ["x", "y"])] = WIDTH_OF_RESULTS
    need[variables["is_free"].astype(bool)] = 0
    digest = hashlib.sha256(f"{_code()} {about[2:]} {kinds.tolist()}".encode())
    judged = (variables["n_known"], variables["n_variable"], variables["is_judged"])
    for part in (low, high, known, need, matrix.indptr, matrix.indices, matrix.data, *judged):
        digest.update(np.ascontiguousarray(part).tobytes())
    return Unit(
        name=name,
        unit_id=unit_id,
        hash=digest.hexdigest()[:32],
        minimum=minimum,
        band=(band[0], band[1]),
        system=System(matrix, known.astype(float), low, high, need),
        kinds=kinds,
        tables=variables["table_id"].astype(int),
        places=variables["place_id"].astype(int),
        n_variable=variables["n_variable"].astype(int),
        n_known=variables["n_known"].astype(float),
        is_judged=variables["is_judged"].astype(bool),
    )


@cache
def _code() -> str:
    """Another attack looks again at what an earlier one let pass."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def attack_unit(unit: Unit) -> UnitResult:
    """Attack one unit; nothing is known to be safe before a table is found for it."""
    started = time.monotonic()
    try:
        ranges = find_ranges(unit.system)
    except (Contradiction, Unsolved) as error:
        return UnitResult(unit.name, unit.unit_id, [], TROUBLES[type(error)], _counts(unit, None, started))
    narrow = [
        (str(unit.kinds[one]), int(unit.tables[one]), int(unit.places[one]))
        for one in _too_narrow(unit, ranges)
    ]
    return UnitResult(unit.name, unit.unit_id, narrow, "", _counts(unit, ranges, started))


def _too_narrow(unit: Unit, ranges: Ranges) -> list[int]:
    """Unknowns that lie too open, and of which that may tell something of a small group or a rare result.

    Of what the marts judge, all that need a width do so for a child. Else a denominator that is proved not to
    be under the minimum may be narrow, as may a result that is proved to be outside of every band, of a group
    that is proved not to be small.
    """
    width = ranges.high - ranges.low
    found = []
    for one in np.flatnonzero((unit.system.need > 0) & ~(width >= unit.system.need)):
        if unit.is_judged[one]:
            found.append(int(one))
            continue
        low, high = ranges.low[one], ranges.high[one]
        if unit.kinds[one] == "n":
            if low < unit.minimum:
                found.append(int(one))
            continue
        least_n = _least_n(unit, ranges, int(one))
        rare = max(unit.band[0], np.floor(unit.band[1] * least_n))
        others = unit.n_known[one] - high if unit.n_variable[one] < 0 else np.inf
        if least_n < unit.minimum or low <= rare or others <= rare:
            found.append(int(one))
    return found


def _least_n(unit: Unit, ranges: Ranges, one: int) -> float:
    """The fewest children that the group of a result must have; what was merely seen proves nothing."""
    n = unit.n_variable[one]
    if n < 0:
        return float(unit.n_known[one])
    return float(ranges.low[n] if ranges.is_exact[n] else unit.system.low[n])


def _counts(unit: Unit, ranges: Ranges | None, started: float) -> dict[str, Any]:
    def narrowest(*kinds: str) -> float | None:
        wanted = np.isin(unit.kinds, kinds) & (unit.system.need > 0)
        return None if ranges is None or not wanted.any() else float((ranges.high - ranges.low)[wanted].min())

    return {
        "unknowns": int((unit.system.need > 0).sum()),
        "equations": int(unit.system.matrix.shape[0]),
        "programs": unit.system.programs,
        "narrowest_n": narrowest("n"),
        "narrowest_x": narrowest("x", "y"),
        "seconds": round(time.monotonic() - started, 3),
    }
