"""A schema `published` made by hand, from true numbers and which of them are hidden: what an attack is tried on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import duckdb

from publishing.attack.attack import attack
from publishing.attack.report import AttackReport

Slot = tuple[str, str, str, str]  # geography level, geography, disaggregate, subgroup
Numbers = Mapping[Slot, tuple[int, int]]  # denominator, numerator
ALL: Slot = ("community", "riverbend", "all", "all")
_TYPES = (
    "community_id varchar, indicator_id varchar, definition_version varchar, school_year integer, collection varchar, "
    "geography_level varchar, geography_id varchar, disaggregate varchar, subgroup varchar, denominator bigint, "
    "numerator bigint, value double, value_low double, value_high double, suppression varchar"
)


def of(disaggregate: str, subgroup: str, place: str = "riverbend", level: str = "community") -> Slot:
    return (level, place, disaggregate, subgroup)


@dataclass
class SmallRelease:
    """Tables are added one by one; `attacked` attacks all of them together."""

    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def __post_init__(self) -> None:
        self.con.execute("create schema published; create schema past")
        self.con.execute(f"create table published.indicator_values ({_TYPES})")
        self.con.execute(f"create table past.r0001 ({_TYPES})")
        self.con.execute(f"create table true_cells ({_TYPES})")
        self.con.execute(
            "create table published.geographies (community_id varchar, geography_level varchar, "
            "geography_id varchar, parent_level varchar, parent_id varchar)"
        )

    def place(self, level: str, place: str, parent_level: str, parent: str) -> SmallRelease:
        self.con.execute(
            "insert into published.geographies values ('riverbend', ?, ?, ?, ?)",
            [level, place, parent_level, parent],
        )
        return self

    def table(
        self,
        numbers: Numbers,
        hidden: Collection[Slot] = (),
        *,
        indicator: str = "absence",
        version: str = "v1",
        year: int = 2025,
        collection: str = "annual",
        into: str = "published.indicator_values",
    ) -> SmallRelease:
        """One table of true numbers; those near none or all are banded by the usual rule, `hidden` are NULL."""
        for slot, (n, x) in numbers.items():
            key = ("riverbend", indicator, version, year, collection, *slot)
            r = max(4, n // 20)
            told: tuple[object, ...] = (n, x, x / n if n else None, 0.0, 1.0, "")
            if slot in hidden:
                told = (None, None, None, None, None, "suppressed")
            elif x <= r:
                told = (n, None, None, 0.0, -(-100 * r // n) / 100, "coded_low")
            elif n - x <= r:
                told = (n, None, None, 1 - (-(-100 * r // n) / 100), 1.0, "coded_high")
            marks = ", ".join("?" * 15)
            if slot[3] != "unknown":
                self.con.execute(f"insert into {into} values ({marks})", [*key, *told])
            self.con.execute(f"insert into true_cells values ({marks})", [*key, n, x, None, None, None, ""])
        return self

    def change(self, sql: str) -> SmallRelease:
        self.con.execute(sql)
        return self

    def attacked(self, *, knows_rests: bool = True, past: bool = False, **options: object) -> AttackReport:
        return attack(
            self.con,
            earlier={"r0001": "past.r0001"} if past else {},
            true_cells="true_cells" if knows_rests else None,
            **options,  # type: ignore[arg-type]
        )


def found(report: AttackReport) -> set[tuple[str, str]]:
    """(subgroup, what is too open) of each finding, such as ("gender male", "denominator")."""
    return {(one.subgroup, one.how.partition(" is ")[0].removeprefix("the ")) for one in report.findings}
