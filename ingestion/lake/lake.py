"""The raw lake: what is in force, one Parquet file per extract, school year and collection."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import duckdb
from filelock import FileLock

from ingestion.errors import DeliveryError, MilepostError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.delivery_table import write_deliveries
from ingestion.lake.files import ensure_empty_files as ensure_empty_files
from ingestion.lake.files import keep_file, loaded_by, metadata, put_in_force, write_staged
from ingestion.lake.ledger import ACCEPTED, Event, Ledger, LoadState, fold
from ingestion.lake.swaps import (
    Staged,
    announce,
    called_off,
    catch_up,
    finish_announced,
    holder,
    raw_of,
    replace_file,
    swap,
)
from ingestion.yaml_file import near_miss


def promote(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    table: str,
    delivery: Delivery,
    *,
    outcome: str = "accepted",
    quarantined: int = 0,
    seconds: float | None = None,
) -> Path:
    """Put the rows of `table` in force for the delivery's extract, year and collection; return the raw file.

    `table` has typed columns named as in the entity (missing ones become NULL) and `_row_number`. What was in
    force is kept under superseded/. Killed anywhere and run again, it ends in the same state; after an error
    (disk full) what was in force before still is. A delivery already in force is left alone.
    """
    staged = stage(home, con, table, delivery, outcome=outcome, quarantined=quarantined, seconds=seconds)
    put_together_in_force(home, [staged])
    return raw_of(home, delivery)


def stage(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    table: str,
    delivery: Delivery,
    *,
    outcome: str = "accepted",
    quarantined: int = 0,
    seconds: float | None = None,
) -> Staged:
    """Write the raw file of a delivery beside the lake, from a table as `promote` takes it."""
    if outcome not in ACCEPTED:
        raise ValueError(f"not an outcome that is promoted: {outcome}")
    file = home.staged_file(delivery.load_id)
    rows = con.execute(f'select count(*) from "{table}"').fetchall()[0][0]
    event = delivery.event(outcome, rows=rows, quarantined=quarantined, seconds=seconds)
    try:
        write_staged(con, table, delivery, event, file)
    except (duckdb.Error, OSError) as error:
        file.unlink(missing_ok=True)
        raise _not_written(delivery, raw_of(home, delivery), error) from None
    return Staged(delivery, event, file)


def put_together_in_force(
    home: Home, staged: Sequence[Staged], problem_of: Callable[[Staged], DeliveryError | None] | None = None
) -> dict[str, DeliveryError]:
    """Put all of these deliveries in force, or after an error none, each in the place of the one before.

    `problem_of` is asked of each while nobody else changes the lake. Where it finds a problem of one, none
    comes into force; what it found is returned by load id.

    The ledger hears of all at once, after all raw files have their names. What a kill cuts short is brought
    to its end by whoever takes the lake's lock next, so nobody sees a part.
    """
    with lake_lock(home):
        ledger = Ledger(home.ledger)
        notes = metadata([raw_of(home, one.delivery) for one in staged])
        for note in notes.values():
            catch_up(ledger, note)
        waiting = [one for one in staged if not _is_there(home, ledger, one, notes)]
        found = {one.delivery.load_id: problem_of(one) for one in waiting} if problem_of else {}
        if problems := {load_id: problem for load_id, problem in found.items() if problem}:
            for one in staged:
                one.file.unlink(missing_ok=True)
            return problems
        before = {one.delivery.load_id: holder(ledger, one.delivery) for one in waiting}
        try:
            announce(home, waiting)
            for one in waiting:
                raw = raw_of(home, one.delivery)
                replace_file(home, one.file, raw, notes[raw].get("load_id"), one.delivery.load_id)
            swaps = [event for one in waiting for event in swap(before[one.delivery.load_id], one.event)]
            if swaps:
                ledger.append(*swaps)
        except (duckdb.Error, OSError) as error:
            called_off(home)
            for one in staged:
                one.file.unlink(missing_ok=True)
            for one in waiting:
                follow_ledger(home, one.delivery, before[one.delivery.load_id])
                home.superseded_file(one.delivery.load_id).unlink(missing_ok=True)
            raise _not_written(waiting[0].delivery, home.raw, error) from None
        called_off(home)
        for one in staged:
            one.file.unlink(missing_ok=True)
            home.superseded_file(one.delivery.load_id).unlink(missing_ok=True)
        return {}


def _is_there(home: Home, ledger: Ledger, one: Staged, notes: Mapping[Path, Mapping[str, str]]) -> bool:
    """Whether a delivery is in force already."""
    held, there = holder(ledger, one.delivery), notes[raw_of(home, one.delivery)].get("load_id")
    return held is not None and held.load_id == one.delivery.load_id == there


def withdraw(home: Home, load_id: str, reason: str = "") -> LoadState | None:
    """Take a delivery out for good; return the one in force in its place afterwards, if any.

    The delivery accepted before it, unless withdrawn too, is put back. One that is not in force is only
    marked, so that it never comes back. Withdrawing twice changes nothing.
    """
    return withdraw_together(home, [load_id], reason)[load_id]


def withdraw_together(home: Home, load_ids: Sequence[str], reason: str = "") -> dict[str, LoadState | None]:
    """Withdraw the deliveries of one archive, of whom the ledger hears at once; what is in force then."""
    with lake_lock(home):
        ledger = Ledger(home.ledger)
        every = [_known(ledger, load_id).delivery for load_id in load_ids]
        whole = [one for one in every if one.school_year is not None and one.collection is not None]
        for note in metadata([raw_of(home, one) for one in whole]).values():
            catch_up(ledger, note)
        events: list[Event] = []
        for state in (_known(ledger, load_id) for load_id in load_ids):
            if state.status != "withdrawn":
                event = state.delivery.event("withdrawn", reason=reason or None)
                heir = _heir(home, ledger, state, event)
                events += [event, *([heir.delivery.event("restored", rows=heir.rows)] if heir else [])]
        if events:
            ledger.append(*events)
        back = {one.load_id: holder(ledger, one) for one in whole}
        for one in whole:
            follow_ledger(home, one, back[one.load_id])
        return {load_id: back.get(load_id) for load_id in load_ids}


def was_restored(home: Home, load_id: str, by: str) -> bool:
    """Whether the withdrawal of `load_id` put `by` back in force, which was not in force already."""
    events = Ledger(home.ledger).events()
    after = [
        second
        for first, second in pairwise(events)
        if (first["event"], first["load_id"]) == ("withdrawn", load_id)
    ]
    return bool(after) and (after[-1]["event"], after[-1]["load_id"]) == ("restored", by)


def recover(home: Home) -> list[str]:
    """Finish what a kill cut short, so that raw files and ledger agree; return one sentence per thing mended.

    A raw file whose acceptance is not in the ledger was promoted just before the kill: the ledger catches up.
    Anywhere else the ledger is right, and the raw file follows it.
    """
    with lake_lock(home) as mended:
        ledger = Ledger(home.ledger)
        notes = metadata(sorted(home.raw.glob("*/*/*.parquet")))
        for note in notes.values():
            mended += catch_up(ledger, note)
        for state in _one_per_slot(ledger):
            back = holder(ledger, state.delivery)
            there = notes.get(raw_of(home, state.delivery), {}).get("load_id")
            if there != (back.load_id if back else None):
                mended.append(follow_ledger(home, state.delivery, back))
        for leftover in [*home.staged.glob("*.parquet"), *home.superseded.glob("*.tmp")]:
            leftover.unlink()
            mended.append(f"Removed the unfinished file {leftover.name}.")
    return mended


def take_snapshot(home: Home, left_out: Mapping[str, str] | None = None) -> Home:
    """Everything in force and what the ledger says, for a build that loads going on meanwhile do not disturb.

    Of extracts `left_out` (extract -> why) no rows are in it, and their deliveries say so. Files are linked,
    not copied. Taken again, it replaces the one before.
    """
    without = left_out or {}
    new = home.root / "snapshot.new"
    with lake_lock(home):
        ensure_empty_files(home)
        shutil.rmtree(new, ignore_errors=True)
        for file in home.raw.glob("*/**/*.parquet"):
            if file.parent.name in without:
                continue
            link = new / "raw" / file.relative_to(home.raw)
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, link)
        new.mkdir(parents=True, exist_ok=True)
        if home.ledger.exists():
            shutil.copyfile(home.ledger, new / home.ledger.name)
        write_deliveries(Ledger(home.ledger), Home(new).deliveries, without)
        Home(new).left_out.write_text(json.dumps(without, sort_keys=True))
        shutil.rmtree(home.snapshot.root, ignore_errors=True)
        new.rename(home.snapshot.root)
    return home.snapshot


@contextmanager
def lake_lock(home: Home) -> Iterator[list[str]]:
    """Hold the lake: one process at a time changes it; gives what was finished in a killed one's place."""
    home.create()
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "lake.lock"):
        yield finish_announced(home)


