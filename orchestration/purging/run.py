"""A purge from what is asked for to its receipt: killed anywhere and run again, it ends in the same state."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ingestion.home import Home
from ingestion.traces import Sought
from orchestration.purging import inventory as inventories
from orchestration.purging.looking import choose, look_in_vault, still_there
from orchestration.purging.proof import search
from orchestration.purging.receipts import Receipt, begin_receipt, draft_receipt, finish_receipt, pending
from orchestration.purging.subjects import Subject
from orchestration.purging.unsure import AS_SENT
from orchestration.writer import one_loader, one_writer

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.progress import Progress
    from orchestration.purging.inventory import Inventory

DERIVED_OF_IDENTITY = ("person_links", "links", "address_keys", "person_changes", "match_rates")


def purge(
    home: Home, subject: Subject, progress: Progress, *, by: str, why: str = ""
) -> tuple[Receipt, Path] | None:
    """Remove a subject from the home and prove it; None where there was nothing of it.

    Waits for a refresh or a load that is going on. Where there was a warehouse, a refresh builds it anew.
    """
    from publishing.access_log import record_access
    from publishing.released import forget_counts

    with _alone(home, progress):
        key = _anonymous(home, subject).key
        begun = next((one for one in pending(home) if one.key == key), None)
        if begun is None:
            begun = _begin(home, subject, by, why)
        if begun is None:
            return None
        n_rows = sum(place["n_rows"] or 0 for place in begun.removed)
        record_access(home, "purge", rows=n_rows, kind=subject.kind, receipt=begun.purge_id)
        subject = replace(subject, load_ids=tuple(dict.fromkeys((*subject.load_ids, *begun.deliveries))))
        was_built = home.warehouse.exists() or bool(home.current_release.exists())
        _remove(home, subject, begun)
    release, is_new = _rebuild(progress) if was_built else (None, False)
    with _alone(home, progress):
        # a release that stays was made of counts from before
        forget_counts(home, but=release if is_new else None)
        searched = search(home, subject, begun)
        _forget_what_was_sought(home, begun)
        return finish_receipt(home, begun, searched, release)


@contextmanager
def _alone(home: Home, progress: Progress) -> Iterator[None]:
    """No refresh and no load beside it; in this order, as a refresh takes them."""
    with one_writer(home, progress), one_loader(home, progress):
        yield


def _begin(home: Home, subject: Subject, by: str, why: str) -> Receipt | None:
    """Write down what will be removed and what is to be searched for, before anything is gone."""
    from identity.opt_outs import make_withheld, numbers_of, withhold
    from identity.purging import begin
    from identity.vault import open_vault

    if not home.vault.exists():
        found = inventories.of_deliveries(home, subject, Sought())
        draft = draft_receipt(subject, found.places(), by, why)
        return begin_receipt(home, draft) if found else None
    with open_vault(home) as con:
        found = look_in_vault(home, subject, con)
        if not found:
            return None
        receipt = draft_receipt(_anonymous(home, subject), found.places(), by, why)
        begin(con, receipt.purge_id, choose(home, subject, con), subject.person_id)
        if subject.person_id:
            withhold(make_withheld(home), numbers_of(con, subject.person_id), "purged", "")
    return begin_receipt(home, receipt)  # last: who finds it relies on all that was written before


def _anonymous(home: Home, subject: Subject) -> Subject:
    """The same, where a receipt may say which person it was by a keyed hash alone."""
    return replace(subject, key=person_reference(home, subject.key)) if subject.person_id else subject


def person_reference(home: Home, person_id: str) -> str:
    """What receipts call a person: only who has the vault's key can tell which one it is."""
    from identity.opt_outs import make_withheld

    return make_withheld(home).hash_of("person", person_id)


def _remove(home: Home, subject: Subject, receipt: Receipt) -> None:
    """Every step, each of which a second run finds done or does again."""
    from ingestion.attempts import left_behind
    from ingestion.lake.lake import recover
    from ingestion.lake.purging import purge_deliveries
    from ingestion.landing.receive import RECEIVING
    from ingestion.landing.removal import remove_landed
    from ingestion.spill import clear_spill

    recover(home)
    clear_spill(home)
    found = still_there(home, subject, receipt)
    # files as they were sent before those of the lake, which say of whom they tell
    for sha256 in sorted(found.landed):
        remove_landed(home, sha256, subject.reason)
    for leftover in left_behind(home.staged, RECEIVING):
        leftover.unlink(missing_ok=True)
    for name in AS_SENT:
        for path in found.removed.get(name, ()):
            path.unlink(missing_ok=True)
    if subject.person_id:
        for path in found.removed["feedback"]:
            path.unlink(missing_ok=True)
        _redact(home, found)
    else:
        purge_deliveries(home, subject.load_ids, subject.reason)
    _forget_in_vault(home, subject)
    _remove_derived(home)


def _redact(home: Home, found: Inventory) -> None:
    from identity.opt_outs import open_withheld
    from ingestion.lake.redaction import redact
    from ingestion.spill import working_database

    withheld = open_withheld(home)
    assert withheld is not None
    with working_database(home) as con:
        for file in found.redacted:
            redact(home, file, withheld, con)


def _forget_in_vault(home: Home, subject: Subject) -> None:
    from identity.purging import forget_chosen
    from identity.vault import open_vault

    if home.vault.exists():
        with open_vault(home) as con:
            choose(home, subject, con)
            forget_chosen(con)


def _remove_derived(home: Home) -> None:
    """What a refresh makes anew: links, snapshot, warehouse and what is noted of it."""
    from identity.feedback_lists import remove_lists

    for name in DERIVED_OF_IDENTITY:
        (home.identity / f"{name}.parquet").unlink(missing_ok=True)
    (home.identity / "linked.json").unlink(missing_ok=True)
    for folder in (home.snapshot.root, home.root / "snapshot.new"):
        shutil.rmtree(folder, ignore_errors=True)
    remove_lists(home)
    for file in home.root.glob(f"{home.warehouse.name}*"):
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
    home.built.unlink(missing_ok=True)


def _rebuild(progress: Progress) -> tuple[str | None, bool]:
    """A release of what is left, and whether it is a new one.

    Where it fails the last one stays, which holds no row of a child.
    """
    from orchestration.refreshing import NothingAccepted
    from orchestration.runs import refresh_in_process

    with contextlib.suppress(NothingAccepted):
        result = refresh_in_process(progress, notes="Records were destroyed on request.")
        if result["success"]:
            return str(result["release_id"]), bool(result["is_new"])
    return None, False


def _forget_what_was_sought(home: Home, receipt: Receipt) -> None:
    from identity.purging import seal_vault

    if home.vault.exists():
        seal_vault(home, [one.purge_id for one in pending(home) if one.purge_id != receipt.purge_id])
