"""The attack on a release, per indicator and year: `python -m benchmarks.attack --children 50000`.

Made-up children, 10 districts, 120 schools, 40 ZIP codes, 200 tracts, the usual plan; protected as a release
is, then attacked from what is left. Or `--release HOME/published/r0001`: the same of a release that is there.
Which narrow ranges harm nobody is told by the marts it was made of: the warehouse of the same home, not
refreshed since, and the vault's key. Without them such ranges are counted (`not_judged`), not found.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from benchmarks.measuring import Laps
from ingestion.sql_text import literal

if TYPE_CHECKING:
    from publishing.attack.report import AttackReport

TARGET_SECONDS = 3.0
FLAGS = {
    "economic_disadvantage": 45,
    "english_learner": 12,
    "disability": 15,
    "homelessness": 3,
    "foster_care": 1,
    "housing_assistance": 8,
    "early_learning": 40,
}
RACES = {
    "white": 48,
    "hispanic": 25,
    "black": 14,
    "asian": 6,
    "two_or_more": 4,
    "native": 1,
    "pacific": 1,
    "mena": 1,
}
SINGLES = ["race_ethnicity", "gender", *FLAGS]
PLAN = {
    "community": ["all", *SINGLES, *(f"{a}_x_{b}" for a, b in combinations(SINGLES, 2))],
    "district": ["all", *SINGLES],
    "school": ["all", "race_ethnicity", "gender", "economic_disadvantage", "english_learner", "disability"],
    "zip": ["all", "race_ethnicity"],
    "tract": ["all"],
}
PLACES = {
    "community": "'riverbend'",
    "district": "district",
    "school": "school",
    "zip": "zip",
    "tract": "tract",
}


@dataclass(frozen=True)
class Size:
    """How much is made: children a year, and indicators that count all of them."""

    children: int
    indicators: int


def make_cells(con: duckdb.DuckDBPyConnection, size: Size) -> None:
    """The inputs of disclosure control: source_cells, plan, selection, school_districts."""
    draw = "hash(child, {what!r}) % 1000 / 10.0"
    race, upto = [], 0
    for name, share in RACES.items():
        upto += share
        race.append(f"when {draw.format(what='race')} < {upto} then '{name}'")
    flags = ", ".join(
        f"if({draw.format(what=flag)} < {share}, 'yes', 'no') as {flag}" for flag, share in FLAGS.items()
    )
    con.execute(
        f"""
        create temp table child as
        select child, case {" ".join(race)} end as race_ethnicity, {flags},
            case when hash(child, 'g') % 1000 < 5 then 'nonbinary' when hash(child, 'g') % 2 = 0 then 'female'
            else 'male' end as gender,
            's' || floor(120 * pow(hash(child, 's') % 10000 / 10000.0, 1.3))::integer as school,
            'd' || (floor(120 * pow(hash(child, 's') % 10000 / 10000.0, 1.3))::integer % 10) as district,
            'z' || (hash(child, 'z') % 40) as zip, 't' || (hash(child, 't') % 200) as tract
        from range({size.children}) as c(child)
        """
    )
    parts = [
        f"select '{level}' as geography_level, {PLACES[level]} as geography_id, '{name}' as disaggregate, "
        f"{_subgroup(name)} as subgroup, indicator, count(*) as denominator, "
        "count(*) filter (is_true) as numerator "
        "from told group by all"
        for level, names in PLAN.items()
        for name in names
    ]
    con.execute(
        "create temp table source_cells as with told as (select child.*, indicator, "
        "hash(child, indicator) % 100 < 6 + 13 * (indicator % 7) + 8 * (gender = 'male')::integer as is_true "
        f"from child, range({size.indicators}) as i(indicator)) "
        "select 'riverbend' as community_id, 'indicator_' || indicator as indicator_id, "
        "'v1' as definition_version, "
        "2025 as school_year, 'annual' as collection, 'final' as data_maturity, * exclude (indicator) "
        f"from ({' union all '.join(parts)})"
    )
    con.execute(
        "create temp table plan as select distinct community_id, geography_level, disaggregate, "
        "10 as minimum_denominator from source_cells"
    )
    con.execute("create temp table selection as select distinct community_id, indicator_id from source_cells")
    con.execute(
        "create temp table school_districts as "
        "select distinct 'riverbend' as community_id, school as school_id, district as district_id from child"
    )


# the other inputs of disclosure control: the usual rules, and nothing that a community might choose
OTHER_INPUTS = """
create temp table rules as select 'riverbend' as community_id, 10 as minimum_denominator, true as shows_bands,
    4 as band_smallest, 0.05::double as band_share, 'counts' as shows, null::integer as rounded_to,
    null::integer as rounded_under;
create temp table default_definitions as select distinct indicator_id, definition_version from source_cells;
create temp table coverages (indicator_id varchar);
create temp table folds (community_id varchar, geography_level varchar, disaggregate varchar,
    subgroup varchar, folded_subgroup varchar);
