"""Who works alone: a refresh, or a load, whoever started it, waits for the one before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ingestion.home import Home
from orchestration.progress import Progress


@contextmanager
def one_writer(home: Home, progress: Progress) -> Iterator[None]:
    """Hold the warehouse for the length of a run; while another run has it, say so once and wait."""
    with _alone(home, "warehouse", progress, "The warehouse is being refreshed"):
        yield


@contextmanager
def one_loader(home: Home, progress: Progress) -> Iterator[None]:
    """Hold the loading of deliveries; while another run loads, say so once and wait.

    The gate compares a delivery with those before it, so two runs beside each other could give two verdicts.
    """
    with _alone(home, "load", progress, "Deliveries are being loaded"):
        yield


@contextmanager
def _alone(home: Home, what: str, progress: Progress, busy: str) -> Iterator[None]:
    home.locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.locks / f"{what}.lock", thread_local=False)
    holder = home.locks / f"{what}.holder"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = holder.read_text() if holder.exists() else "another run"
        progress.waiting(f"{busy} ({who}); this run starts when that one has ended.")
        lock.acquire()
    try:
        holder.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def settle_warehouse(home: Home) -> None:
    """For who holds the warehouse: finish a change of its key, and remove a warehouse of an older version.

    BadKey or WarehouseError where dbt could not open what is there.
    """
    from identity.rotation import finish_rotation
    from ingestion.warehouse_file import check_warehouse

    finish_rotation(home)
    check_warehouse(home, may_remove=True)


def lock_holder_file(home: Home) -> Path:
    """A note for people on who holds the lock; the lock is the system's and dies with its owner."""
    return home.locks / "warehouse.holder"


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock at `path` right now."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
