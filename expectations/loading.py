"""The whole life of a delivery: read, map, judge, hold back, promote, tell the partner, write it down.

Safe to kill anywhere and to run again: everything is written whole or not at all, the ledger's line last.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Literal

import duckdb

from expectations.feedback import BadRow, bad_rows
from expectations.gate import GateResult, gate
from expectations.gate_entries import rules_of_gate_entries
from expectations.history import find_history
from expectations.known_codes import known_codes
from expectations.periods import part_of, periods_of
from expectations.quarantine import ACCEPTED, write_quarantine
from expectations.results import write_results
from expectations.rule import RuleResult
from expectations.telling import tell_partner
from ingestion.attempts import attempt
from ingestion.community import Communities
from ingestion.contract import Contract, match_file
from ingestion.delivery import Delivery
from ingestion.errors import DeliveryError, MilepostError, ReadError
from ingestion.home import Home
from ingestion.lake import promote
from ingestion.ledger import Ledger, LoadState
from ingestion.mapping import MappedTable, map_source
from ingestion.readers import read_source, read_together

MAPPED = "mapped"


@dataclass(frozen=True)
class LoadOutcome:
    """What became of a delivery. `rows` were delivered, `quarantined` of them held back.

    `unchanged`: it was in force (or had been, and was superseded or withdrawn), so nothing was written. A
    file of several school years has one outcome per year in `parts`, and is itself the gravest of them.
    """

    delivery: Delivery
    outcome: Literal["accepted", "accepted_with_quarantine", "rejected", "unchanged"]
    rows: int = 0
    quarantined: int = 0
    seconds: float = 0.0
    reason: str = ""
    results: tuple[RuleResult, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    parts: tuple[LoadOutcome, ...] = ()

    @property
    def each(self) -> tuple[LoadOutcome, ...]:
        """One outcome per school year and collection: the parts, else this one alone."""
        return self.parts or (self,)


def load_delivery(
    home: Home, communities: Communities, delivery: Delivery, *, check_only: bool = False
) -> LoadOutcome:
    """Load one delivery; see `load_file`."""
    return load_file(home, communities, [delivery], check_only=check_only)[0]


def load_file(
    home: Home,
    communities: Communities,
    deliveries: Sequence[Delivery],
    *,
    check_only: bool = False,
    at_once: int = 1,
) -> list[LoadOutcome]:
    """Load the deliveries of one landed file, one outcome each; those reading the same rows share a reading.

    A file that cannot be read or does not pass is `rejected` with one clear reason; what was in force before
    still is. Loading again what is in force changes nothing. With `check_only` nothing is written at all.
    Several threads may load files `at_once`, each keeping to its share of the memory.

    Raises ContractError where a contract's `gate:` is wrong, DeliveryError where the disk is full; neither is
    the fault of the file, so the delivery stays as it was and can be loaded again.
    """
    marked = [] if check_only else [delivery.load_id for delivery in deliveries]
    with attempt(home, marked) if marked else nullcontext(), _connection(home, at_once) as con:
        file = _File(con, communities, deliveries)
        return [_load(home, communities, file, delivery, check_only) for delivery in deliveries]


class _File:
    """One landed file, read once for all contracts that read it in the same way."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, communities: Communities, deliveries: Sequence[Delivery]
    ) -> None:
        self.con = con
        community = communities.community_of(deliveries[0].extract_id)
        name = deliveries[0].landed.as_posix()
        of_file = {c.extract_id: c for c in community.contracts.values() if match_file(c, name)}
        of_file |= {d.extract_id: communities.contracts[d.extract_id] for d in deliveries}
        self._contracts = list(of_file.values())
        self._read: dict[frozenset[str], str | ReadError] = {}

    def source(self, delivery: Delivery, contract: Contract) -> str:
        """The table of what the file holds for this contract; a file that cannot be read raises each time."""
        together = read_together(contract, self._contracts)
        key = frozenset(c.extract_id for c in together)
        if key not in self._read:
            try:
                table = f"source_{len(self._read)}"
                self._read[key] = read_source(self.con, delivery.landed, together, table=table)
            except ReadError as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, ReadError):
            raise found
        return found


