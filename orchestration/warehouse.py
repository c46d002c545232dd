"""dbt as Dagster assets, run in this process: prepared manifest, models and tests, released file."""

import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

# not in the package's public names; the versions are pinned together and a test runs a build
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from ingestion.contracts.entities import LAYOUTS
from ingestion.errors import MilepostError
from ingestion.home import Home
from orchestration.notification import told_without_values, without_values
from orchestration.progress import Progress
from orchestration.settings import OWNERS
from publishing.dbt_project import DBT_PROJECT

HASHED_FOLDERS = ("models", "macros", "seeds", "tests", "snapshots")
FINGERPRINT = "milepost_fingerprint"  # our own key of the manifest, beside dbt's
CHOSEN = "milepost_chosen"  # a tag, in the manifest of a single run
OF_PYTHON_MODELS = ("publishing/disclosure/*.py", "publishing/propensity*.py")
FAILED = ("error", "fail", "runtime error", "skipped", "partial success")
MODELS_RESULTS = ("LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult")


class Translator(DagsterDbtTranslator):
    """Only what the manifest cannot say: folder = schema = key prefix = group, and who owns it."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([_layer(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return _layer(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return list(super().get_owners(dbt_resource_props) or OWNERS)


TRANSLATOR = Translator(DagsterDbtTranslatorSettings())


def _layer(props: Mapping[str, Any]) -> str:
    if props["resource_type"] == "source":
        return str(props["source_name"])
    return "codes" if props["resource_type"] == "seed" else str(props["fqn"][1])


# ---- the manifest ----------------------------------------------------------------------------------------
def prepared_manifest(project: Path = DBT_PROJECT) -> dict[str, Any]:
    """dbt's manifest of the project as it stands, and under FINGERPRINT a hash of the files it was made of.

    It is parsed anew only when one of them changed. The list of registered indicators and what the entities
    say is written first, since macros and sources hold it. The manifest does not depend on the home: sources
    are relative paths, so all homes share it.
    """
    from filelock import FileLock

    target = project / "target"
    target.mkdir(exist_ok=True)
    manifest, stamp = target / "manifest.json", target / "manifest.key"
    with FileLock(target / "manifest.lock"):
        key = project_fingerprint(project)
        if not manifest.exists() or not stamp.exists() or stamp.read_text() != key:
            from publishing.entity_files import write_entity_files
            from publishing.registry_tables import write_union_macro

            stamp.unlink(missing_ok=True)
            write_union_macro(project)
            write_entity_files(project)
            _parse(project, target)
            stamp.write_text(key)
        content: dict[str, Any] = json.loads(manifest.read_bytes())
    return content | {FINGERPRINT: key}


def project_fingerprint(project: Path) -> str:
    """A hash of every file dbt reads or that one is written from, and of the versions of dbt and DuckDB."""
    from importlib.metadata import version

    digest = hashlib.sha256(
        " ".join(map(version, ("dbt-core", "dbt-duckdb", "duckdb", "dagster-dbt"))).encode()
    )
    inside = [path for folder in HASHED_FOLDERS for path in (project / folder).glob("**/*") if path.is_file()]
    written = [path for path in inside if path.parent.name != "generated"]
    named = {path.relative_to(project): path for path in (*project.glob("*.yml"), *written)}
    # what a model of Python does is code of the project too
    root = DBT_PROJECT.parent
    named |= {path.relative_to(root): path for pattern in OF_PYTHON_MODELS for path in root.glob(pattern)}
    named |= {path.relative_to(LAYOUTS.parent): path for path in LAYOUTS.parent.glob("**/*.yml")}
    for name, path in sorted(named.items()):
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _parse(project: Path, target: Path) -> None:
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(["parse", *_arguments(project, target)])
    if not result.success:
        reason = str(result.exception or "dbt parse failed").strip()
        raise MilepostError(
            "The dbt project does not parse",
            where=str(project),
            rule=reason,
            next_step="Mend the file named above, then run again",
        )


def _arguments(project: Path, target: Path) -> list[str]:
    return [
        *("--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target)),
        # dbt's own log would repeat the database's messages, and they quote the records they fail on
        *("--log-level", "none", "--log-level-file", "none", "--log-path", str(target.parent / "logs")),
        *("--quiet", "--no-use-colors", "--no-version-check", "--no-send-anonymous-usage-stats"),
    ]


# ---- running ---------------------------------------------------------------------------------------------
@contextmanager
def released_warehouse() -> Iterator[None]:
    """dbt-duckdb keeps the file open, so locked, after a run; let go, so that the next step can open it."""
    try:
        yield
    finally:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager as Connections

        if Connections._ENV:
            Connections._ENV.close()
        Connections.close_all_connections()


@dataclass(frozen=True)
class Selection:
    """What dbt is to build: its arguments, how many results will come, and the nodes tagged as CHOSEN."""

    arguments: Sequence[str]
    total: int
    tagged: Collection[str] = ()


def selection_of(nodes: Collection[str], total: int, *more: str) -> Selection:
    """These nodes and the tests on them, by one tag: dbt compares each name it is given with every node."""
    return Selection(("--select", f"tag:{CHOSEN}", *more), total, nodes)


def build(
    context: dg.OpExecutionContext | dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    home: Home,
    progress: Progress,
    step: str,
    selection: Selection,
) -> Iterator[Any]:
    """Build the selected models and run their tests in this process, then hand each result on.

    A failed test of severity error fails the step after everything that does not depend on it was built: what
    comes after, publication above all, does not run.
    """
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import msg_to_dict

    command = [
        *("build", *selection.arguments),
        *("--exclude-resource-type", "unit_test"),  # they test the code, so they run with the code's tests
        "--full-refresh",  # or a seed keeps the columns it had in a version before
        "--no-write-json",  # the manifest again, at every build, for nobody: 1 to 2 s
        *("--vars", json.dumps({"project_hash": manifest[FINGERPRINT]})),
        *_arguments(DBT_PROJECT, home.dbt_target),
    ]
    results: list[Any] = []

    def keep(event: Any) -> None:
        if event.info.name in MODELS_RESULTS:  # one of a hundred
            results.append(event)
            with suppress(OSError):  # of a terminal that is gone: dbt would wait for this thread without end
                progress.building(step, min(len(results), selection.total), selection.total)
        elif event.info.level == "error":
            results.append(event)

    # a runner alters its manifest, so each gets its own
    with released_warehouse():
        own = own_copy(manifest, selection.tagged)
        result = dbtRunner(manifest=own, callbacks=[keep]).invoke(command)
    # told afterwards: between dbt's own threads, Dagster's bookkeeping costs both of them twice the time
    for event in results:
        if event.info.level == "error":
            context.log.error(without_values(event.info.msg))
        if event.info.name in MODELS_RESULTS:
            message = DbtCoreCliEventMessage(raw_event=msg_to_dict(event), event_history_metadata={})
            yield from message.to_default_asset_events(manifest, TRANSLATOR, context)
    _raise_failures(result)


def own_copy(manifest: Mapping[str, Any], tagged: Collection[str]) -> Any:
    """A manifest for one runner, in which some nodes are tagged as CHOSEN."""
    from dbt.contracts.graph.manifest import Manifest

    copied = deepcopy(dict(manifest))
    for node in tagged:
        copied["nodes"][node]["tags"].append(CHOSEN)
    # not from_writable_manifest: it loses what generic tests keep beside their declared fields
    return Manifest.from_dict(copied)


def _raise_failures(result: Any) -> None:
    nodes = getattr(result.result, "results", None) or []
    broken = {r.node.name: without_values(r.message or str(r.status)) for r in nodes if r.status in FAILED}
    own = {r.node.name: broken[r.node.name] for r in nodes if r.status in FAILED[:3]} or broken
    if own or (result.exception and not nodes):
        reason = "; ".join(f"{name}: {message}" for name, message in list(own.items())[:5])
        raise dg.Failure(
            f"dbt: {len(own)} failed, {len(broken) - len(own)} skipped. "
            + (reason or type(result.exception).__name__),
            {name: dg.MetadataValue.text(message) for name, message in own.items()},
            allow_retries=False,
        )


# ---- the assets ------------------------------------------------------------------------------------------
def warehouse_assets(manifest: dict[str, Any], home: Home) -> dg.AssetsDefinition:
    """All models and seeds with their tests, for single assets from the UI; `refresh` has its own steps."""

    @dbt_assets(
        manifest=manifest,
        name="warehouse",
        dagster_dbt_translator=TRANSLATOR,
        required_resource_keys={"writer", "progress"},
    )
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[Any]:
        with told_without_values():
            yield from _build_selected(context, manifest, home)

    return warehouse


def _build_selected(context: dg.AssetExecutionContext, manifest: dict[str, Any], home: Home) -> Iterator[Any]:
    """Build what was chosen in the UI of the models."""
    selection, indirect = get_subset_selection_for_context(
        context, manifest, "fqn:*", None, None, TRANSLATOR, None
    )
    total = len(context.selected_asset_keys) + len(context.selected_asset_check_keys)
    chosen = Selection([*selection, "--indirect-selection", indirect or "buildable"], total)
    yield from build(context, manifest, home, context.resources.progress, context.op.name, chosen)


logging.getLogger("dagster_dbt").setLevel(logging.WARNING)
