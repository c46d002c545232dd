"""Every table of whole numbers that fits what is published, of small places: is each hidden number open enough?

The enumeration knows nothing of publishing/disclosure: it tries all children per school and gender.
"""

import os
from itertools import product
from typing import NamedTuple

import duckdb
import numpy as np
from cell_tables import make_rules
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishing.disclosure import protect

GENDERS = ("female", "male", "nonbinary")
SCHOOLS = ("s1", "s2")
MOST = 26  # children of a school and gender that are tried, where nothing known bounds them
EXAMPLES = int(os.environ.get("MILEPOST_EXAMPLES", "6"))
Place = tuple[str, str]  # school or "all", gender or "all"


class Known(NamedTuple):
    """What is known of a number before anything is added up."""

    low: int
    high: int


def openings(known: dict[Place, Known]) -> dict[Place, tuple[int, int]]:
    """Smallest and largest value of each number over all tables that fit; a place that is not there is zero."""
    tables = []
    for school in SCHOOLS:
        ranges = [known.get((school, gender), Known(0, 0)) for gender in GENDERS]
        inside = np.array(list(product(*(range(r.low, min(r.high, MOST) + 1) for r in ranges))))
        total = known.get((school, "all"), Known(0, 0))
        sums = inside.sum(axis=1)
        tables.append(inside[(total.low <= sums) & (sums <= total.high)])
    least: dict[Place, int] = {}
    most: dict[Place, int] = {}

    def note(place: Place, values: np.ndarray) -> None:
        least[place] = min(least.get(place, 10**9), int(values.min()))
        most[place] = max(most.get(place, -1), int(values.max()))

    for one in tables[0]:
        both = tables[1] + one
        fits = np.ones(len(both), dtype=bool)
        for column, gender in enumerate(GENDERS):
            r = known.get(("all", gender), Known(0, 0))
            fits &= (r.low <= both[:, column]) & (both[:, column] <= r.high)
        r = known["all", "all"]
        fits &= (r.low <= both.sum(axis=1)) & (both.sum(axis=1) <= r.high)
        if fits.any():
            for column, gender in enumerate(GENDERS):
                note((SCHOOLS[0], gender), one[column : column + 1])
                note((SCHOOLS[1], gender), tables[1][fits, column])
                note(("all", gender), both[fits, column])
            note((SCHOOLS[0], "all"), one.sum(keepdims=True))
            note((SCHOOLS[1], "all"), tables[1][fits].sum(axis=1))
            note(("all", "all"), both[fits].sum(axis=1))
    return {place: (least[place], most[place]) for place in least}


def totals(inside: np.ndarray) -> dict[Place, int]:
    values = {(s, g): int(inside[i, j]) for i, s in enumerate(SCHOOLS) for j, g in enumerate(GENDERS)}
    values |= {(s, "all"): int(inside[i].sum()) for i, s in enumerate(SCHOOLS)}
    values |= {("all", g): int(inside[:, j].sum()) for j, g in enumerate(GENDERS)}
    return values | {("all", "all"): int(inside.sum())}


def protected(n: dict[Place, int], x: dict[Place, int]) -> dict[Place, str]:
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        rows = [
            ("school" if s in SCHOOLS else "community", s if s in SCHOOLS else "riverbend",
             "all" if g == "all" else "gender", g, n[s, g], x[s, g])
            for s, g in n if n[s, g]
        ]  # fmt: skip
        con.execute(
            "create table source_cells as select 'riverbend' as community_id, 'i' as indicator_id, 'v1' as definition_version, "
            "2025::integer as school_year, 'annual' as collection, 'final' as data_maturity, * from (values "
            f"{', '.join(map(str, rows))}) as c(geography_level, geography_id, disaggregate, subgroup, denominator, numerator)"
        )
        con.execute(
            "create table school_districts (community_id varchar, school_id varchar, district_id varchar)"
        )
        make_rules(con)
        protect(con)
        found = con.execute("select geography_id, subgroup, suppression from cell_suppression").fetchall()
    return {(place if place in SCHOOLS else "all", subgroup): what for place, subgroup, what in found}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    sizes=st.lists(st.integers(0, 16), min_size=6, max_size=6).filter(lambda sizes: sum(sizes) >= 10),
    shares=st.lists(st.floats(0, 1), min_size=6, max_size=6),
)
def test_no_hidden_number_is_narrower_than_promised(sizes: list[int], shares: list[float]) -> None:
    inside = np.array(sizes).reshape(2, 3)
    n, x = totals(inside), totals(np.rint(inside * np.array(shares).reshape(2, 3)).astype(int))
    suppression = protected(n, x)

    known = {
        p: Known(n[p], n[p]) if what != "suppressed" else Known(1, 10**6) for p, what in suppression.items()
    }
    open_ = openings(known)
    for place, what in suppression.items():
        assert what == "suppressed" or n[place] >= 10
        if n[place] < 10:
            least, most = open_[place]
            assert least <= n[place] <= most
            assert most - least >= 5, (place, n, suppression)

    # of the numerators an attacker knows every denominator
    bounds = {}
    for place, what in suppression.items():
        band = max(4, n[place] // 20)
        bounds[place] = {
            "": Known(x[place], x[place]),
            "suppressed": Known(0, n[place]),
            "coded_low": Known(0, band),
            "coded_high": Known(n[place] - band, n[place]),
        }[what]
    open_ = openings(bounds)
    for place, what in suppression.items():
        assert what != "" or min(x[place], n[place] - x[place]) > 4, (
            "a numerator near 0 or all is never shown"
        )
        if n[place] < 10 or what.startswith("coded"):
            least, most = open_[place]
            assert most - least >= min(2, n[place]), (place, n, x, suppression)
