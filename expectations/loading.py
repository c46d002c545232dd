"""The whole life of a delivery: read, map, judge, hold back, promote, tell the partner, write it down.

Safe to kill anywhere and to run again: everything is written whole or not at all, the ledger's line last.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from expectations.changes import nothing_to_change, unchanged_files, with_unchanged
from expectations.databases import Databases
from expectations.feedback import bad_rows
from expectations.gate_entries import rules_of_gate_entries
from expectations.judging import judge, machine_fault, period_problem, told_already
from expectations.landed_file import LandedFile
from expectations.outcome import LoadOutcome, held_up, summary, unreadable
from expectations.periods import part_of, periods_of
from expectations.quarantine import ACCEPTED
from expectations.references import keep_keys, referenced_first, with_references
from expectations.verdicts import settled, stage_accepted, write_rejected
from ingestion.attempts import attempt
from ingestion.configuration.community import Communities
from ingestion.contracts.contract import Contract
from ingestion.contracts.entities import load_entities
from ingestion.errors import DeliveryError, MilepostError, ReadError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.lake import put_together_in_force
from ingestion.lake.ledger import Ledger
from ingestion.lake.swaps import Staged
from ingestion.landing.archive_contents import refuse_other_members
from ingestion.landing.removal import remove_landed
from ingestion.mapping.mapping import MappedTable, map_source
from ingestion.sql_text import identifier
from ingestion.withheld import FOUND, Kind, Rows, SharedStateId, Withheld
from ingestion.wording import visible

MAPPED = "mapped"


def load_file(
    home: Home,
    communities: Communities,
    deliveries: Sequence[Delivery],
    *,
    check_only: bool = False,
    databases: Databases | None = None,
    withheld: Withheld | None = None,
) -> list[LoadOutcome]:
    """Load the deliveries of one landed file, one outcome each; those reading the same rows share a reading.

    A file that cannot be read or does not pass is `rejected` with one clear reason; what was in force before
    still is. Deliveries of one bundle (the tables of a standard's archive) come into force together or not at
    all. Loading again what is in force changes nothing. With `check_only` nothing is written at all. Several
    threads may load files at once; each takes its own of the `databases` they share. Rows of children on the
    list `withheld` are not there for anything that follows; a file that told of one who was purged does not
    stay in landing.

    Raises ContractError where a contract's `gate:` is wrong, DeliveryError where the disk is full; neither is
    the fault of the file, so the delivery stays as it was and can be loaded again.
    """
    marked = [] if check_only else [delivery.load_id for delivery in deliveries]
    # a check leaves nothing in the home: its file landed elsewhere, in a folder that goes with it
    scratch = Home(deliveries[0].landed.parents[2]) if check_only else home
    databases = databases or Databases(scratch)
    _refuse_removed(home, deliveries)
    with attempt(home, marked) if marked else nullcontext(), databases.fresh() as con:
        file = LandedFile(con, communities, deliveries, home, scratch.spill)
        loading = _Loading(home, communities, file, check_only, withheld)
        bundles: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            contract = communities.contracts[delivery.extract_id]
            bundles.setdefault(contract.bundle or delivery.load_id, []).append(delivery)
        outcomes = [outcome for bundle in bundles.values() for outcome in loading.outcomes(bundle)]
        if "purged" in loading.kinds:
            remove_landed(home, deliveries[0].sha256)
        by_id = {outcome.delivery.load_id: outcome for outcome in outcomes}
        return [by_id[delivery.load_id] for delivery in deliveries]


def _refuse_removed(home: Home, deliveries: Sequence[Delivery]) -> None:
    """DeliveryError of a file that is to be read and does not lie in landing any more."""
    landed = deliveries[0].landed
    if not landed.exists() and not all(settled(home, delivery) for delivery in deliveries):
        raise DeliveryError(
            "the file is not in landing any more",
            where=landed.name,
            rule="A purge removes the files that tell of whom it is about; what was in force before still is",
            next_step="Ask the partner to send it again",
        )


@dataclass(frozen=True)
class _Part:
    """What became of one school year and collection of a delivery; staged where it may come into force."""

    outcome: LoadOutcome
    staged: Staged | None = None


@dataclass(frozen=True)
class _Loading:
    """One landed file on its way: what every step of a load needs."""

    home: Home
    communities: Communities
    file: LandedFile
    check_only: bool
    withheld: Withheld | None = None
    kinds: set[Kind] = field(default_factory=set)  # why children of this file were left out

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.file.con

    def outcomes(self, deliveries: Sequence[Delivery]) -> list[LoadOutcome]:
        """What became of each of these deliveries of a bundle, or of the one that stands for itself."""
        done = [None if self.check_only else settled(self.home, delivery) for delivery in deliveries]
        if all(done):
            return [outcome for outcome in done if outcome]
        if self._contract(deliveries[0]).bundle is None or self._is_single(deliveries):
            return [self._alone(delivery) for delivery in deliveries]
        return self._together(deliveries)

    def _is_single(self, deliveries: Sequence[Delivery]) -> bool:
        """Of a file that is one extract alone each school year stands for itself, layout or not."""
        return len(deliveries) == 1 and self._contract(deliveries[0]).member is None

    def _alone(self, delivery: Delivery) -> LoadOutcome:
        parts = []
        for part in self._parts(delivery, {}):
            problems = self._put_in_force([part.staged] if part.staged else [])
            parts.append(self._came_late(part, problems).outcome)
        return self._whole(delivery, parts)

    def _together(self, deliveries: Sequence[Delivery]) -> list[LoadOutcome]:
        try:
            refuse_other_members(self.file.facts(self._contract(deliveries[0])))
        except ReadError as error:
            return [self._unreadable(delivery, error, 0.0) for delivery in deliveries]
        keys: dict[str, str] = {}
        parts = {
            delivery.load_id: [*self._parts(delivery, keys)]
            for delivery in referenced_first(deliveries, self.communities.contracts)
        }
        stopping = _stopping(parts)
        if not stopping:
            staged = [part.staged for own in parts.values() for part in own if part.staged]
            problems = self._put_in_force(staged)
            parts = {load_id: [self._came_late(p, problems) for p in own] for load_id, own in parts.items()}
            stopping = _stopping(parts)
        if stopping:
            parts = {load_id: [self._held_up(p, stopping) for p in own] for load_id, own in parts.items()}
        return [self._whole(d, [part.outcome for part in parts[d.load_id]]) for d in deliveries]

    def _put_in_force(self, staged: Sequence[Staged]) -> dict[str, DeliveryError]:
        """Put these in force together, unless the same came into force while they were judged."""

        def told_since(one: Staged) -> DeliveryError | None:
            return told_already(self.home, self.communities, one.delivery, not one.event["rows"])

        return put_together_in_force(self.home, staged, told_since) if staged else {}

    def _came_late(self, part: _Part, problems: Mapping[str, DeliveryError]) -> _Part:
        """The part, rejected where something is in force by now that it may not stand beside."""
        problem = problems.get(part.outcome.delivery.load_id)
        if problem is None:
            return part
        return _Part(self._unreadable(part.outcome.delivery, problem, part.outcome.seconds))

    def _held_up(self, part: _Part, stopping: Sequence[LoadOutcome]) -> _Part:
        """A part that is not loaded either, since others of its bundle are not."""
        if part.outcome.outcome in ("rejected", "unchanged"):
            return part
        if part.staged:
            part.staged.file.unlink(missing_ok=True)
        outcome = held_up(part.outcome, stopping)
        if not self.check_only:
            write_rejected(self.home, self.communities, self.con, outcome)
        return _Part(outcome)

    def _whole(self, delivery: Delivery, parts: Sequence[LoadOutcome]) -> LoadOutcome:
        if len(parts) == 1 and parts[0].delivery == delivery:
            return parts[0]
        if not self.check_only:
            Ledger(self.home.ledger).append(delivery.event("split", rows=sum(p.rows for p in parts)))
        return summary(delivery, parts)

    def _parts(self, delivery: Delivery, keys: dict[str, str]) -> Iterator[_Part]:
        """Each school year and collection that a delivery holds, judged and, where it passed, staged.

        `keys` are the tables of keys of what the bundle holds so far; those of this delivery are added.
        """
        started = time.perf_counter()
        contract = self._contract(delivery)
        rules_of_gate_entries(contract, [*contract.columns])
        try:
            mapped = map_source(self.con, self.file.source(delivery, contract), contract, table=MAPPED)
            self._leave_out(mapped, contract, delivery.file_name)
            mapped = with_references(self.con, mapped, contract, keys)
        except SharedStateId:
            raise  # the partner's feedback would tell that one of its children is on the list
        except MilepostError as error:
            yield _Part(self._unreadable(delivery, error, time.perf_counter() - started))
            return
        except (OSError, MemoryError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise machine_fault(delivery, "read", error) from None
        periods = periods_of(self.con, mapped, delivery)
        for number, part in enumerate(periods):
            rows = part_of(self.con, mapped, part, takes_the_rest=number == len(periods) - 1)
            found = self._part(part, rows, started)
            if found.outcome.outcome != "rejected" and not found.outcome.reason:
                keep_keys(self.con, contract, keys, self._unchanged(part))
            yield found
            started = time.perf_counter()
        self.file.done_with(contract)

    def _leave_out(self, mapped: MappedTable, contract: Contract, file_name: str) -> None:
        """Take out the rows of children who are on the list; SharedStateId where it cannot be told whose."""
        entity = load_entities()[contract.entity]
        if not self.withheld or self.check_only or entity.child_column not in mapped.columns:
            return
        state_id = entity.state_id_column if entity.state_id_column in mapped.columns else None
        student = entity.child_column
        year = "school_year" if "school_year" in mapped.columns else "null"
        community = contract.community or ""
        rows = Rows(mapped.table, community, contract.partner, student, state_id, year, file_name)
        if found := self.withheld.find(self.con, rows):
            self.con.execute(
                f"delete from {mapped.table} "
                f"where {identifier(student)}::varchar in (select student from {FOUND})"
            )
            self.kinds.update(found.values())

    def _part(self, delivery: Delivery, mapped: MappedTable, started: float) -> _Part:
        if not self.check_only:
            known = settled(self.home, delivery)
            if known and (self._contract(delivery).bundle is None or known.reason):
                return _Part(known)  # what is superseded or withdrawn stays so
            if Ledger(self.home.ledger).load(delivery.load_id) is None:
                Ledger(self.home.ledger).append(delivery.event("received"))
        problem = period_problem(self.con, self.communities, delivery, mapped)
        is_empty = not self.con.execute(f"select 1 from {mapped.table} limit 1").fetchall()
        problem = problem or told_already(self.home, self.communities, delivery, is_empty)
        if delivery.extract_id in self.file.deltas:
            problem = problem or nothing_to_change(self.home, self._contract(delivery), delivery)
        if problem:
            return _Part(self._unreadable(delivery, problem, time.perf_counter() - started))
        result = judge(self.home, self.communities, self.con, delivery, mapped, self._contract(delivery))
        n_bad_rows, first = bad_rows(self.con)
        outcome = LoadOutcome(
            delivery=delivery,
            outcome=result.outcome,
            rows=result.rows,
            quarantined=result.quarantined,
            seconds=time.perf_counter() - started,
            reason=f"{visible(delivery.file_name)}: {result.reason}" if result.reason else "",
            results=result.results,
            bad_rows=tuple(first),
            n_bad_rows=n_bad_rows,
        )
        staged = None if self.check_only else self._written(outcome)
        return _Part(replace(outcome, seconds=time.perf_counter() - started), staged)

    def _written(self, outcome: LoadOutcome) -> Staged | None:
        delivery, table = outcome.delivery, ACCEPTED
        if outcome.outcome != "rejected":
            if delivery.extract_id in self.file.deltas:
                table = with_unchanged(self.con, self.home, self._contract(delivery), delivery)
            return stage_accepted(self.home, self.communities, self.con, outcome, table)
        write_rejected(self.home, self.communities, self.con, outcome, judged=True)
        return None

    def _unreadable(self, delivery: Delivery, error: MilepostError, seconds: float) -> LoadOutcome:
        outcome = unreadable(delivery, error, seconds)
        if not self.check_only:
            write_rejected(self.home, self.communities, self.con, outcome)
        return outcome

    def _unchanged(self, part: Delivery) -> list[Path]:
        """What is in force of a delivery that brings changes alone."""
        if part.extract_id not in self.file.deltas:
            return []
        return unchanged_files(self.home, self._contract(part), part)

    def _contract(self, delivery: Delivery) -> Contract:
        return self.file.contract(delivery)


def _stopping(parts: Mapping[str, Sequence[_Part]]) -> list[LoadOutcome]:
    """What of a bundle did not pass, so that nothing of it may come into force."""
    every = [part.outcome for own in parts.values() for part in own]
    return [outcome for outcome in every if outcome.outcome == "rejected"]
