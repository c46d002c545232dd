"""What runs: `load` takes deliveries in, `deliveries_due` looks for gaps; `refresh` has its own module."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from ingestion.contracts.entities import load_entities
from ingestion.home import Home
from ingestion.wording import counted
from orchestration.loads import load_all
from orchestration.notification import told_without_values
from orchestration.partitions import DUE_CHECK, raw_key
from orchestration.progress import Progress
from orchestration.received import in_load_order, named_deliveries, receive_files, suspects_last
from orchestration.writer import one_writer, settle_warehouse

LOAD_CONFIG = {
    "paths": dg.Field(
        [str], default_value=[], is_required=False, description="Files to receive, then load what they hold."
    ),
    "load_ids": dg.Field(
        [str], default_value=[], is_required=False, description="Deliveries already received, by load id."
    ),
}


def resources(home: Home) -> dict[str, Any]:
    """`progress` says nothing unless the command line replaces it; `writer` is held while a run lasts."""

    @dg.resource(required_resource_keys={"progress"}, description="The one writer of the warehouse file.")
    def writer(context: dg.InitResourceContext) -> Iterator[None]:
        with one_writer(home, context.resources.progress):
            settle_warehouse(home)
            yield

    return {"progress": Progress(), "writer": writer}


def load_job(home: Home) -> dg.JobDefinition:
    """The job `load`: many deliveries in one run, each recorded on its own partition and check."""

    @dg.op(config_schema=LOAD_CONFIG, required_resource_keys={"progress"})
    @told_without_values()
    def load_deliveries(context: dg.OpExecutionContext) -> None:
        """Receive the files of the run's configuration, then load them and the deliveries it names."""
        deliveries, refused = receive_files(home, [Path(path) for path in context.op_config["paths"]])
        deliveries = in_load_order([*deliveries, *named_deliveries(home, context.op_config["load_ids"])])
        deliveries = suspects_last(home, deliveries)
        for error in refused:
            context.log.error(str(error))
        load_all(context, home, deliveries, context.resources.progress)
        if refused:
            raise dg.Failure(
                f"{counted(len(refused), 'file was', 'files were')} not taken in: {refused[0]}",
                allow_retries=False,
            )

    @dg.job(
        name="load",
        description="Receive files, check them at the gate, promote what passes into the raw lake.",
        executor_def=dg.in_process_executor,
        tags={"layer": "raw"},
    )
    def load() -> None:
        load_deliveries()

    return load


def due_job() -> Any:
    """The job `deliveries_due`: the check of that name on every raw table."""
    keys = [dg.AssetCheckKey(raw_key(entity), DUE_CHECK) for entity in load_entities()]
    return dg.define_asset_job(
        "deliveries_due",
        selection=dg.AssetSelection.checks(*keys),
        description="Which deliveries are late by the contracts.",
        executor_def=dg.in_process_executor,
    )
