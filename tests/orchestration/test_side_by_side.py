"""Files loaded side by side: which wait for which, and the same results as one after the other."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from orchestration import side_by_side
from orchestration.received import suspects_last
from orchestration.side_by_side import in_order, load_workers, look_at_each_other, waits_for
from tests.orchestration.conftest import GOOD, NO_SCHOOL, ONE_BAD_ROW, STUDENTS
from tests.orchestration.test_loads import milepost

Drop = Callable[[str, str], Path]
pytestmark = pytest.mark.xdist_group("orchestration")
PATIENCE = 10  # seconds after which a test gives up on a file that was never begun


def delivery(extract: str, year: int | None, collection: str = "annual") -> Delivery:
    partner, entity = extract.split(".")[:2]
    name = f"{extract}-{year}-{collection}"
    return Delivery(
        name, extract, "lakeside", partner, entity, year, collection, "", name, Path(name), fingerprint=""
    )


def files(*deliveries: Delivery) -> list[list[Delivery]]:
    return [[one] for one in deliveries]


def test_a_file_waits_for_what_its_gate_looks_at_and_for_nothing_else() -> None:
    waits = waits_for(
        files(
            delivery("north.person", 2024),
            delivery("north.attendance", 2024),
            delivery("south.attendance", 2024),
            delivery("north.person", 2025),
            delivery("north.attendance", 2025),
            delivery("north.diploma", 2025),
            delivery("north.attendance", 2025, "fall"),
        )
    )
    assert waits == [set(), {0}, set(), {0}, {1, 3}, {3}, {1, 3, 4}]


def test_a_roster_waits_for_the_files_that_were_to_be_judged_without_it() -> None:
    assert waits_for(files(delivery("north.diploma", 2024), delivery("north.person", 2024))) == [set(), {0}]


def test_a_file_of_several_years_waits_for_the_roster_of_any_year() -> None:
    assert waits_for(files(delivery("north.person", 2024), delivery("north.diploma", None))) == [set(), {0}]


def test_two_layouts_of_a_standard_wait_for_each_other_in_one_year() -> None:
    names = ("north.hsds_phone.hsds_3_json", "north.hsds_phone.hsds_1_datapackage")
    (first, second) = (delivery(name, 2024) for name in names)
    assert waits_for(files(first, second, delivery(names[1], 2025))) == [set(), {0}, {1}]
    assert waits_for(files(first, delivery(names[1].replace("north", "south"), 2024))) == [set(), set()]


def test_a_partners_own_extract_waits_for_the_standard_that_tells_the_same() -> None:
    marks, standard = (
        delivery("north.course_mark", 2024),
        delivery("north.edfi_course_transcript.edfi_json", 2024),
    )
    assert waits_for(files(marks, standard)) == [set(), {0}]
    assert waits_for(files(standard, marks)) == [set(), {0}]
    assert waits_for(files(standard, delivery("north.diploma", 2024))) == [set(), set()]


def test_a_file_of_two_extracts_waits_for_both() -> None:
    both = [delivery("north.attendance", 2025), delivery("north.diploma", 2025)]
    earlier = files(delivery("north.attendance", 2024), delivery("north.diploma", 2024))
    assert waits_for([*earlier, both]) == [set(), set(), {0, 1}]


def test_a_file_loaded_alone_has_none_beside_it() -> None:
    given = files(*(delivery(f"{partner}.diploma", 2024) for partner in ("north", "south", "east")))
    assert waits_for(given, {given[1][0].load_id}) == [set(), {0}, {1}]


def many_files(n_files: int) -> list[list[Delivery]]:
    """Of forty partners and 25 years, every fifth of two extracts, every seventh of all years."""
    names = ("person", "attendance", "diploma", "edfi_course_transcript", "course_mark")
    made = []
    for number in range(n_files):
        partner, year = f"p{number % 40}", None if number % 7 == 6 else 2000 + number // 40 % 25
        of_file = [delivery(f"{partner}.{names[number % 3]}", year)]
        of_file += [delivery(f"{partner}.{names[3 + number % 2]}", year)] if number % 5 == 0 else []
        made.append(of_file)
    return made


def test_files_wait_for_those_of_which_any_delivery_matters() -> None:
    given = many_files(400)
    alone = {given[100][0].load_id}
    apart = [file[0].load_id in alone for file in given]
    assert waits_for(given, alone) == [
        {
            before
            for before in range(number)
            if apart[before]
            or apart[number]
            or any(look_at_each_other(one, other) for one in given[before] for other in file)
        }
        for number, file in enumerate(given)
    ]


def test_who_waits_for_whom_is_found_without_comparing_every_two_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = many_files(2000)
    n_compared = 0
    matter = side_by_side._entities_matter  # an entity of a partner's year with another one

    def counting(one: str, other: str) -> bool:
        nonlocal n_compared
        n_compared += 1
        return matter(one, other)

    monkeypatch.setattr(side_by_side, "_entities_matter", counting)
    waits_for(given)
    years = [one.school_year for file in given for one in file]
    # a partner has five entities: of the file's year and of files of all years, or of 25 years and of those
    most = sum(5 * 26 if year is None else 5 * 2 for year in years)
    assert n_compared <= most < len(years) ** 2 / 2 / 40


def test_independent_files_run_at_once_and_are_told_in_order() -> None:
    together = threading.Barrier(2, timeout=PATIENCE)

    def load(file: Sequence[Delivery]) -> str:
        together.wait()  # passes only once both are here
        return file[0].load_id

    given = files(delivery("north.diploma", 2024), delivery("south.diploma", 2024))
    assert [loaded.result() for _, loaded in in_order(given, load, 2)] == [file[0].load_id for file in given]


def test_a_later_year_begins_after_the_earlier_one_ended() -> None:
    earlier_ended, seen = threading.Event(), []

    def load(file: Sequence[Delivery]) -> None:
        if file[0].school_year == 2025:
            seen.append(earlier_ended.is_set())
        else:
            threading.Event().wait(0.05)  # the later one would have begun by now
            earlier_ended.set()

    given = files(delivery("north.diploma", 2024), delivery("north.diploma", 2025))
    assert len(list(in_order(given, load, 2))) == 2
    assert seen == [True]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_one_file_stays_its_own(workers: int) -> None:
    def load(file: Sequence[Delivery]) -> str:
        if file[0].partner == "north":
            raise MilepostError("the disk is full")
        return "loaded"

    given = files(delivery("north.diploma", 2024), delivery("south.diploma", 2024))
    first, second = (loaded for _, loaded in in_order(given, load, workers))
    assert isinstance(first.exception(), MilepostError)
    assert second.result() == "loaded"


def test_a_caller_that_stops_begins_nothing_more() -> None:
    begun: list[str] = []
    given = files(*(delivery("north.diploma", year) for year in range(2020, 2025)))
    for _ in in_order(given, lambda file: begun.append(file[0].load_id), 2):
        break
    assert begun == ["north.diploma-2020-annual"]


def test_the_environment_names_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_LOAD_WORKERS", "3")
    assert load_workers() == 3
    monkeypatch.setenv("MILEPOST_LOAD_WORKERS", "none")
    with pytest.raises(MilepostError, match="MILEPOST_LOAD_WORKERS is not a number of files"):
        load_workers()
    monkeypatch.delenv("MILEPOST_LOAD_WORKERS")
    assert 1 <= load_workers() <= 4


def taken_in(home: Home, workers: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Load what lies in the inbox into a home without data; what came of it, without times."""
    monkeypatch.setenv("MILEPOST_LOAD_WORKERS", str(workers))
    told = json.loads(milepost("load", "--json").stdout)
    ledger = [json.loads(line) for line in home.ledger.read_text().splitlines()]
    rows = {
        str(path.relative_to(home.root)): duckdb.sql(
            f"select * from '{path}' order by _row_number"
        ).fetchall()
        for folder in (home.raw, home.quarantine)
        for path in sorted(folder.rglob("*.parquet"))
    }
    untimed = [{k: v for k, v in event.items() if k not in ("at", "seconds")} for event in ledger]
    for one in told["loaded"]:
        one.pop("seconds", None)
    for folder in (home.raw, home.quarantine, home.landing, home.gate, home.dagster):
        shutil.rmtree(folder, ignore_errors=True)
    home.ledger.unlink()
    home.create()
    return {"told": told, "rows": rows, "ledger": sorted(untimed, key=lambda e: (e["load_id"], e["event"]))}


