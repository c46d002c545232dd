"""Every place below MILEPOST_HOME, so that no other file spells a path."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folder a deployment's data lives in; properties give its places, nothing is created until asked."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The home named by MILEPOST_HOME, else `.milepost` in the current folder, as an absolute path."""
        return cls(Path(os.environ.get("MILEPOST_HOME") or ".milepost").absolute())

    def create(self) -> "Home":
        """Make the folders that must be there before anything is received; for its owner's eyes alone."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.inbox, self.landing, self.raw, self.staged, self.superseded, self.reference):
            folder.mkdir(parents=True, exist_ok=True)
        return self

    # ---- arriving --------------------------------------------------------------------------------
    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def fetching(self) -> Path:
        """What is being fetched from sources: files not whole yet, a folder per source."""
        return self.root / "fetching"

    def fetched(self, source: str) -> Path:
        """What was fetched from a source: a line per file, the last one of a name holds."""
        return self.root / "fetched" / f"{source}.jsonl"

    def kept(self, source: str) -> Path:
        """Records of the last complete fetch of a source that tells its changes, to apply them to."""
        return self.root / "kept" / source

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.jsonl"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def load_attempts(self) -> Path:
        """A mark per delivery that is being loaded, or was when its process was killed."""
        return self.locks / "attempts"

    def landed_file(self, sha256: str, file_name: str) -> Path:
        return self.landing / sha256 / file_name

    # ---- the lake --------------------------------------------------------------------------------
    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def staged(self) -> Path:
        return self.root / "staged"

    @property
    def superseded(self) -> Path:
        return self.root / "superseded"

    @property
    def spill(self) -> Path:
        """Where loads unpack files and put aside what does not fit into memory; folders, gone with them."""
        return self.root / "spill"

    @property
    def snapshot(self) -> "Home":
        """What a build reads: the lake and the ledger as they were at one moment, laid out as in a home."""
        return Home(self.root / "snapshot")

    @property
    def deliveries(self) -> Path:
        """In a snapshot: what became of every delivery, as a table."""
        return self.root / "deliveries.parquet"

    @property
    def left_out(self) -> Path:
        """In a snapshot: extracts that were left out of it, and why."""
        return self.root / "left_out.json"

    @property
    def snapshot_is_published(self) -> Path:
        """The mark that a release was made from the snapshot."""
        return self.snapshot.root / "published"

    def raw_file(self, entity: str, extract_id: str, school_year: int, collection: str) -> Path:
        return self.raw / entity / extract_id / f"{school_year}-{collection}.parquet"

    def empty_raw_file(self, entity: str) -> Path:
        return self.raw / entity / "empty.parquet"

    def staged_file(self, load_id: str) -> Path:
        return self.staged / f"{load_id}.parquet"

    @property
    def swaps(self) -> Path:
        """What is coming into force together at this moment; only a kill leaves it."""
        return self.staged / "swaps.json"

    def superseded_file(self, load_id: str) -> Path:
        return self.superseded / f"{load_id}.parquet"

    # ---- the gate --------------------------------------------------------------------------------
    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def gate(self) -> Path:
        return self.root / "gate"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    def quarantine_file(self, entity: str, load_id: str) -> Path:
        return self.quarantine / entity / f"{load_id}.parquet"

    def gate_file(self, load_id: str) -> Path:
        return self.gate / f"{load_id}.parquet"

    def feedback_page(self, partner: str, load_id: str) -> Path:
        return self.feedback / partner / f"{load_id}.html"

    def feedback_csv(self, partner: str, load_id: str) -> Path:
        return self.feedback / partner / f"{load_id}.csv"

    def feedback_list(self, partner: str, name: str) -> Path:
        """A list of a partner's own numbers; which there are stands in identity/feedback_lists.py."""
        return self.feedback / partner / f"{name}.csv"

    # ---- configuration, people, disclosure -------------------------------------------------------
    @property
    def reference(self) -> Path:
        return self.root / "reference"

    def reference_file(self, table: str) -> Path:
        return self.reference / f"{table}.parquet"

    @property
    def identity(self) -> Path:
        return self.root / "identity"

    @property
    def person_links(self) -> Path:
        return self.identity / "person_links.parquet"

    @property
    def vault(self) -> Path:
        return self.identity / "vault.duckdb"

    @property
    def opt_outs(self) -> Path:
        """Who is left out of everything, by keyed hashes; the key is sealed beside it with the vault's."""
        return self.identity / "opt_outs.jsonl"

    @property
    def opt_outs_key(self) -> Path:
        return self.identity / "opt_outs.key"

    @property
    def kept_out(self) -> Path:
        """The version of the list of opt-outs that the lake was last gone through with."""
        return self.identity / "opt_outs.done"

    @property
    def vault_made(self) -> Path:
        """The mark that there was a vault, so that its loss is seen."""
        return self.identity / "vault.made"

    @property
    def address_keys(self) -> Path:
        return self.identity / "address_keys.parquet"

    @property
    def place_links(self) -> Path:
        """The place of every account of an organization or a site."""
        return self.identity / "place_links.parquet"

    @property
    def places(self) -> Path:
        return self.identity / "places.parquet"

    @property
    def place_pairs(self) -> Path:
        """Pairs of accounts that may be one place, for people to decide."""
        return self.identity / "place_pairs.parquet"

    @property
    def place_registry(self) -> Path:
        """Every id that an account of a place ever had: kept, for nothing else knows."""
        return self.identity / "place_registry.parquet"

    @property
    def place_aliases(self) -> Path:
        """Ids that are no more, and which place each is now."""
        return self.identity / "place_aliases.parquet"

    @property
    def places_made_of(self) -> Path:
        """What the places were linked from, to see that nothing changed."""
        return self.identity / "places.json"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def person_id_key(self) -> Path:
        return self.keys / "person_id.key"

    # ---- warehouse and releases ------------------------------------------------------------------
    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def current_database(self) -> Path:
        return self.published / "current.duckdb"

    @property
    def current_release(self) -> Path:
        return self.published / "current"

    def release_folder(self, release_id: str) -> Path:
        return self.published / release_id

    @property
    def shown_values(self) -> Path:
        """Every value that a release ever showed; beside the releases, of which only the last are kept."""
        return self.published / "shown_values.parquet"

    @property
    def shown_programs(self) -> Path:
        """Every result of a program that a release ever showed."""
        return self.published / "shown_programs.parquet"

    @property
    def withdrawn_releases(self) -> Path:
        """Releases out of force, where nobody reads them by mistake."""
        return self.published / "withdrawn"

    @property
    def released(self) -> Path:
        """What later releases are compared with, a folder per release; it holds counts nobody may see."""
        return self.root / "released"

    def released_folder(self, release_id: str) -> Path:
        return self.released / release_id

    @property
    def access_log(self) -> Path:
        """Who released, exported, purged or asked what: a line each, only ever appended to."""
        return self.root / "access.jsonl"

    @property
    def receipts(self) -> Path:
        """What was purged, when, by whom, and what a search of the home found afterwards."""
        return self.root / "receipts"

    # ---- tools -----------------------------------------------------------------------------------
    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def superset(self) -> Path:
        """Superset's own database, key and log."""
        return self.root / "superset"

    @property
    def dbt_target(self) -> Path:
        return self.root / "dbt" / "target"

    @property
    def built(self) -> Path:
        """What stands in the warehouse, and by which inputs it was built."""
        return self.root / "dbt" / "built.json"

    @property
    def dbt_logs(self) -> Path:
        return self.root / "dbt" / "logs"
