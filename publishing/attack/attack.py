"""The attack: the range of every hidden number of a release, from what it publishes alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from publishing.attack.report import AttackReport, Finding
from publishing.attack.sums import write_sums, write_truth
from publishing.attack.told import read_told
from publishing.attack.twins import GUESS, NEAR, TWINS, WITHOUT_TWINS
from publishing.attack.units import Unit, UnitResult, attack_unit, read_units

if TYPE_CHECKING:
    import duckdb

WORKERS = 2


def attack(
    con: duckdb.DuckDBPyConnection,
    published: str = "published",
    *,
    earlier: Mapping[str, str] | None = None,
    ever: str | None = None,
    true_cells: str | None = None,
    kept: Mapping[str, Mapping[str, Any]] | None = None,
    guesses: bool = False,
) -> AttackReport:
    """Attack schema `published` (it may name a database too); needs indicator_values and geographies.

    `earlier` is release id -> a relation like its indicator_values, `ever` one of all that releases showed.
    `true_cells`, a relation like marts.indicator_cells, tells an attacker of a sum whether children of
    unknown group are in it, not how many; without it any sum may hold some. `kept` are `units` of an earlier
    report: what is as it was is not attacked again. With `guesses` tables that differ by a few children are
    taken to do so one way only. Makes temp tables in `con`.
    """
    from publishing.attack.naming import given_away
    from publishing.attack.outright import told_outright

    started = time.monotonic()
    read_told(con, published, earlier or {}, ever)
    findings = told_outright(con)
    write_truth(con, true_cells)
    for statement in TWINS:
        con.execute(statement.format(near=GUESS if guesses else NEAR))
    write_sums(con, published)
    findings += given_away(con)
    units = read_units(con)
    before = kept or {}
    changed = [unit for unit in units if dict(before.get(unit.name, {})).get("hash") != unit.hash]
    results = _attacked(changed)
    doubtful = [result.unit_id for result in results.values() if result.is_contradiction]
    if doubtful:
        for statement in WITHOUT_TWINS:
            con.execute(statement, {"units": doubtful})
        write_sums(con, published)
        results |= _attacked([unit for unit in read_units(con) if unit.unit_id in doubtful])
    findings += [finding for result in results.values() for finding in _named(con, result)]
    facts = {unit.name: _facts(unit, results.get(unit.name), before) for unit in units}
    return _report(con, facts, len(changed), tuple(findings), time.monotonic() - started)


def _attacked(units: list[Unit]) -> dict[str, UnitResult]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return {result.name: result for result in pool.map(attack_unit, units)}


def _facts(
    unit: Unit, result: UnitResult | None, before: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    return before[unit.name] if result is None else {"hash": unit.hash, **result.counts}


def _report(
    con: duckdb.DuckDBPyConnection,
    units: Mapping[str, Mapping[str, Any]],
    attacked: int,
    findings: tuple[Finding, ...],
    seconds: float,
) -> AttackReport:
    cells, shown, banded, hidden = con.execute(
        "select count(*), count(coalesce(numerator, value)), "
        "count(coalesce(denominator, value_low)) filter (coalesce(numerator, value) is null), "
        "count(*) filter (coalesce(denominator, numerator, value, value_low) is null) "
        "from value_row where release_id = ''"
    ).fetchall()[0]

    def least(name: str) -> float | None:
        return min((facts[name] for facts in units.values() if facts[name] is not None), default=None)

    return AttackReport(
        cells=cells,
        shown=shown,
        banded=banded,
        hidden=hidden,
        equations=sum(facts["equations"] for facts in units.values()),
        unknowns=sum(facts["unknowns"] for facts in units.values()),
        narrowest_n=least("narrowest_n"),
        narrowest_x=least("narrowest_x"),
        indicator_years=len(units),
        attacked=attacked,
        seconds=round(seconds, 2),
        findings=findings,
        units=units,
    )


def _named(con: duckdb.DuckDBPyConnection, result: UnitResult) -> list[Finding]:
    from publishing.attack.naming import name_findings

    return name_findings(con, result)
