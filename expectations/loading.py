"""The whole life of a delivery: read, map, judge, hold back, promote, tell the partner, write it down.

Safe to kill anywhere and to run again: everything is written whole or not at all, the ledger's line last.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import duckdb

from expectations.databases import Databases
from expectations.feedback import bad_rows
from expectations.gate import GateResult, gate
from expectations.gate_entries import rules_of_gate_entries
from expectations.hints import with_hints
from expectations.history import find_history
from expectations.known_codes import known_codes
from expectations.landed_file import LandedFile
from expectations.outcome import LoadOutcome, summary, unchanged, unreadable
from expectations.periods import part_of, periods_of
from expectations.quarantine import ACCEPTED, write_quarantine
from expectations.results import write_results
from expectations.telling import tell_partner
from ingestion.attempts import attempt
from ingestion.community import Communities
from ingestion.delivery import Delivery
from ingestion.errors import DeliveryError, MilepostError
from ingestion.file_names import YEAR_FORMS
from ingestion.home import Home
from ingestion.lake import promote
from ingestion.ledger import Ledger
from ingestion.mapping import MappedTable, map_source

MAPPED = "mapped"


def load_file(
    home: Home,
    communities: Communities,
    deliveries: Sequence[Delivery],
    *,
    check_only: bool = False,
    databases: Databases | None = None,
) -> list[LoadOutcome]:
    """Load the deliveries of one landed file, one outcome each; those reading the same rows share a reading.

    A file that cannot be read or does not pass is `rejected` with one clear reason; what was in force before
    still is. Loading again what is in force changes nothing. With `check_only` nothing is written at all.
    Several threads may load files at once; each takes its own of the `databases` they share.

    Raises ContractError where a contract's `gate:` is wrong, DeliveryError where the disk is full; neither is
    the fault of the file, so the delivery stays as it was and can be loaded again.
    """
    marked = [] if check_only else [delivery.load_id for delivery in deliveries]
    # a check leaves nothing in the home: its file landed elsewhere, in a folder that goes with it
    scratch = Home(deliveries[0].landed.parents[2]) if check_only else home
    databases = databases or Databases(scratch)
    with attempt(home, marked) if marked else nullcontext(), databases.fresh() as con:
        file = LandedFile(con, communities, deliveries, home, scratch.spill)
        return [_load(home, communities, file, delivery, check_only) for delivery in deliveries]


def _load(
    home: Home, communities: Communities, file: LandedFile, delivery: Delivery, check_only: bool
) -> LoadOutcome:
    started = time.perf_counter()
    ledger = Ledger(home.ledger)
    if not check_only and (settled := _settled(ledger, delivery)):
        return settled
    contract = communities.contracts[delivery.extract_id]
    rules_of_gate_entries(contract, [*contract.columns])
    try:
        mapped = map_source(file.con, file.source(delivery, contract), contract, table=MAPPED)
    except MilepostError as error:
        outcome = unreadable(delivery, error, time.perf_counter() - started)
        if not check_only:
            _write_rejected(home, communities, file.con, outcome, ledger)
        return outcome
    except (OSError, MemoryError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise _machine_fault(delivery, "read", error) from None
    periods = periods_of(file.con, mapped, delivery)
    parts = []
    for number, part in enumerate(periods):
        of_part = part_of(file.con, mapped, part, takes_the_rest=number == len(periods) - 1)
        parts.append(_load_part(home, communities, file.con, part, of_part, started, check_only))
        started = time.perf_counter()
    if periods == [delivery]:
        return parts[0]
    if not check_only:
        ledger.append(delivery.event("split", rows=sum(p.rows for p in parts)))
    return summary(delivery, parts)


def _load_part(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    mapped: MappedTable,
    started: float,
    check_only: bool,
) -> LoadOutcome:
    ledger = Ledger(home.ledger)
    if not check_only:
        if settled := _settled(ledger, delivery):
            return settled
        if ledger.load(delivery.load_id) is None:
            ledger.append(delivery.event("received"))
    if problem := _period_problem(communities, delivery, _has_unread_years(con, mapped)):
        outcome = unreadable(delivery, problem, time.perf_counter() - started)
        if not check_only:
            _write_rejected(home, communities, con, outcome, ledger)
        return outcome
    result = _judge(home, communities, con, delivery, mapped)
    outcome = LoadOutcome(
        delivery=delivery,
        outcome=result.outcome,
        rows=result.rows,
        quarantined=result.quarantined,
        seconds=time.perf_counter() - started,
        reason=f"{delivery.file_name}: {result.reason}" if result.reason else "",
        results=result.results,
        bad_rows=tuple(bad_rows(con)[1]),
    )
    if not check_only:
        _write(home, communities, con, outcome, ledger)
    return replace(outcome, seconds=time.perf_counter() - started)


def _judge(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    mapped: MappedTable,
) -> GateResult:
    community = communities.community_of(delivery.extract_id)
    contract = communities.contracts[delivery.extract_id]
    assert delivery.school_year is not None
    try:
        history = find_history(con, home, delivery)
        codes = known_codes(community, contract, delivery.school_year)
        judged = gate(con, mapped, contract, history, known_codes=codes)
        return replace(judged, results=with_hints(con, mapped, contract, judged.results))
    except duckdb.Error as error:
        raise _machine_fault(delivery, "judged", error) from None


def _machine_fault(delivery: Delivery, what: str, error: BaseException) -> DeliveryError:
    """Nothing is wrong with the file as far as is known; only the kind of error is told."""
    return DeliveryError(
        f"{delivery.extract_id} {delivery.period} could not be {what} ({type(error).__name__})",
        where=delivery.file_name,
        rule="What was in force before still is",
        next_step="See to free memory and disk space, then load it again",
    )


def _write(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    outcome: LoadOutcome,
    ledger: Ledger,
) -> None:
    """Everything that follows from a verdict; lake and ledger last, so that a kill before is made good."""
    if outcome.outcome == "rejected":
        _write_rejected(home, communities, con, outcome, ledger, judged=True)
        return
    assert outcome.outcome != "unchanged"
    with _disk(outcome.delivery):
        _write_verdict(home, communities, con, outcome, judged=True)
        if outcome.quarantined:
            write_quarantine(con, home.quarantine_file(outcome.delivery.entity, outcome.delivery.load_id))
    promote(
        home,
        con,
        ACCEPTED,
        outcome.delivery,
        outcome=outcome.outcome,
        quarantined=outcome.quarantined,
        seconds=round(outcome.seconds, 3),
    )


def _write_rejected(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    outcome: LoadOutcome,
    ledger: Ledger,
    *,
    judged: bool = False,
) -> None:
    with _disk(outcome.delivery):
        _write_verdict(home, communities, con, outcome, judged=judged)
    known = ledger.load(outcome.delivery.load_id)
    if known and known.status == "rejected" and known.reason == outcome.reason:
        return
    ledger.append(
        outcome.delivery.event(
            "rejected",
            rows=outcome.rows,
            quarantined=outcome.quarantined,
            reason=outcome.reason,
            seconds=round(outcome.seconds, 3),
        )
    )


def _write_verdict(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    outcome: LoadOutcome,
    *,
    judged: bool,
) -> None:
    delivery = outcome.delivery
    write_results(
        con,
        home.gate_file(delivery.load_id),
        load_id=delivery.load_id,
        extract_id=delivery.extract_id,
        rows=outcome.rows,
        results=outcome.results,
    )
    tell_partner(home, communities, outcome, con if judged else None)


def _settled(ledger: Ledger, delivery: Delivery) -> LoadOutcome | None:
    """The outcome of a delivery that is in force or was: nothing is to be done about it again."""
    state = ledger.load(delivery.load_id)
    if state is None or state.status in ("received", "rejected", "outdated"):
        return None
    if state.status == "split":
        parts = [
            unchanged(other)
            for other in ledger.state()
            if (other.delivery.extract_id, other.delivery.sha256, other.delivery.fingerprint)
            == (delivery.extract_id, delivery.sha256, delivery.fingerprint)
            and other.load_id != delivery.load_id
        ]
        return summary(delivery, parts)
    return unchanged(state)


def _has_unread_years(con: duckdb.DuckDBPyConnection, mapped: MappedTable) -> bool:
    flag = mapped.unparsed.get("school_year")
    return bool(flag and con.execute(f"select 1 from {mapped.table} where {flag} limit 1").fetchall())


def _period_problem(
    communities: Communities, delivery: Delivery, has_unread_years: bool
) -> DeliveryError | None:
    """A file that carries its own years may carry one that the community does not take."""
    community = communities.community_of(delivery.extract_id)
    rule = ""
    if delivery.school_year is None and has_unread_years:
        what, rule = "the school year of no row can be read", f"It is written {YEAR_FORMS}"
        step = "Correct the column, or turn it into such a form with `school_year: {sql: ...}`"
    elif delivery.school_year is None:
        what, step = "no row says which school year it tells of", "Fill in the column of the school year"
    elif delivery.school_year not in community.school_years:
        what = f"the school year {delivery.school_year} is outside the community's range"
        rule = f"{community.name} takes {community.school_years.first} to {community.school_years.last}"
        step = "Leave out the rows of other years, or widen school_years in community.yml"
    elif delivery.collection not in community.collections:
        what = f"unknown collection '{delivery.collection}'"
        rule = f"Known are {', '.join(community.collections)}"
        step = "Correct the column of the collection, or add it to collections in community.yml"
    else:
        return None
    return DeliveryError(what, where=delivery.file_name, rule=rule, next_step=step)


@contextmanager
def _disk(delivery: Delivery) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise DeliveryError(
            f"what the gate found could not be written ({type(error).__name__})",
            where=delivery.file_name,
            rule="What was in force before still is",
            next_step="See to free disk space and the rights of MILEPOST_HOME, then load it again",
        ) from None
