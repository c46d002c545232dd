"""An attacker who takes each published sum by itself; shares no code with publishing/disclosure.py.

He knows the rules, which cells exist, and (for numerators) every denominator. Numbers that one sum gives
away are added to what he knows until there are no more. Then, for each number still hidden, two small linear
programs find the smallest and the largest value that one sum allows.
"""

from collections import defaultdict
from dataclasses import dataclass

import duckdb
import numpy as np
from scipy.optimize import linprog

Key = tuple[str, str, str, str]  # geography level, geography, disaggregate, subgroup


@dataclass(frozen=True)
class Cell:
    n: int
    x: int
    suppression: str | None  # None: not published at all (unknown subgroup)


@dataclass(frozen=True)
class Opening:
    """What one sum lets an attacker know of one hidden number."""

    key: Key
    low: float
    high: float
    reachable: float

    @property
    def width(self) -> float:
        return self.high - self.low


def read_tables(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, int], dict[Key, Cell]]:
    """Per indicator and school year, every true cell with what was decided about it."""
    tables: dict[tuple[str, int], dict[Key, Cell]] = defaultdict(dict)
    rows = con.execute(
        "select indicator_id, school_year, geography_level, geography_id, disaggregate, subgroup, "
        "c.denominator, c.numerator, s.suppression from source_cells c left join cell_suppression s using "
        "(indicator_id, school_year, geography_level, geography_id, disaggregate, subgroup)"
    ).fetchall()
    for indicator, year, *key, n, x, suppression in rows:
        level, place, disaggregate, subgroup = key
        tables[indicator, year][level, place, disaggregate, subgroup] = Cell(n, x, suppression)
    return tables


def read_districts(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("select school_id, district_id from school_districts").fetchall())


def sums(cells: dict[Key, Cell], district_of: dict[str, str]) -> list[tuple[Key, list[Key]]]:
    """Every total with the parts it is the sum of, published or not."""
    found: dict[tuple[Key, str], list[Key]] = defaultdict(list)
    for part in cells:
        level, place, disaggregate, subgroup = part
        for total in _totals_in_place(level, place, disaggregate, subgroup):
            found[total, disaggregate].append(part)
        above = {"school": [("district", district_of.get(place, "")), ("community", "riverbend")]}
        above["district"] = [("community", "riverbend")]
        for higher_level, higher_place in above.get(level, []):
            found[(higher_level, higher_place, disaggregate, subgroup), level].append(part)
    return [(total, parts) for (total, _), parts in found.items() if total in cells]


def _totals_in_place(level: str, place: str, disaggregate: str, subgroup: str) -> list[Key]:
    if disaggregate == "all":
        return []
    totals: list[Key] = [(level, place, "all", "all")]
    names, values = disaggregate.split("_x_"), subgroup.split("|")
    if len(names) == 2:
        totals += [(level, place, name, value) for name, value in zip(names, values, strict=True)]
    return totals


def attack_denominators(cells: dict[Key, Cell], district_of: dict[str, str]) -> list[Opening]:
    """What single sums say of denominators. A hidden row shows that at least one child is there."""
    hidden = {key for key, cell in cells.items() if cell.suppression != "" and not _is_coded(cell)}
    equations = sums(cells, district_of)
    _eliminate(hidden, cells, equations)
    bounds = {key: (1.0 if cells[key].suppression else 0.0, np.inf) for key in hidden}
    values = {key: cell.n for key, cell in cells.items()}
    return _attack(values, hidden, bounds, cells, equations)


def _eliminate(unknown: set[Key], cells: dict[Key, Cell], equations: list[tuple[Key, list[Key]]]) -> None:
    """Take from `unknown`, again and again, what is the only unknown of a sum."""
    while True:
        single = [
            missing[0]
            for total, parts in equations
            if cells[total].suppression is not None
            and len(missing := [key for key in (total, *parts) if key in unknown]) == 1
        ]
        if not single:
            return
        unknown.difference_update(single)


def attack_numerators(cells: dict[Key, Cell], district_of: dict[str, str]) -> list[Opening]:
    """What single sums say of numerators, to one who knows every denominator and how bands are made."""
    unknown = {key for key, cell in cells.items() if cell.suppression != ""}
    bounds = {key: _numerator_bounds(cells[key]) for key in unknown}
    values = {key: cell.x for key, cell in cells.items()}
    return _attack(values, unknown, bounds, cells, sums(cells, district_of))


def _numerator_bounds(cell: Cell) -> tuple[float, float]:
    band = max(4, cell.n // 20)
    if cell.suppression == "coded_low":
        return 0, band
    if cell.suppression == "coded_high":
        return cell.n - band, cell.n
    return 0, cell.n


def _is_coded(cell: Cell) -> bool:
    return (cell.suppression or "").startswith("coded")


def _attack(
    values: dict[Key, int],
    unknown: set[Key],
    bounds: dict[Key, tuple[float, float]],
    cells: dict[Key, Cell],
    equations: list[tuple[Key, list[Key]]],
) -> list[Opening]:
    openings = []
    for total, parts in equations:
        terms = [(total, 1.0), *((part, -1.0) for part in parts)]
        missing = [(key, sign) for key, sign in terms if key in unknown]
        if cells[total].suppression is None:
            continue  # the total of an unknown subgroup is not published
        known = sum(sign * values[key] for key, sign in terms if key not in unknown)
        row = np.array([[sign for _, sign in missing]])
        box = [bounds[key] for key, _ in missing]
        for position, (key, _) in enumerate(missing):
            if cells[key].suppression is None:
                continue
            low, high = (_extreme(row, -known, box, position, direction) for direction in (1, -1))
            openings.append(Opening(key, low, high, bounds[key][1] - bounds[key][0]))
    return openings


def _extreme(
    row: np.ndarray, right: float, box: list[tuple[float, float]], position: int, direction: int
) -> float:
    cost = np.zeros(row.shape[1])
    cost[position] = direction
    solved = linprog(cost, A_eq=row, b_eq=[right], bounds=box, method="highs")
    if solved.status == 3:  # unbounded
        return -direction * np.inf
    assert solved.status == 0, solved.message
    return float(direction * solved.fun)
