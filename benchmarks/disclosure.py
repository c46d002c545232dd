"""What disclosure control hides of a made-up community, and what it takes: shares, seconds, memory.

Run `python -m benchmarks.disclosure`; each size has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import Laps

if TYPE_CHECKING:
    import duckdb

SIZES = (50_000, 6_000)  # a whole enrollment, and one grade
TARGET_SECONDS = 3  # an indicator's year at the larger size
TARGET_SHARES = {50_000: 0.09, 6_000: 0.19}  # of cells, hidden only to protect others; of denominators
DISTRICTS, SCHOOLS, ZIPS, TRACTS = 10, 120, 40, 200
# percent of children; a third gender of half a percent is what makes schools hard
SHARES: dict[str, dict[str, float]] = {
    "race": {"r1": 48, "r2": 24, "r3": 14, "r4": 6, "r5": 5, "r6": 1.5, "r7": 1, "r8": 0.5},
    "gender": {"female": 49, "male": 50.5, "other": 0.5},
    "grade": {"03": 33, "08": 33, "09": 34},
    **{
        flag: {"yes": share, "no": 100 - share}
        for flag, share in {
            "poor": 48,
            "learner": 12,
            "disabled": 15,
            "homeless": 3,
            "foster": 1,
            "migrant": 1,
            "military": 4,
        }.items()
    },
}
SINGLES = list(SHARES)
PAIRS = [f"{first}_x_{second}" for first, second in combinations(SINGLES, 2)]
SCHOOL_SINGLES = ["race", "gender", "poor", "learner", "disabled"]
# the default plan, and a rich one
PLANS = {
    "P4": {
        "community": [*SINGLES, *PAIRS],
        "district": SINGLES,
        "school": SCHOOL_SINGLES,
        "zip": ["race"],
        "tract": [],
    },
    "P2": {
        "community": [*SINGLES, *PAIRS],
        "district": [*SINGLES, *PAIRS],
        "school": SINGLES,
        "zip": SINGLES,
        "tract": [],
    },
}
NO_ROWS = {
    "folds": "community_id varchar, geography_level varchar, disaggregate varchar, subgroup varchar, "
    "folded_subgroup varchar",
    "coverages": "indicator_id varchar",
    "protected_last": "community_id varchar, disaggregate varchar, subgroup varchar",
    "holds": "community_id varchar, indicator_id varchar, school_year integer",
    "implications": "community_id varchar, disaggregate varchar, subgroup varchar, "
    "implied_disaggregate varchar, implied_subgroup varchar",
    "residences": "community_id varchar, school_year integer, zip_code varchar, tract_id varchar",
}


def prepare(con: duckdb.DuckDBPyConnection, children: int, indicators: int, plan: str) -> None:
    """The inputs of disclosure control: a school year of so many children and indicators."""
    from publishing.shown_values import COLUMNS

    picks = ", ".join(f"{_pick(column)} as {column}" for column in SHARES)
    con.execute(
        f"""
        create table child as
        select
            child, {picks},
            -- places of unequal size, as they are: the square of an even draw
            floor({SCHOOLS} * power({_draw("school")}, 1.3))::integer as school,
            floor({ZIPS} * power({_draw("zip")}, 1.3))::integer as zip,
            floor({TRACTS} * power({_draw("tract")}, 1.3))::integer as tract
        from range({children}) as c(child)
        """
    )
    _count(con, indicators, plan)
    con.execute(
        "create table plan as select distinct community_id, geography_level, disaggregate from source_cells"
    )
    con.execute("create table selection as select distinct community_id, indicator_id from source_cells")
    con.execute(
        "create table default_definitions as select distinct indicator_id, 'v1' as definition_version "
        "from selection"
    )
    con.execute(
        "create table school_districts as select distinct 'c' as community_id, 's' || school as school_id, "
        f"'d' || school % {DISTRICTS} as district_id from child"
    )
    con.execute(
        "create table rules as select 'c' as community_id, 10 as minimum_denominator, true as shows_bands, "
        "4 as band_smallest, 0.05::double as band_share, 'counts' as shows, "
        "null::integer as rounded_to, null::integer as rounded_under"
    )
    for table, columns in NO_ROWS.items():
        con.execute(f"create table {table} ({columns})")
    shown = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    con.execute(f"create table shown_values ({shown}); create table withdrawn (release_id varchar)")


def _count(con: duckdb.DuckDBPyConnection, indicators: int, plan: str) -> None:
    """Table source_cells: every cell of the plan, of each indicator."""
    places = {
        "community": "'c'",
        "district": f"'d' || school % {DISTRICTS}",
        "school": "'s' || school",
        "zip": "'z' || zip",
        "tract": "'t' || tract",
    }
    con.execute(
        "create table counted as select *, 'indicator_' || i as indicator_id, "
        "hash(child, i, 'result') % 100 < 8 + 11 * (i % 8) + 8 * (poor = 'yes')::integer as is_success "
        f"from child, range({indicators}) as r(i)"
    )
    parts = [
        "select 'c' as community_id, indicator_id, 'v1' as definition_version, 2025::integer as school_year, "
        f"'annual' as collection, '{level}' as geography_level, {places[level]} as geography_id, "
        f"'{disaggregate}' as disaggregate, {_subgroup(disaggregate)} as subgroup, "
        "count(*) as denominator, count(*) filter (is_success) as numerator from counted group by all"
        for level, disaggregates in PLANS[plan].items()
        for disaggregate in ("all", *disaggregates)
    ]
    con.execute("create table source_cells as " + " union all ".join(parts))


def _draw(what: str) -> str:
    return f"((hash(child, '{what}') % 1000000) / 1000000)"


def _pick(column: str) -> str:
    branches, upto = [], 0.0
    for value, share in SHARES[column].items():
        upto += share / 100
        branches.append(f"when {_draw(column)} < {upto:.6f} then '{value}'")
    return f"case {' '.join(branches)} else '{next(iter(SHARES[column]))}' end"


def _subgroup(disaggregate: str) -> str:
    return "'all'" if disaggregate == "all" else " || '|' || ".join(disaggregate.split("_x_"))


def measure(children: int, indicators: int, plan: str) -> dict[str, Any]:
    """Protect it; what was hidden, of denominators alone too, and what it took."""
    import duckdb

    from publishing.disclosure import protect

    with duckdb.connect() as con:
        con.execute("set threads = 1")
        prepare(con, children, indicators, plan)
        laps = Laps()
        report = protect(con)
        laps.lap("protect")
        (denominators,) = con.execute(
            "select count(*) filter (hidden_denominator.cell_id is not null and n >= minimum) / count(*) "
            "from cell left join hidden_denominator using (cell_id)"
        ).fetchall()[0]
    return {**asdict(report), "denominators": denominators, **laps.as_dict()["protect"]}


def compare(sizes: list[int], indicators: int, plan: str) -> None:
    """Measure each size in a process of its own, and print what came of it."""
    print(
        f"{'children':>9}{'cells':>8}{'small':>8}{'n only':>8}{'beside':>8}{'bands':>8}{'children':>10}",
        end="",
    )
    print(f"{'repairs':>9}{'tables':>8}{'s a year':>10}{'peak MB':>9}")
    for children in sizes:
        found = _in_own_process(children, indicators, plan)
        _print_size(children, indicators, found)
        if plan == "P4" and children in TARGET_SHARES:
            target = TARGET_SHARES[children]
            met = "met" if found["denominators"] <= target else "MISSED"
            print(f"{'':9}  denominators: at most {target:.0%} hidden beside others, {met}")
    print(
        "small: hidden for being small. n only: denominators hidden beside others; beside: values so hidden."
    )
    print(
        f"children: those in hidden cells. s a year: CPU seconds of a year of one (target {TARGET_SECONDS})."
    )


def _print_size(children: int, indicators: int, found: dict[str, Any]) -> None:
    cells, levels = found["cells"], found["levels"]
    hidden = sum(level["children_hidden"] for level in levels) / sum(level["children"] for level in levels)
    counts = ("hidden_primary", "hidden_complementary", "coded")
    small, beside, banded = (found[name] / cells for name in counts)
    shares = (small, found["denominators"], beside, banded)
    print(f"{children:>9,}{cells // indicators:>8,}" + "".join(f"{share:>8.1%}" for share in shares), end="")
    print(f"{hidden:>10.1%}{found['repairs']:>9}{found['tables']:>8}", end="")
    print(f"{found['cpu_seconds'] / indicators:>10.2f}{found['peak_mb']:>9,.0f}")
    for level in levels:
        beside = level["complementary"] / level["cells"]
        name, size = level["level"], level["cells"] // indicators
        print(f"{'':9}  {name:12}{size:>6,} cells, {beside:.1%} hidden beside others")


def _in_own_process(children: int, indicators: int, plan: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.disclosure", "--step", "--children", str(children)]
    done = subprocess.run(
        [*command, "--indicators", str(indicators), "--plan", plan], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{children} children failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """What the command line says to measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.disclosure", description=__doc__)
    parser.add_argument("--children", type=int, action="append", help="a year (default 50000 and 6000)")
    parser.add_argument("--indicators", type=int, default=4, help="of the same children (default 4)")
    parser.add_argument("--plan", choices=PLANS, default="P4", help="P4, the default plan, or P2, a rich one")
    parser.add_argument("--step", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(measure(asked.children[0], asked.indicators, asked.plan)))
    else:
        compare(asked.children or list(SIZES), asked.indicators, asked.plan)


if __name__ == "__main__":
    main()
