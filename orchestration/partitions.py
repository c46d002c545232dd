"""A delivery as a partition of its raw table: its key, and what Dagster is told of every load."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dagster as dg

from ingestion.home import Home
from ingestion.wording import counted, visible

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome
    from ingestion.lake.delivery import Delivery

    Context = dg.OpExecutionContext | dg.AssetExecutionContext

GATE = "gate"
DUE_CHECK = "deliveries_due"


def raw_key(entity: str) -> dg.AssetKey:
    """The asset of a raw table."""
    return dg.AssetKey(["raw", entity])


def partition_key(extract_id: str, school_year: int, collection: str) -> str:
    """The partition of a delivery that has not come: `partner|2025-fall`, with the extract's label if any."""
    partner, _, *label = extract_id.split(".")
    return f"{'.'.join([partner, *label])}|{school_year}-{collection}"


class Recorder:
    """Tells Dagster what became of deliveries, partition by partition, within one run."""

    def __init__(self, context: Context, home: Home) -> None:
        self._context = context
        self._home = home
        self._registered: dict[str, set[str]] = {}
        self._materialized: dict[str, set[str]] = {}

    def register(self, deliveries: Iterable[Delivery]) -> None:
        """Add the partitions of these deliveries to their tables' lists; one already there stays."""
        new: dict[str, list[str]] = {}
        for delivery in deliveries:
            known = self._registered.setdefault(delivery.entity, set())
            if delivery.partition not in known:
                known.add(delivery.partition)
                new.setdefault(delivery.entity, []).append(delivery.partition)
        for entity, keys in new.items():
            self._context.instance.add_dynamic_partitions(f"deliveries/{entity}", keys)

    def record(self, outcome: LoadOutcome) -> None:
        """One load: a materialization if it is in force, and one gate result either way.

        An unchanged delivery is recorded only where this instance has not heard of it, such as a new one.
        """
        delivery = outcome.delivery
        if delivery.school_year is None or (outcome.outcome == "unchanged" and self._is_known(outcome)):
            return
        self.register([delivery])
        key, facts = raw_key(delivery.entity), _facts(self._home, outcome)
        if outcome.outcome == "rejected":
            self._plan(key, delivery.partition)
        else:
            self._context.log_event(
                dg.AssetMaterialization(key, partition=delivery.partition, metadata=facts)
            )
        # the type of log_event leaves checks out, the function takes them
        self._context.log_event(gate_result(outcome, facts))  # type: ignore[arg-type]

    def _is_known(self, outcome: LoadOutcome) -> bool:
        """Also true of what was superseded or withdrawn: nothing of it is in force to be shown."""
        entity = outcome.delivery.entity
        if entity not in self._materialized:
            self._materialized[entity] = self._context.instance.get_materialized_partitions(raw_key(entity))
        return bool(outcome.reason) or outcome.delivery.partition in self._materialized[entity]

    def _plan(self, key: dg.AssetKey, partition: str) -> None:
        """A partition is red only where a run planned it and did not make it; a job of ops plans nothing.

        Asset jobs plan by this very event. It has no public name; a test holds the red partition.
        """
        from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent

        step = self._context.get_step_execution_context().step.key
        planned = AssetMaterializationPlannedData(key, partition=partition)
        event = DagsterEvent.build_asset_materialization_planned_event(self._context.job_name, step, planned)
        self._context.instance.report_dagster_event(event, run_id=self._context.run_id)


def introduce(instance: dg.DagsterInstance, home: Home) -> None:
    """Tell a new instance of what is in force already, such as after the folder of the old one was lost."""
    from ingestion.lake.ledger import Ledger

    for state in Ledger(home.ledger).state():
        if state.in_force:
            delivery = state.delivery
            instance.add_dynamic_partitions(f"deliveries/{delivery.entity}", [delivery.partition])
            facts: dict[str, Any] = {
                "load_id": delivery.load_id,
                "file": visible(delivery.file_name),
                "rows": state.rows or 0,
            }
            event = dg.AssetMaterialization(
                raw_key(delivery.entity), partition=delivery.partition, metadata=facts
            )
            instance.report_runless_asset_event(event)


def gate_result(outcome: LoadOutcome, facts: dict[str, Any]) -> dg.AssetCheckEvaluation:
    """The gate's verdict on one delivery as the check of its partition: passed, warning, or error."""
    rejected = outcome.outcome == "rejected"
    if rejected:
        said = f"Rejected: {outcome.reason}"
    elif outcome.quarantined:
        said = f"Accepted, {outcome.quarantined:,} of {counted(outcome.rows, 'row')} held back"
    else:
        said = f"Accepted, {counted(outcome.rows, 'row')}"
    return dg.AssetCheckEvaluation(
        asset_key=raw_key(outcome.delivery.entity),
        check_name=GATE,
        passed=not rejected and not outcome.quarantined,
        severity=dg.AssetCheckSeverity.ERROR if rejected else dg.AssetCheckSeverity.WARN,
        partition=outcome.delivery.partition,
        description=said,
        metadata=facts,
    )


def _facts(home: Home, outcome: LoadOutcome) -> dict[str, Any]:
    return {
        "dagster/partition_row_count": outcome.rows - outcome.quarantined,
        "rows": outcome.rows,
        "quarantined": outcome.quarantined,
        "seconds": round(outcome.seconds, 3),
        "feedback": feedback_page(home, outcome),
        "file": visible(outcome.delivery.file_name),
        "load_id": outcome.delivery.load_id,
    }


def feedback_page(home: Home, outcome: LoadOutcome) -> dg.MetadataValue:
    """Where the page for the partner lies."""
    return dg.MetadataValue.path(str(home.feedback_page(outcome.delivery.partner, outcome.delivery.load_id)))
