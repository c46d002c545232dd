"""What earlier deliveries say about this one: its size, how full its columns are, who is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from expectations.labels import label_of
from expectations.located import LOOKED_AT, has_broken_lines
from expectations.rule import RuleResult, Severity
from ingestion.contracts.contract import Contract
from ingestion.lake.ledger import Ledger
from ingestion.readers.records import LINE_IS_BROKEN
from ingestion.sql_text import identifier, literal
from ingestion.state_ids import MOST_STUDENTS, is_nobodys
from ingestion.wording import counted

if TYPE_CHECKING:
    from ingestion.home import Home
    from ingestion.landing.receive import Delivery

NULL_SHARE_RISE = 0.20  # a column may be emptier than in the earlier delivery by this share of the rows
STATE_IDS_REJECT = 0.50  # a column of ids of which most are none is not that column
# so few rows are a class, not an export that went wrong: of 24 rows 30 % is a move of eight children
FEW_ROWS = 20
ROSTER_WARN, ROSTER_REJECT = 0.95, 0.50  # share of children that the roster of the same year must know
FIRST = "There is no earlier delivery to compare with."


@dataclass(frozen=True)
class Roster:
    """A raw file, and its column of all the children that a partner has in a school year."""

    file: Path
    column: str = "student_id"


@dataclass(frozen=True)
class History:
    """Facts of the last accepted delivery of the same extract and collection, and this year's roster."""

    school_year: int | None = None
    rows: int | None = None
    null_shares: Mapping[str, float] = field(default_factory=dict)
    roster: tuple[Roster, ...] = ()


NO_HISTORY = History()


def find_history(
    con: duckdb.DuckDBPyConnection, home: Home, delivery: Delivery, contracts: Mapping[str, Contract]
) -> History:
    """What is in force in the raw lake: the latest earlier year of the extract, and the partner's roster."""
    roster = _roster(home, delivery, contracts)
    earlier = _earlier(home, delivery)
    if earlier is None:
        return History(roster=roster)
    school_year, path = earlier
    (load_id,) = con.execute("select any_value(_load_id) from read_parquet(?)", [str(path)]).fetchall()[0]
    rows, null_shares = _as_delivered(con, home, delivery.entity, load_id, path)
    return History(school_year, rows, null_shares, roster)


def _as_delivered(
    con: duckdb.DuckDBPyConnection, home: Home, entity: str, load_id: str | None, raw: Path
) -> tuple[int, dict[str, float]]:
    """Rows and shares of empty cells of a delivery as it was sent, accepted and held back together.

    That is what they are compared with; the ledger knows the rows, the gate's own record the shares.
    """
    facts, held = home.gate_file(load_id or ""), home.quarantine_file(entity, load_id or "")
    state = Ledger(home.ledger).load(load_id) if load_id else None
    if facts.exists():
        recorded = con.execute(
            "select rows, column_name, share from read_parquet(?)"
            " where expectation in ('history_row_count', 'history_null_share')",
            [str(facts)],
        ).fetchall()
        rows, null_shares = recorded[0][0], {column: share for _, column, share in recorded if column}
    else:
        rows, null_shares = _facts_of_files(con, [raw, *([held] if held.exists() else [])])
    if state and state.outcome:
        rows = (state.rows or 0) + (state.quarantined or 0)
    return rows, null_shares


def _earlier(home: Home, delivery: Delivery) -> tuple[int, Path] | None:
    folder = home.raw / delivery.entity / delivery.extract_id
    years = [
        (int(path.stem.split("-", 1)[0]), path)
        for path in folder.glob(f"*-{delivery.collection}.parquet")
        if path.stem.split("-", 1)[1] == delivery.collection
    ]
    assert delivery.school_year is not None
    before = delivery.school_year
    return max((found for found in years if found[0] < before), default=None)


def _roster(home: Home, delivery: Delivery, contracts: Mapping[str, Contract]) -> tuple[Roster, ...]:
    """The partner's rosters of this school year: of the same collection if there is one, else of all.

    A standard's delivery that has persons of its own is about these, and is compared with no other roster.
    """
    own = contracts[delivery.extract_id]
    of_partner = [one for one in contracts.values() if one.partner == own.partner]
    if own.bundle and any(one.bundle == own.bundle and one.canonical.roster_column for one in of_partner):
        return ()
    folders = {
        home.raw / one.entity / one.extract_id: one.canonical.roster_column
        for one in of_partner
        if one.is_roster
    }
    every = [
        Roster(file, column)
        for folder, column in folders.items()
        if column
        for file in folder.glob(f"{delivery.school_year}-*.parquet")
    ]
    same = [one for one in every if one.file.stem == delivery.period]
    return tuple(same or every)


def _facts_of_files(con: duckdb.DuckDBPyConnection, paths: list[Path]) -> tuple[int, dict[str, float]]:
    source = f"read_parquet({literal([str(path) for path in paths])}, union_by_name = true)"
    columns = con.read_parquet(str(paths[0])).columns
    return _null_facts(con, source, columns, {})


def _null_facts(
    con: duckdb.DuckDBPyConnection,
    source: str,
    columns: list[str],
    unparsed: Mapping[str, str],
    is_broken: str | None = None,
) -> tuple[int, dict[str, float]]:
    """Rows, and the share of empty cells per column; one that held what could not be read was not empty."""

    def is_filled(column: str) -> str:
        flags = [identifier(unparsed[column])] if column in unparsed else []
        flags += [is_broken] if is_broken else []
        if not flags:
            return f"count({identifier(column)})"
        return f"count(*) filter ({identifier(column)} is not null or {' or '.join(flags)})"

    counts = ", ".join(map(is_filled, columns))
    rows, *present = con.execute(f"select count(*), {counts} from {source}").fetchall()[0]
    return rows, {c: (rows - n) / rows if rows else 0.0 for c, n in zip(columns, present, strict=True)}


