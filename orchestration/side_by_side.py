"""Several files loaded at once, with the results of loading them one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from ingestion.contracts.entities import load_entities
from ingestion.errors import MilepostError

if TYPE_CHECKING:
    from ingestion.lake.delivery import Delivery

    File = Sequence[Delivery]

Result = TypeVar("Result")
WORKERS_VARIABLE = "MILEPOST_LOAD_WORKERS"
MOST_WORKERS = 4  # beyond, they wait for each other: Python runs one of them at a time, and so does the lake


def load_workers() -> int:
    """How many files are loaded at once: what MILEPOST_LOAD_WORKERS says, else cores and one, at most 4.

    One more, because of those that are at Python's part of the work all but one wait.
    """
    asked = os.environ.get(WORKERS_VARIABLE, "").strip()
    if not asked:
        return min(MOST_WORKERS, 1 + (os.cpu_count() or 1))
    if not asked.isdecimal() or int(asked) < 1:
        raise MilepostError(
            f"{WORKERS_VARIABLE} is not a number of files",
            rule="It says how many files are loaded at once, 1 or more",
            next_step="Set it to 1 to load one after the other, or leave it out to go by the cores",
        )
    return int(asked)


def in_order(
    files: Sequence[File],
    load: Callable[[File], Result],
    workers: int,
    alone: Collection[str] = (),
) -> Iterator[tuple[File, Future[Result]]]:
    """Each file with its finished load, in the order given, as soon as all before it are finished too.

    A file is begun once every file it has to wait for is finished, whether that went well or not. One with a
    load id of `alone` has no other beside it. When the caller stops early, nothing more is begun, and what is
    being loaded is finished first.
    """
    if workers == 1:
        for file in files:
            yield file, _now(load, file)
        return
    waits = waits_for(files, alone)
    n_left = [len(earlier) for earlier in waits]
    later: list[list[int]] = [[] for _ in files]  # those that wait for a file
    for number, earlier in enumerate(waits):
        for before in earlier:
            later[before].append(number)
    futures: dict[int, Future[Result]] = {}
    ended: SimpleQueue[int] = SimpleQueue()
    done: set[int] = set()
    told = 0
    pool = ThreadPoolExecutor(workers, thread_name_prefix="load")

    def begin(number: int) -> None:
        futures[number] = pool.submit(load, files[number])
        futures[number].add_done_callback(lambda _: ended.put(number))

    try:
        for number, left in enumerate(n_left):
            if not left:
                begin(number)
        while told < len(files):
            last = ended.get()
            done.add(last)
            for number in later[last]:
                n_left[number] -= 1
                if not n_left[number]:
                    begin(number)
            while told in done:
                yield files[told], futures[told]
                told += 1
    finally:
        pool.shutdown(cancel_futures=True)


def waits_for(files: Sequence[File], alone: Collection[str] = ()) -> list[set[int]]:
    """Per file the places of the earlier ones that it has to wait for; all of them if either is `alone`.

    The same as asking `look_at_each_other` of each with every earlier one, which for 4,000 files took 37 CPU
    seconds: only those are asked of that are of one extract, or of one partner and year.
    """
    earlier = _Earlier()
    waits: list[set[int]] = []
    apart: set[int] = set()
    for number, file in enumerate(files):
        if any(delivery.load_id in alone for delivery in file):
            apart.add(number)
            waits.append(set(range(number)))
        else:
            waits.append({n for delivery in file for n in earlier.that_matter_to(delivery)} | apart)
        for delivery in file:
            earlier.add(number, delivery)
    return waits


class _Earlier:
    """Places of files by what decides over whether a later one waits for them."""

    def __init__(self) -> None:
        self._of_extract: dict[str, set[int]] = {}
        # partner -> school year (None: any) -> entity
        self._of_partner: dict[str, dict[int | None, dict[str, set[int]]]] = {}

    def add(self, number: int, delivery: Delivery) -> None:
        self._of_extract.setdefault(delivery.extract_id, set()).add(number)
        years = self._of_partner.setdefault(delivery.partner, {})
        years.setdefault(delivery.school_year, {}).setdefault(delivery.entity, set()).add(number)

    def that_matter_to(self, delivery: Delivery) -> set[int]:
        found = set(self._of_extract.get(delivery.extract_id, ()))
        years = self._of_partner.get(delivery.partner, {})
        # which years are in a file of several only its rows say
        near = [*years] if delivery.school_year is None else [delivery.school_year, None]
        for entity, places in (pair for year in near for pair in years.get(year, {}).items()):
            if _entities_matter(entity, delivery.entity):
                found |= places
        return found


def look_at_each_other(one: Delivery, other: Delivery) -> bool:
    """Whether the order of two deliveries can matter to what the gate says, or to what is in force.

    The gate compares with what is in force of the same extract, looks children up in what is in force of the
    partner's roster of the same year, and refuses what would be counted twice beside what is in force of the
    partner and year; nothing else of the lake or the ledger decides over a delivery.
    """
    if one.extract_id == other.extract_id:
        return True
    years = {one.school_year, other.school_year}
    same_year = len(years) == 1 or None in years  # None: the file's rows say which years it tells of
    return one.partner == other.partner and same_year and _entities_matter(one.entity, other.entity)


@cache
def _entities_matter(one: str, other: str) -> bool:
    first, second = load_entities()[one], load_entities()[other]
    is_roster = bool(first.roster_column or second.roster_column)
    return is_roster or first.counts_twice_beside(second)


def _now(load: Callable[[File], Result], file: File) -> Future[Result]:
    future: Future[Result] = Future()
    try:
        future.set_result(load(file))
    except Exception as error:  # an interrupt is not the file's, and leaves at once
        future.set_exception(error)
    return future