def _load(
    home: Home, communities: Communities, file: _File, delivery: Delivery, check_only: bool
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
        outcome = _unreadable(delivery, error, time.perf_counter() - started)
        if not check_only:
            _write_rejected(home, communities, file.con, outcome, ledger)
        return outcome
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
    return _summary(delivery, parts)


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
    if problem := _period_problem(communities, delivery):
        outcome = _unreadable(delivery, problem, time.perf_counter() - started)
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
        return gate(con, mapped, contract, history, known_codes=codes)
    except duckdb.Error as error:
        # a database's message may quote a value, so neither it nor its cause is passed on
        kind = type(error).__name__
    raise DeliveryError(
        f"{delivery.extract_id} {delivery.period} could not be judged ({kind})",
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
            _unchanged(other)
            for other in ledger.state()
            if (other.delivery.extract_id, other.delivery.sha256, other.delivery.fingerprint)
            == (delivery.extract_id, delivery.sha256, delivery.fingerprint)
            and other.load_id != delivery.load_id
        ]
        return _summary(delivery, parts)
    return _unchanged(state)


def _unchanged(state: LoadState) -> LoadOutcome:
    if state.status == "rejected":
        return LoadOutcome(state.delivery, "rejected", state.rows or 0, reason=state.reason or "")
    quarantined = state.quarantined or 0
    reason = "" if state.in_force else f"It is {state.status}."
    return LoadOutcome(state.delivery, "unchanged", (state.rows or 0) + quarantined, quarantined, 0.0, reason)


def _summary(delivery: Delivery, parts: Sequence[LoadOutcome]) -> LoadOutcome:
    order = ("unchanged", "accepted", "accepted_with_quarantine", "rejected")
    gravest = max(parts, key=lambda part: order.index(part.outcome))
    return LoadOutcome(
        delivery=delivery,
        outcome=gravest.outcome,
        rows=sum(part.rows for part in parts),
        quarantined=sum(part.quarantined for part in parts),
        seconds=sum(part.seconds for part in parts),
        reason=" ".join(f"{part.delivery.period}: {part.reason}" for part in parts if part.reason),
        parts=tuple(parts),
    )


def _unreadable(delivery: Delivery, error: MilepostError, seconds: float) -> LoadOutcome:
    single = error.singles()
    result = RuleResult(
        rule="file_can_be_read",
        expectation="reading",
        column=None,
        severity="reject",
        passed=False,
        violations=len(single),
        share=1.0,
        explanation=" ".join(f"{_sentence(one.what)} {_sentence(one.rule)}".strip() for one in single),
        how_to_fix=" ".join(dict.fromkeys(_sentence(one.next_step) for one in single if one.next_step)),
    )
    return LoadOutcome(delivery, "rejected", seconds=seconds, reason=str(error), results=(result,))


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _period_problem(communities: Communities, delivery: Delivery) -> DeliveryError | None:
    """A file that carries its own years may carry one that the community does not take."""
    community = communities.community_of(delivery.extract_id)
    if delivery.school_year is None:
        what, step = "no row says which school year it tells of", "Fill in the column of the school year"
    elif delivery.school_year not in community.school_years:
        what = f"the school year {delivery.school_year} is outside the community's range"
        step = f"{community.name} takes {community.school_years.first} to {community.school_years.last}"
    elif delivery.collection not in community.collections:
        what = f"unknown collection '{delivery.collection}'"
        step = f"Known: {', '.join(community.collections)}"
    else:
        return None
    return DeliveryError(what, where=delivery.file_name, next_step=step)


@contextmanager
def _connection(home: Home, at_once: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory, which spills into the home and not into whatever folder the process stands in."""
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        # two databases that spill into one folder would take each other's files for their own
        own = f"{os.getpid()}-{threading.get_native_id()}"
        con.execute("set temp_directory = ?", [str(home.root / "spill" / own)])
        if at_once > 1:
            (limit,) = con.execute("select current_setting('memory_limit')").fetchall()[0]
            amount, unit = limit.split()
            con.execute("set memory_limit = ?", [f"{float(amount) / at_once}{unit}"])
        yield con


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