def history_results(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    history: History,
    rows: int,
    unparsed: Mapping[str, str],
) -> list[RuleResult]:
    """The history rules; with nothing to compare with they hold, and record this delivery's facts.

    `unparsed` names the hidden columns that tell what could not be read from what was empty.
    """
    there = con.table(LOOKED_AT).columns
    columns = [name for name in contract.columns if name in there]
    is_broken = LINE_IS_BROKEN if has_broken_lines(con) else None
    _, null_shares = _null_facts(con, LOOKED_AT, columns, unparsed, is_broken)
    results = [_row_count(contract, history, rows)]
    results += _null_share_results(contract, history, null_shares, rows)
    if "student_id" in columns and contract.entity != "person":
        results.append(_known_children(con, history))
    if "state_student_id" in columns and "student_id" in columns:
        results.append(_state_ids(con, contract))
    return results


def _row_count(contract: Contract, history: History, rows: int) -> RuleResult:
    allowed = contract.tolerance.year_over_year
    change = (rows - history.rows) / history.rows if history.rows else 0.0
    changed = abs(rows - history.rows) if history.rows else 0
    # in whole rows, so that a change of exactly the tolerance holds
    is_alike = not history.rows or changed <= round(allowed * history.rows, 6)
    compared = FIRST
    if history.rows:
        word = "fewer" if change < 0 else "more"
        compared = (
            f"The file has {counted(rows, 'row')}, {abs(change):.1%} {word} than the {history.rows:,} of"
            f" {history.school_year}; a change of at most {allowed:.0%} is expected."
        )
    return RuleResult(
        rule="row_count_is_like_last_time",
        expectation="history_row_count",
        column=None,
        severity="warn" if not is_alike and changed < FEW_ROWS else "reject",
        passed=is_alike,
        violations=changed,
        share=abs(change),
        explanation=compared,
        how_to_fix=(
            "Check that the export covers the whole school year and every school. If the change is real,"
            " tell us."
        ),
        advice="If the change is confirmed, widen `tolerance: {year_over_year: ...}` of the contract.",
    )


def _null_share_results(
    contract: Contract, history: History, null_shares: Mapping[str, float], rows: int
) -> Iterator[RuleResult]:
    for name, share in null_shares.items():
        before = history.null_shares.get(name)
        label = label_of(contract, name)
        severity: Severity = "reject" if contract.columns[name].required else "warn"
        compared = FIRST
        if before is not None:
            compared = f"{share:.1%} of {label} is empty, {before:.1%} was in {history.school_year}."
        yield RuleResult(
            rule=f"{name}_is_as_full_as_last_time",
            expectation="history_null_share",
            column=name,
            severity=severity,
            passed=before is None or round(share - before, 9) <= NULL_SHARE_RISE,
            violations=round(share * rows),
            share=share,
            explanation=compared,
            how_to_fix=f"Check that the export still fills {label}, and that its header has not changed.",
        )


def _state_ids(con: duckdb.DuckDBPyConnection, contract: Contract) -> RuleResult:
    """Children linked by an id that is none would become one child."""
    children, refused = con.execute(
        f"""
        with ids as (
            select distinct student_id, trim(state_student_id) as id from {LOOKED_AT}
            where student_id is not null and trim(state_student_id) <> ''
        ),
        refused as (
            select id from ids group by id having {is_nobodys("id", "count(*)")}
        )
        select count(*), count(*) filter (where id in (from refused)) from ids
        """
    ).fetchall()[0]
    share = refused / children if children else 0.0
    label = label_of(contract, "state_student_id")
    return RuleResult(
        rule="state_ids_are_of_one_child_each",
        expectation="history_state_ids",
        column="state_student_id",
        severity="reject" if share > STATE_IDS_REJECT else "warn",
        passed=not refused,
        violations=refused,
        share=share,
        explanation=(
            f"{counted(refused, 'child has', 'children have')} in {label} a placeholder, or an id that more"
            f" than {MOST_STUDENTS} children share; such ids link nobody."
        ),
        how_to_fix=f"Send each child's own id in {label}; leave the cell empty where it is not known.",
    )


def _known_children(con: duckdb.DuckDBPyConnection, history: History) -> RuleResult:
    children = unknown = 0
    explanation = "There is no roster of this school year to compare with."
    if history.roster:
        known_ids = " union all ".join(
            f"select {identifier(one.column)} as id from read_parquet({literal(str(one.file))})"
            for one in history.roster
        )
        children, unknown = con.execute(
            f"""
            with children as (select distinct student_id from {LOOKED_AT} where student_id is not null)
            select count(*), count(*) filter (where student_id not in (
                select id from ({known_ids}) where id is not null
            )) from children
            """
        ).fetchall()[0]
        of_all = f"{unknown:,} of {counted(children, 'child', 'children')} in this file"
        explanation = f"{of_all} {'is' if unknown == 1 else 'are'} not in the roster of the same year."
    known = 1 - unknown / children if children else 1.0
    return RuleResult(
        rule="children_are_on_the_roster",
        expectation="history_roster_share",
        column="student_id",
        severity="reject" if known < ROSTER_REJECT else "warn",
        passed=known >= ROSTER_WARN,
        violations=unknown,
        share=1 - known,
        explanation=explanation,
        how_to_fix="Check that both files come from the same system, school year and id column.",
    )
