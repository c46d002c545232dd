"""The job `refresh`: from what is in force to a new release, as plain steps that report on the assets."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg

from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.spill import clear_spill
from ingestion.wording import counted
from orchestration.notification import told_without_values
from orchestration.progress import Progress
from orchestration.published import (
    IDENTITY_TABLES,
    PLACES,
    make_release,
    reference_keys,
    standards_views,
    write_configuration,
    write_links,
    write_places,
)
from orchestration.rebuilding import BY_CONTENT, BuildRecord, published_models
from orchestration.snapshots import take_covered_snapshot
from orchestration.warehouse import build, selection_of

WRITES = {"writer", "progress"}
# each table that counts by its contents can send its readers back once, and those that do are read in a row
MOST_ROUNDS = 1 + len(BY_CONTENT)
CONFIGURATION = "write_configuration"
NOTES = {
    "notes": dg.Field(
        str, default_value="", is_required=False, description="What readers should know of the release."
    )
}
LINKING = "link_persons"
OF_LINKING = {
    "retrain": dg.Field(
        bool, default_value=False, is_required=False, description="Fit the model of linking anew."
    ),
    "accept_match_rates": dg.Field(
        bool, default_value=False, is_required=False, description="Let fallen match rates pass."
    ),
    "accept_reissued_numbers": dg.Field(
        bool, default_value=False, is_required=False, description="Let numbers given to other children pass."
    ),
    "accept_contradicted_state_ids": dg.Field(
        bool,
        default_value=False,
        is_required=False,
        description="Let state ids pass by which another partner tells of another child; they link nobody.",
    ),
    "new_vault": dg.Field(
        bool, default_value=False, is_required=False, description="Make a vault where one was and is gone."
    ),
}


class NothingAccepted(MilepostError):
    """A first release was asked for before any delivery was accepted."""


Step = Callable[[dg.OpExecutionContext, Progress], Iterator[Any]]


def refresh_job(manifest: Mapping[str, Any], home: Home) -> dg.JobDefinition:
    """The steps one after the other, in one process; what a failed one leaves out, none after it does.

    A job of assets would say the same in Dagster's UI, but it keeps books of every model's and test's inputs,
    outputs and data versions: more CPU seconds than everything that dbt does for a small community.
    """
    steps = _steps(manifest, home)

    @dg.job(
        name="refresh",
        description="Configuration, identity, warehouse with disclosure control, release.",
        executor_def=dg.in_process_executor,
    )
    def refresh() -> None:
        done = None
        for step in steps:
            done = step() if done is None else step(done)

    return refresh


def refuse_nothing(home: Home) -> None:
    """NothingAccepted where a first release would be empty: readers would take it for the community's."""
    from orchestration.received import has_nothing_to_publish, states
    from orchestration.settings import first_steps

    if not has_nothing_to_publish(home):
        return
    found = {state.status for state in states(home)}
    step = first_steps("Run", publish=True)
    if "received" in found:
        step = "Run `milepost load`, which loads what was received, then `milepost refresh`"
    elif "rejected" in found:
        step = "`milepost status` says why deliveries were rejected; load mended ones, then refresh again"
    raise NothingAccepted(
        "No delivery was accepted yet, so there is nothing to publish", where=str(home.root), next_step=step
    )


def until_nothing_is_outdated(outdated: Callable[[], list[str]]) -> Iterator[list[str]]:
    """The nodes of each build of a refresh, the first of which may be none, until none is outdated after it.

    What holds other codes than before makes its readers outdated once more, seldom twice in a row. A release
    of tables that do not fit together is none, so MilepostError after MOST_ROUNDS builds.
    """
    nodes = outdated()
    for _ in range(MOST_ROUNDS):
        yield nodes
        if not (nodes := outdated()):
            return
    raise MilepostError(
        f"{counted(len(nodes), 'model')} of the warehouse would have to be built again after every build",
        where=nodes[0],
        rule=f"After {MOST_ROUNDS} builds nothing that a release reads is older than what it is made from;"
        " the last release still stands",
        next_step="Run `milepost refresh --full`, with nothing beside it that writes into MILEPOST_HOME",
    )


def _steps(manifest: Mapping[str, Any], home: Home) -> list[dg.OpDefinition]:
    """Each step over this home, in their order."""
    published = published_models(manifest)

    # first, for it takes the snapshot that everything after it reads
    def reference(context: dg.OpExecutionContext, progress: Progress) -> Iterator[Any]:
        clear_spill(home)
        take_covered_snapshot(home, progress)
        refuse_nothing(home)
        write_configuration(home, manifest, context.op_config["notes"])
        progress.building("reference", 1, 1)
        yield from (dg.AssetMaterialization(key) for key in reference_keys(manifest))

    def person_links(context: dg.OpExecutionContext, progress: Progress) -> Iterator[Any]:
        yield from standards_views(context, manifest, home, progress)
        facts = write_links(home, progress, **context.op_config)
        yield from (dg.AssetMaterialization(["identity", name], metadata=facts) for name in IDENTITY_TABLES)

    def place_links(_context: dg.OpExecutionContext, progress: Progress) -> Iterator[Any]:
        metadata = write_places(manifest, home, progress)
        yield from (dg.AssetMaterialization(key, metadata=metadata) for key in PLACES)

    def warehouse(context: dg.OpExecutionContext, progress: Progress) -> Iterator[Any]:
        record = BuildRecord(manifest, home)
        for nodes in until_nothing_is_outdated(record.outdated):
            wanted = [*nodes, *published]
            with record.building(nodes):
                selection = selection_of(wanted, record.count(wanted))
                yield from build(context, manifest, home, progress, "warehouse", selection)
        progress.building("warehouse", 1, 1)

    def release(_context: dg.OpExecutionContext, progress: Progress) -> Iterator[Any]:
        yield dg.AssetMaterialization(["published", "release"], metadata=make_release(home, progress))

    return [
        _op(CONFIGURATION, reference, "A snapshot of the lake, and configuration as tables for dbt.", NOTES),
        _op(LINKING, person_links, "Who is who, with what standards tell of them.", OF_LINKING),
        _op("link_places", place_links, "Which organizations and sites are one under several names."),
        _op(
            "build_warehouse",
            warehouse,
            "What changed up to marts, what may be shown, and the tables of a release: dbt with its tests.",
        ),
        _op("make_release", release, "An immutable copy, made current at once."),
    ]


def _op(
    name: str, step: Step, description: str, config: Mapping[str, dg.Field] | None = None
) -> dg.OpDefinition:
    """An op that waits for the one before and logs what `step` yields: materializations and checks."""

    @dg.op(
        name=name,
        description=description,
        config_schema=config,
        ins={} if name == CONFIGURATION else {"start": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
        required_resource_keys=WRITES,
    )
    def op(context: dg.OpExecutionContext) -> None:
        with told_without_values():
            for event in step(context, context.resources.progress):
                context.log_event(event)

    return op
