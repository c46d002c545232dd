"""Loading many deliveries in one Dagster run, each recorded on its own partition and gate check."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from ingestion.attempts import crashes, forget, is_alive
from ingestion.errors import DeliveryError, MilepostError
from ingestion.home import Home
from ingestion.wording import counted
from orchestration.agreements import covered
from orchestration.partitions import Recorder, feedback_page
from orchestration.progress import Progress
from orchestration.settings import load_configuration
from orchestration.side_by_side import in_order, load_workers
from orchestration.writer import one_loader

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome
    from ingestion.lake.delivery import Delivery
    from ingestion.withheld import Withheld

    Context = dg.OpExecutionContext | dg.AssetExecutionContext

MOST_NAMED = 50


def load_all(context: Context, home: Home, deliveries: list[Delivery], progress: Progress) -> None:
    """Load each file, record each delivery on its partition; fail in the end if any was rejected.

    Files are loaded side by side (MILEPOST_LOAD_WORKERS at once) and recorded in their order, by this thread.
    One run for many deliveries costs 0.03 s of Dagster each; a run each costs 0.2 s, a process each 10 s.
    """
    from expectations.databases import Databases
    from expectations.loading import load_file
    from identity.opt_outs import open_withheld

    deliveries, refused = covered(load_configuration(), deliveries, dt.date.today())
    recorder = Recorder(context, home)
    rejected: list[LoadOutcome] = []
    troubles = [str(error) for error in refused]
    for error in refused:
        progress.failed(error)
    progress.expect(len(deliveries))
    recorder.register(delivery for delivery in deliveries if delivery.school_year and delivery.collection)
    workers = load_workers()
    databases = Databases(home, workers)
    suspects = crashes(home)  # one of two loaded at a kill is innocent: alone, it proves so

    def load(of_file: Sequence[Delivery], withheld: Withheld | None) -> list[LoadOutcome]:
        return load_file(home, load_configuration(), of_file, databases=databases, withheld=withheld)

    with one_loader(home, progress), _loading(home), closing(databases):
        # nobody changes the list while deliveries are loaded
        loading = functools.partial(load, withheld=open_withheld(home))
        for of_file, loaded in in_order(_by_file(deliveries), loading, workers, suspects):
            try:
                outcomes = loaded.result()
            except Exception as error:  # one file's trouble; the others still load
                trouble = _trouble(error, of_file)
                troubles.append(str(trouble))
                progress.failed(trouble)
                continue
            for outcome in outcomes:
                for part in outcome.each:
                    recorder.record(part)
                    rejected += [part] if part.outcome == "rejected" else []
                progress.loaded(outcome)
    _raise_failures(home, rejected, troubles)


def _trouble(error: Exception, of_file: Sequence[Delivery]) -> MilepostError:
    """Why a file could not be loaded; of what nobody foresaw only its kind is told, or it is raised."""
    if isinstance(error, MilepostError):  # the disk or a contract, not the file: it can be loaded again
        return error
    if os.environ.get("MILEPOST_DEBUG"):
        raise error
    return DeliveryError(
        f"could not be loaded ({type(error).__name__})",
        where=of_file[0].file_name,
        rule="What was in force before still is",
        next_step="MILEPOST_DEBUG=1 milepost load shows where it failed",
    )


def _by_file(deliveries: Iterable[Delivery]) -> list[list[Delivery]]:
    """Deliveries of one file together: they share one reading. Files in the order of their first delivery."""
    files: dict[Path, list[Delivery]] = {}
    for delivery in deliveries:
        files.setdefault(delivery.landed, []).append(delivery)
    return list(files.values())


@contextmanager
def _loading(home: Home) -> Iterator[None]:
    """Mark that this process loads; the mark of a process that is gone means a load to mend first."""
    from ingestion.lake.lake import recover
    from ingestion.lake.ledger import Ledger
    from ingestion.spill import clear_spill

    def is_gone(mark: Path) -> bool:
        pid = int(mark.name.split("-")[1])
        return pid == os.getpid() or not is_alive(pid)  # ours from before is of a process that had our number

    clear_spill(home)
    home.locks.mkdir(parents=True, exist_ok=True)
    cut_short = [mark for mark in home.locks.glob("loading-*") if is_gone(mark)]
    if cut_short:
        recover(home)
        for mark in cut_short:
            mark.unlink(missing_ok=True)
    forget(home, (s.load_id for s in Ledger(home.ledger).state() if s.status != "received"))
    own = home.locks / f"loading-{os.getpid()}"
    own.touch()
    yield  # not in a finally: what leaves here by an error that nobody foresaw is mended by the next load
    own.unlink(missing_ok=True)


def _raise_failures(home: Home, rejected: list[LoadOutcome], troubles: list[str]) -> None:
    if not rejected and not troubles:
        return
    deliveries, files = (
        counted(len(rejected), "delivery was", "deliveries were"),
        counted(len(troubles), "file"),
    )
    said = [f"{deliveries} rejected"] if rejected else []
    said += [f"{files} could not be loaded: {troubles[0]}"] if troubles else []
    raise dg.Failure(
        f"{'; '.join(said)}. What was in force before still is.",
        {part.delivery.partition: feedback_page(home, part) for part in rejected[:MOST_NAMED]},
        allow_retries=False,
    )
