"""A landed file as tables of a DuckDB, read once for all contracts that read it in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.changes import as_changes
from ingestion.configuration.community import Communities
from ingestion.contracts.contract import Contract, match_file
from ingestion.errors import ReadError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.ledger import Ledger
from ingestion.landing.archive_facts import ArchiveFacts
from ingestion.readers import read_source, read_together, split_together
from ingestion.sql_text import identifier


class LandedFile:
    """One landed file, read once for all contracts that read it in the same way."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        communities: Communities,
        deliveries: Sequence[Delivery],
        home: Home,
        scratch: Path,
    ) -> None:
        self.con = con
        self._scratch = scratch
        community = communities.community_of(deliveries[0].extract_id)
        name = deliveries[0].landed.as_posix()
        of_file = {c.extract_id: c for c in community.contracts.values() if match_file(c, name)}
        # a pattern may name a folder of the inbox, which landing has not: the ledger knows who took the file
        taken_in = {
            s.delivery.extract_id for s in Ledger(home.ledger).state() if _is_of(s.delivery, deliveries)
        }
        taken_in |= {delivery.extract_id for delivery in deliveries}
        of_file |= {e: communities.contracts[e] for e in sorted(taken_in & communities.contracts.keys())}
        landed = deliveries[0].landed
        # a file may be of several layouts by its name
        self._facts = {c.bundle: ArchiveFacts(landed, c, scratch) for c in of_file.values()}
        self.deltas = {e for e, contract in of_file.items() if _is_delta(self.facts(contract), contract)}
        self._contracts = [as_changes(c) if c.extract_id in self.deltas else c for c in of_file.values()]
        self._splits = split_together(self._contracts)
        self._read: dict[frozenset[str], str | ReadError] = {}
        self._n_read = 0
        self._waiting = [self.contract(delivery) for delivery in deliveries]

    def facts(self, contract: Contract) -> ArchiveFacts:
        """What the file tells of itself under this contract's layout."""
        return self._facts[contract.bundle]

    def contract(self, delivery: Delivery) -> Contract:
        """The contract a delivery is judged by: of changes alone, there may be any number."""
        return next(c for c in self._contracts if c.extract_id == delivery.extract_id)

    def source(self, delivery: Delivery, contract: Contract) -> str:
        """The table of what the file holds for this contract; a file that cannot be read raises each time."""
        together = read_together(contract, self._contracts)
        key = frozenset(c.extract_id for c in together)
        if key not in self._read:
            self._n_read += 1
            try:
                table = f"source_{self._n_read}"
                self._read[key] = read_source(
                    self.con,
                    delivery.landed,
                    together,
                    table=table,
                    scratch=self._scratch,
                    split=self._splits.get(contract.extract_id),
                )
            except ReadError as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, ReadError):
            raise found
        return found

    def done_with(self, contract: Contract) -> None:
        """Let go of what was read for a delivery of this contract, once no other one waits for it.

        What the next member is read into is then memory that is there already.
        """
        self._waiting.remove(contract)
        key = frozenset(c.extract_id for c in read_together(contract, self._contracts))
        if any(waiting.extract_id in key for waiting in self._waiting):
            return
        view = self._read.pop(key, None)
        if isinstance(view, str):
            found = self.con.execute(
                "select table_name from duckdb_tables() where starts_with(table_name, ?)", [f"_{view}_"]
            ).fetchall()
            # records of the same XML that others wait for are in tables called after the first who read it
            split_off = {table for split in self._splits.values() for table in split.tables.values()}
            self.con.execute(f"drop view {view}")
            for table in {table for (table,) in found} - split_off:
                self.con.execute(f"drop table {identifier(table)}")


def _is_delta(facts: ArchiveFacts, contract: Contract) -> bool:
    """Whether a table holds only what changed; an archive that does not tell is refused as a whole."""
    try:
        return facts.is_delta_of(contract)
    except ReadError:
        return False


def _is_of(delivery: Delivery, deliveries: Sequence[Delivery]) -> bool:
    return delivery.sha256 == deliveries[0].sha256 and delivery.community == deliveries[0].community