def test_side_by_side_ends_as_one_after_the_other(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("students_2024.csv", STUDENTS)
    drop("students_2025.csv", STUDENTS.replace("4,,M", "5,,M"))
    drop("attendance_2024.csv", GOOD)
    drop("attendance_2025.csv", ONE_BAD_ROW)
    drop("attendance_2025_again.csv", NO_SCHOOL)
    inbox = home.root.parent / "kept"
    shutil.copytree(home.inbox, inbox)
    alone = taken_in(home, 1, monkeypatch)
    shutil.copytree(inbox, home.inbox, dirs_exist_ok=True)
    together = taken_in(home, 3, monkeypatch)
    assert {one["outcome"] for one in alone["told"]["loaded"]} == {
        "accepted",
        "accepted_with_quarantine",
        "rejected",
    }
    assert together == alone


def test_what_is_compared_with_a_delivery_that_was_cut_short_waits_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["north.person", "north.attendance", "south.attendance"]
    deliveries = [delivery(name, year) for year in (2024, 2025, 2026) for name in names]

    def order(times: dict[str, int]) -> list[str]:
        monkeypatch.setattr("ingestion.attempts.crashes", lambda _home: times)
        return [one.load_id.removesuffix("-annual") for one in suspects_last(Home(tmp_path), deliveries)]

    untouched = order({})
    assert untouched == [f"{name}-{year}" for year in (2024, 2025, 2026) for name in names]
    behind = ["north.attendance-2025", "north.attendance-2026"]
    first = [name for name in untouched if name not in behind]
    assert order({"north.attendance-2025-annual": 1}) == [*first, *behind]
