"""Which models a refresh has to build: those whose code or data changed since they were built and tested."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.warehouse_file import attach_warehouse
from orchestration.source_files import Sources, hash_of
from orchestration.warehouse import FINGERPRINT

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# much reads the codes of all partners, who reports discipline, when some tables came, which place a school
# is and who is known though no school enrolled it, which seldom change: what they hold counts
BY_CONTENT = (
    "model.milepost.stg_codes",
    "model.milepost.stg_received",
    "model.milepost.int_discipline_coverage",
    "model.milepost.int_incomplete_years",
    "model.milepost.int_school_places",
    "model.milepost.int_unenrolled_years",
)
PUBLISHED = "published"  # the layer
VIEWS = "views that identity reads"  # beside the nodes in the record
# looked up by the rows of staging views, which have as many rows without them
JOINED = (
    "model.milepost.stg_codes",
    "model.milepost.stg_crosswalk",
    "model.milepost.stg_received",
    "source.milepost.identity.person_links",
    "source.milepost.reference.geography_changes",
)


class BuildRecord:
    """What stands in the warehouse by which inputs, kept beside it in dbt/built.json.

    A node's fingerprint is one of all the files of the manifest and of its inputs' fingerprints, down to the
    files of the lake, so a node with the fingerprint it was built by would be built to the same rows again.
    Nothing written here is believed if the warehouse file is not the one that the last build left.
    """

    def __init__(self, manifest: Mapping[str, Any], home: Home) -> None:
        self._manifest, self._home = manifest, home
        self._sources = Sources(manifest, home)
        self._built, self._contents = self._read()
        self._seen: dict[str, str] = {}

    def outdated(self) -> list[str]:
        """Models and seeds to build, of those behind the published layer, as far as one can tell before.

        Once they are built there may be more: a table that counts by what it holds turned out another.
        """
        return [node for node in self._standing if self._built.get(node) != self._built_by(node)]

    def outdated_views(self, names: Collection[str]) -> list[str]:
        """Views of these names with all that they read, unless they stand as the code does."""
        if self._built.get(VIEWS) == self._code:
            return []
        behind = {node for node in self._standing if self._node(node)["name"] in names}
        while more := {i for node in behind for i in self._inputs(node) if i in self._standing} - behind:
            behind |= more
        return sorted(behind)

    @contextmanager
    def building_views(self, nodes: Collection[str]) -> Iterator[None]:
        """As `building`, and remember that the views stand as the code does."""
        with self.building(nodes):
            yield
        self._built[VIEWS] = self._code
        self._write()

    def count(self, nodes: Collection[str]) -> int:
        """How many nodes and tests that is."""
        chosen = set(nodes)
        return len(chosen) + sum(not chosen.isdisjoint(test["depends_on"]["nodes"]) for test in self._tests)

    @contextmanager
    def building(self, nodes: Collection[str]) -> Iterator[None]:
        """Forget these nodes, and remember them if all went well; what is killed or fails is built again."""
        for node in nodes:
            self._built.pop(node, None)
        self._write()
        try:
            yield
        except BaseException:
            # or the next refresh would build the same mixture of old and new, and a test stop it again
            self._contents = {}
            with contextlib.suppress(OSError):  # what went wrong is told, not that this failed too
                self._write()
            raise
        measured = self._measured(nodes)
        self._contents |= measured
        # what the files held before the build is what it read, whatever was written meanwhile
        self._seen = {name: seen for name, seen in self._seen.items() if name.startswith("source.")}
        # what read a table that is outdated only now, by the contents of one just built, is not built yet
        early = self._with_readers(set(self.outdated()).difference(nodes)) if measured else set()
        self._built |= {node: self._built_by(node) for node in nodes if node not in early}
        self._write()

    @staticmethod
    def forget(home: Home) -> None:
        """Let the next refresh build everything."""
        home.built.unlink(missing_ok=True)

    # ---- fingerprints ------------------------------------------------------------------------------------
    @cached_property
    def _standing(self) -> list[str]:
        return [name for name in self._models if self._node(name)["fqn"][1] != PUBLISHED]

    @cached_property
    def _models(self) -> list[str]:
        nodes = self._manifest["nodes"].items()
        return [name for name, node in nodes if node["resource_type"] in ("model", "seed")]

    @cached_property
    def _tested(self) -> set[str]:
        return {node for test in self._tests for node in test["depends_on"]["nodes"]}

    @cached_property
    def _tests(self) -> list[Mapping[str, Any]]:
        return [node for node in self._manifest["nodes"].values() if node["resource_type"] == "test"]

    @property
    def _code(self) -> str:
        return str(self._manifest[FINGERPRINT])

    def _built_by(self, node: str) -> str:
        """What a node was, or would be, built by; a view that no test looks at stands as the code does."""
        is_view = self._node(node)["config"]["materialized"] == "view"
        return hash_of(node, self._code) if is_view and node not in self._tested else self._inputs_hash(node)

    def _inputs_hash(self, node: str) -> str:
        if node not in self._seen:
            raw = self._raw_sources(node)
            # rows joined to codes and persons, and there are none: new persons change nothing about that
            inputs = sorted(raw) if raw and all(map(self._sources.is_empty, raw)) else self._inputs(node)
            self._seen[node] = hash_of(node, self._code, *map(self._fingerprint, inputs))
        return self._seen[node]

    def _raw_sources(self, node: str) -> set[str]:
        """The files of the lake a staging view takes its rows from, by itself or through others like it.

        None where anything else might add rows. What tells codes and persons is joined to them and adds none.
        """
        facts = self._node(node)
        if facts["fqn"][1] != "staging" or facts["config"]["materialized"] != "view":
            return set()
        found: set[str] = set()
        for name in set(self._inputs(node)).difference(JOINED):
            is_file = name.startswith("source.")
            more = {name} if is_file and self._sources.is_of_lake(name) else set()
            more = more if is_file else self._raw_sources(name)
            if not more:
                return set()
            found |= more
        return found

    def _fingerprint(self, node: str) -> str:
        """What those who read a node have to know of it."""
        if node.startswith("source."):
            if node not in self._seen:
                self._seen[node] = self._sources.fingerprint(node)
            return self._seen[node]
        return self._contents.get(node) or self._inputs_hash(node)

    def _measured(self, nodes: Collection[str]) -> dict[str, str]:
        """A hash of the rows, in any order, of those tables among `nodes` that count by what they hold."""
        tables = [self._node(node) for node in nodes if node in BY_CONTENT]
        if not tables:
            return {}
        with working_database(self._home) as con:
            attach_warehouse(con, self._home)
            return {
                table["unique_id"]: _content(con, f"{table['schema']}.{table['alias']}") for table in tables
            }

    def _node(self, name: str) -> Mapping[str, Any]:
        node: Mapping[str, Any] = self._manifest["nodes"][name]
        return node

    def _inputs(self, node: str) -> list[str]:
        return sorted(self._node(node)["depends_on"].get("nodes", []))

    def _with_readers(self, nodes: Collection[str]) -> set[str]:
        """These nodes, and those that read them directly or through others."""
        found = set(nodes)
        while more := {n for n in self._standing if not found.isdisjoint(self._inputs(n))} - found:
            found |= more
        return found

    # ---- the file ----------------------------------------------------------------------------------------
    def _read(self) -> tuple[dict[str, str], dict[str, str]]:
        kept = _kept(self._home)
        return dict(kept.get("built", {})), dict(kept.get("contents", {}))

    def _write(self) -> None:
        warehouse = _identity(self._home.warehouse)
        _keep(self._home, {"warehouse": warehouse, "built": self._built, "contents": self._contents})


@contextmanager
def what_is_built(home: Home) -> Iterator[None]:
    """Around what writes the file of the warehouse anew with the same rows: its record stays in force."""
    before = _kept(home)
    yield
    if before and home.built.exists():
        _keep(home, before | {"warehouse": _identity(home.warehouse)})


def published_models(manifest: Mapping[str, Any]) -> list[str]:
    """The models of a release: they hold its number and time, so each refresh builds them."""
    return [
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["fqn"][1] == PUBLISHED
    ]


def _kept(home: Home) -> dict[str, Any]:
    """What is kept of the warehouse that stands there; empty where nothing is, or of another one."""
    # another writer that was killed leaves its commits beside the file, which looks as it was
    unwritten = home.warehouse.with_name(f"{home.warehouse.name}.wal")
    try:
        kept = json.loads(home.built.read_text())
        if kept["warehouse"] == _identity(home.warehouse) and not unwritten.exists():
            return {"built": dict(kept["built"]), "contents": dict(kept["contents"])}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing is known, so everything is built
    return {}


def _keep(home: Home, kept: Mapping[str, Any]) -> None:
    home.built.parent.mkdir(parents=True, exist_ok=True)
    temporary = home.built.with_suffix(".tmp")
    try:
        temporary.write_text(json.dumps(kept))
        temporary.replace(home.built)
    except OSError:  # with nothing known, everything is built
        temporary.unlink(missing_ok=True)
        BuildRecord.forget(home)
        raise


def _identity(file: Path) -> list[int] | None:
    """None is never equal to what was kept: a home without a warehouse has nothing built."""
    if not file.exists():
        return None
    stat = file.stat()
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns]


def _content(con: DuckDBPyConnection, table: str) -> str:
    sums = "sum(md5_number_lower(line)::hugeint), sum(md5_number_upper(line)::hugeint)"
    lines = f"(select t::varchar as line from warehouse.{table} as t)"
    return repr(con.execute(f"select count(*), {sums} from {lines}").fetchone())
