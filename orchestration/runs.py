"""Dagster runs in this process, for the command line: instance and events of the UI, without its start-up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingestion.wording import visible
from orchestration.notification import notify, without_values
from orchestration.progress import Progress
from orchestration.settings import dagster_instance, prepare_environment
from orchestration.stopping import stop_signal

if TYPE_CHECKING:
    import dagster as dg

    from ingestion.home import Home
    from ingestion.lake.delivery import Delivery
    from ingestion.lake.ledger import LoadState

# Dagster's own lines on the console would repeat, with tracebacks, what the command tells in one block
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@contextmanager
def _libraries_at_rest() -> Iterator[None]:
    """Spare the garbage collector what was there before: half a million objects of the libraries, 0.4 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@_libraries_at_rest()
def load_in_process(load_ids: list[str], progress: Progress) -> dict[str, Any]:
    """Load these deliveries in one run of the job `load`; the outcomes go to `progress` as they happen."""
    from identity.opt_outs import open_withheld
    from orchestration.jobs import load_job, resources

    home = prepare_environment()
    open_withheld(home)  # BadKey before anything is done, where nobody could tell who is to be left out
    given = {**resources(home), "progress": progress}
    config = {**QUIET, "ops": {"load_deliveries": {"config": {"load_ids": load_ids}}}}
    result = load_job(home).execute_in_process(
        run_config=config, instance=dagster_instance(home), resources=given, raise_on_error=False
    )
    return _report(result)


@_libraries_at_rest()
def refresh_in_process(
    progress: Progress,
    everything: bool = False,
    notes: str = "",
    **linking: bool,
) -> dict[str, Any]:
    """Run the job `refresh` from identity to release; the report names the release, or what failed.

    What changed since the last refresh is built, and what depends on it; with `everything`, all models are.
    Without a change no release is made, and `is_new` is False; NothingAccepted where the first would be
    empty. `notes` go with the release to its readers. `linking` are the choices of `link_persons`
    (`OF_LINKING`), which Dagster holds to their names. VaultError or WarehouseError, before anything is done,
    where vault or warehouse would not open.
    """
    from ingestion.errors import MilepostError
    from orchestration.jobs import resources
    from orchestration.refreshing import CONFIGURATION, LINKING, NothingAccepted

    home = prepare_environment()
    try:
        job = _refresh_job(home, progress, everything=everything, new_vault=linking.get("new_vault", False))
    except NothingAccepted:  # nobody has to be woken for it
        raise
    except MilepostError as error:
        notify("Milepost: refresh could not start", [str(error)])
        raise
    before = _release_id(home)
    given = {**resources(home), "progress": progress}
    config = {**QUIET, "ops": {CONFIGURATION: {"config": {"notes": notes}}, LINKING: {"config": linking}}}
    report = _report(
        job.execute_in_process(
            run_config=config, instance=dagster_instance(home), resources=given, raise_on_error=False
        )
    )
    current = _release_id(home)
    return report | {
        "release_id": current,
        "is_new": current != before,
        "database": str(home.current_database),
    }


def _refresh_job(home: Home, progress: Progress, *, everything: bool, new_vault: bool) -> Any:
    """The job, once vault, warehouse and list of opt-outs open and something is there to be built of."""
    from identity.opt_outs import open_withheld
    from identity.vault_check import check_vault
    from ingestion.warehouse_file import check_warehouse, remove_warehouse
    from orchestration.rebuilding import BuildRecord
    from orchestration.refreshing import refresh_job, refuse_nothing
    from orchestration.warehouse import prepared_manifest
    from orchestration.writer import one_writer

    check_vault(home, new_vault=new_vault)
    if new_vault and not home.vault.exists():
        with one_writer(home, progress):  # its key may be gone with the vault
            remove_warehouse(home)
    check_warehouse(home)
    open_withheld(home)
    refuse_nothing(home)
    if everything:
        BuildRecord.forget(home)
    return refresh_job(prepared_manifest(), home)


def _release_id(home: Home) -> str | None:
    return home.current_release.resolve().name if home.current_release.exists() else None


def record_withdrawal(home: Home, delivery: Delivery, restored: LoadState | None) -> None:
    """Show on the partition that its delivery was taken back, and what counts in its place."""
    import dagster as dg
    from sqlalchemy.exc import IntegrityError

    from orchestration.partitions import GATE, raw_key

    instance = dagster_instance(home)
    said = f"{delivery.load_id} was withdrawn; "
    said += f"{restored.load_id} is in force again" if restored else "nothing is in force"
    key, partition = raw_key(delivery.entity), delivery.partition
    if restored:
        facts: dict[str, Any] = {
            "load_id": restored.load_id,
            "file": visible(restored.delivery.file_name),
            "rows": restored.rows or 0,
        }
        instance.report_runless_asset_event(
            dg.AssetMaterialization(key, partition=partition, metadata=facts, description="In force again")
        )
    verdict = dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=GATE,
        passed=bool(restored and restored.status == "accepted"),
        severity=dg.AssetCheckSeverity.WARN,
        partition=partition,
        description=said,
    )
    try:
        instance.report_runless_asset_event(verdict)
    except IntegrityError:  # Dagster takes one result without a run for a check and partition, ever
        instance.report_runless_asset_event(dg.AssetObservation(key, partition=partition, description=said))


def _report(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    failures = [
        {"step": event.step_key, "message": _reason(event.step_failure_data)}
        for event in result.all_events
        if event.is_step_failure
    ]
    if failures and stop_signal():
        raise KeyboardInterrupt  # Dagster made a failed step of it
    if failures:
        lines = [f"{failure['step']}: {failure['message']}" for failure in failures]
        notify(f"Milepost: the run `{result.job_def.name}` failed ({result.run_id[:8]})", lines)
    return {"run_id": result.run_id, "success": result.success, "failures": failures}


def _reason(failure: Any) -> str:
    """What a person can use: our own message as it is, anybody else's without what it quotes."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return str(failure.user_failure_data.description)
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "no reason was given"
    text = error.message.strip()
    kind, _, said = text.partition(": ")
    ours = kind.rpartition(".")[2] in _our_errors()
    return said if ours else f"{kind.rpartition('.')[2]}: {without_values(said)}"


def _our_errors() -> set[str]:
    from ingestion.errors import MilepostError

    def names(kind: type) -> set[str]:
        return {kind.__name__}.union(*(names(child) for child in kind.__subclasses__()))

    return names(MilepostError)