def follow_ledger(home: Home, place: Delivery, back: LoadState | None) -> str:
    """Keep what lies in the slot of `place`, and put there the delivery that the ledger says, if any."""
    raw, slot = raw_of(home, place), f"{place.extract_id} {place.period}"
    there = loaded_by(raw)
    if back is None:
        if there:
            keep_file(raw, home.superseded_file(there))
            raw.unlink()
        return f"{slot} has no delivery in force."
    kept = home.superseded_file(back.load_id)
    if there != back.load_id:
        if not kept.exists():
            raise MilepostError(
                f"the file of the delivery {back.load_id}, which is in force for {slot}, is missing",
                where=str(kept),
                next_step="Put it back from a backup, or withdraw the delivery and send its file again",
            )
        if there:
            keep_file(raw, home.superseded_file(there))
        staged = home.staged_file(back.load_id)
        staged.unlink(missing_ok=True)
        keep_file(kept, staged)
        put_in_force(staged, raw)
    kept.unlink(missing_ok=True)
    return f"{slot} is the delivery {back.load_id} again."


def _heir(home: Home, ledger: Ledger, state: LoadState, event: Event) -> LoadState | None:
    """The delivery that comes into force by withdrawing one that is."""
    if not state.in_force:
        return None
    after = fold([*ledger.events(), {**event, "at": ""}], home)
    return next((heir for heir in after if heir.in_force and heir.slot == state.slot), None)


def _one_per_slot(ledger: Ledger) -> list[LoadState]:
    """One delivery of every slot that was ever filled."""
    filled = [s for s in ledger.state() if s.delivery.school_year is not None and s.delivery.collection]
    return list({state.slot: state for state in filled}.values())


def _known(ledger: Ledger, load_id: str) -> LoadState:
    state = ledger.load(load_id)
    if state is None:
        ids = [known.load_id for known in ledger.state()]
        step = near_miss(load_id, ids) if len(ids) < 5 else "See milepost status for the ids of deliveries"
        raise DeliveryError(f"unknown delivery '{load_id}'", next_step=step)
    return state


def _not_written(delivery: Delivery, where: Path, error: Exception) -> DeliveryError:
    # a conversion error's message would show the value, a file error's message shows the path
    why = str(error) if isinstance(error, OSError | duckdb.IOException) else type(error).__name__
    return DeliveryError(
        f"{delivery.extract_id} {delivery.period} could not be written ({why})",
        where=str(where),
        rule="What was in force before still is",
        next_step="See to free disk space and the rights of the folder, then load it again",
    )