create temp table protected_last (community_id varchar, disaggregate varchar, subgroup varchar);
create temp table holds (community_id varchar, indicator_id varchar, school_year integer);
create temp table implications (community_id varchar, disaggregate varchar, subgroup varchar,
    implied_disaggregate varchar, implied_subgroup varchar);
create temp table residences (community_id varchar, school_year integer, zip_code varchar, tract_id varchar,
    neighborhood varchar);
create temp table withdrawn (release_id varchar);
create temp table shown_values (community_id varchar, indicator_id varchar, definition_version varchar,
    school_year integer, collection varchar, geography_level varchar, geography_id varchar,
    disaggregate varchar, subgroup varchar, data_maturity varchar, denominator bigint, numerator bigint,
    rounded_to integer, value double, value_low double, value_high double, value_kind varchar,
    suppression varchar, first_release_id varchar, last_release_id varchar);
"""


def _subgroup(disaggregate: str) -> str:
    return "'all'" if disaggregate == "all" else " || '|' || ".join(disaggregate.split("_x_"))


def publish(con: duckdb.DuckDBPyConnection) -> None:
    """Schema published as a release would have it, of the decisions in cell_suppression."""
    con.execute("create schema published")
    con.execute(
        """
        create table published.indicator_values as
        select community_id, indicator_id, definition_version, school_year, collection, geography_level,
            geography_id, disaggregate, subgroup,
            if(suppression <> 'suppressed', cells.denominator, null) as denominator,
            if(suppression = '', cells.numerator, null) as numerator,
            if(suppression = '', cells.numerator / cells.denominator, null) as value,
            band_low as value_low, band_high as value_high, suppression
        from source_cells as cells inner join cell_suppression using (community_id, indicator_id,
            definition_version, school_year, collection, geography_level, geography_id, disaggregate,
            subgroup)
        """
    )
    con.execute(
        """
        create table published.geographies as
        select distinct community_id, geography_level, geography_id,
            if(geography_level = 'school', 'district', 'community') as parent_level,
            if(geography_level = 'school', district_id, 'riverbend') as parent_id
        from source_cells left join school_districts using (community_id)
        where geography_level <> 'community' and (geography_level <> 'school' or geography_id = school_id)
        """
    )


def measure(size: Size) -> dict[str, Any]:
    """Seconds of making, protecting and attacking, and what the attack found."""
    from publishing.attack.attack import attack
    from publishing.disclosure import protect

    with duckdb.connect(config={"threads": 2}) as con:
        laps = Laps()
        make_cells(con, size)
        con.execute(OTHER_INPUTS)
        laps.lap("cells")
        protect(con)
        publish(con)
        laps.lap("protect")
        report = attack(con, true_cells="source_cells")
        laps.lap("attack")
    return _result(report, laps)


def measure_release(folder: Path) -> dict[str, Any]:
    """The same of a folder with the Parquet files of a release, in its home; see `not_judged` above."""
    from ingestion.home import Home
    from ingestion.warehouse_file import attach_warehouse
    from publishing.attack.attack import attack
    from publishing.attack.refusal import is_built_as, true_cells_of

    folder = folder.resolve()
    home = Home(folder.parent.parent)
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("create schema published")
        for file in sorted(folder.glob("*.parquet")):
            con.execute(f"create view published.{file.stem} as from {literal(str(file))}")
        true_cells = None
        if is_built_as(home, folder.name):
            attach_warehouse(con, home)
            true_cells = true_cells_of(con)
        laps = Laps()
        report = attack(con, true_cells=true_cells)
        laps.lap("attack")
    return _result(report, laps, is_judged=true_cells is not None)


def _result(report: AttackReport, laps: Laps, *, is_judged: bool = True) -> dict[str, Any]:
    facts = {name: value for name, value in report.facts().items() if name != "units"}
    took = laps.as_dict()
    findings = [finding for finding in report.findings if is_judged or finding.kind != "range"]
    return {
        **facts,
        "findings": len(findings),
        "not_judged": len(report.findings) - len(findings),
        "kinds": sorted({finding.kind for finding in findings}),
        "cpu_seconds_per_indicator_year": round(
            took["attack"]["cpu_seconds"] / max(1, report.indicator_years), 3
        ),
        "slowest": max((unit["seconds"] for unit in report.units.values()), default=0),
        "target_seconds": TARGET_SECONDS,
        "steps": took,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attack",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--children", type=int, default=50_000)
    parser.add_argument("--indicators", type=int, default=4)
    parser.add_argument(
        "--release", type=Path, help="a release instead, HOME/published/r0001, with the marts it was made of"
    )
    options = parser.parse_args()
    size = Size(options.children, options.indicators)
    told = measure_release(options.release) if options.release else measure(size)
    if told["not_judged"]:
        print(
            f"There are no marts of {options.release} beside it: {told['not_judged']:,} narrow ranges could"
            " not be judged. Attack it in its home, before the next refresh.",
            file=sys.stderr,
        )
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
