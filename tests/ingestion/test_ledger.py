"""The ledger survives kills, and one truth follows from it whatever was written."""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.lake.ledger import ACCEPTED, Ledger, fold
from tests.calls import calls_of


def event(kind: str, load_id: str, year: int | None = 2024, **facts: Any) -> dict[str, Any]:
    """An event of one extract; the load id stands for content and contract."""
    return {
        "event": kind,
        "load_id": load_id,
        "extract_id": "mill_schools.attendance",
        "community": "millbrook",
        "partner": "mill_schools",
        "entity": "attendance",
        "school_year": year,
        "collection": "annual",
        "sha256": f"sha-{load_id}",
        "file_name": f"{load_id}.csv",
        "fingerprint": "f",
        **facts,
    }


def statuses(ledger: Ledger) -> dict[str, str]:
    return {state.load_id: state.status for state in ledger.state()}


def test_a_deliverys_life_is_told_by_its_events(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(event("received", "a"))
    assert statuses(ledger) == {"a": "received"}
    ledger.append(event("accepted_with_quarantine", "a", rows=10, quarantined=2))
    ledger.append(event("received", "b"), event("rejected", "b", reason="too many rows held back"))
    assert statuses(ledger) == {"a": "accepted_with_quarantine", "b": "rejected"}
    ledger.append(event("superseded", "a"), event("accepted", "c", rows=11))
    assert statuses(ledger) == {"a": "superseded", "b": "rejected", "c": "accepted"}
    ledger.append(event("withdrawn", "c"), event("restored", "a"))
    assert statuses(ledger) == {"a": "accepted_with_quarantine", "b": "rejected", "c": "withdrawn"}
    in_force = ledger.in_force("mill_schools.attendance", 2024, "annual")
    assert in_force is not None
    assert (in_force.load_id, in_force.rows, in_force.quarantined) == ("a", 10, 2)
    assert in_force.delivery.landed == tmp_path / "landing" / "sha-a" / "a.csv"


def test_a_delivery_accepted_at_last_has_no_reason_for_its_earlier_rejection(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(event("received", "a"), event("rejected", "a", reason="disk"), event("accepted", "a"))
    assert [(s.status, s.reason) for s in ledger.state()] == [("accepted", None)]


@pytest.mark.parametrize("torn", ['{"event": "acc', '{"event": "received", "load_id": "x"}', "\x00\x00"])
def test_a_torn_last_line_is_not_read_and_is_cut_before_the_next_append(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).append(event("received", "a"))
    with path.open("a") as file:
        file.write(torn)
    ledger = Ledger(path)
    assert statuses(ledger) == {"a": "received"}
    ledger.append(event("received", "b"))
    assert statuses(ledger) == {"a": "received", "b": "received"}
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_ledger_that_is_nothing_but_a_torn_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"event": "rec')
    Ledger(path).append(event("received", "a"))
    assert statuses(Ledger(path)) == {"a": "received"}


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append(event("received", "a"))
    path.write_text(path.read_text() + "oops\n" + path.read_text())
    with pytest.raises(MilepostError, match=r"ledger\.jsonl:2: the line is not an event of the ledger"):
        ledger.state()


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(event("received", "a"))
    before = ledger.path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[: len(data) // 2]))
    with pytest.raises(OSError, match="No space left"):
        ledger.append(event("received", "b"))
    monkeypatch.undo()
    assert ledger.path.read_bytes() == before


def test_another_processs_events_are_seen(tmp_path: Path) -> None:
    mine, theirs = Ledger(tmp_path / "ledger.jsonl"), Ledger(tmp_path / "ledger.jsonl")
    mine.append(event("received", "a"))
    assert statuses(mine) == {"a": "received"}
    theirs.append(event("accepted", "a"))
    assert statuses(mine) == {"a": "accepted"}


def test_appends_at_the_same_time_are_all_there_and_whole(tmp_path: Path) -> None:
    def write(name: int) -> None:
        for number in range(20):
            Ledger(tmp_path / "ledger.jsonl").append(event("received", f"{name}-{number}"))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses(Ledger(tmp_path / "ledger.jsonl"))) == 60


def test_each_event_is_parsed_once_and_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    def calls(n: int) -> Counter[str]:
        path = tmp_path / f"{n}.jsonl"
        lines = [
            {**event(kind, f"l{i}", 2000 + i // 20), "at": "t"}
            for i in range(n)
            for kind in ("received", "accepted")
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        ledger = Ledger(path)
        counted = calls_of(ledger.state)
        assert len(ledger.state()) == n
        return counted

    few, many = calls(500), calls(2500)
    assert many["loads"] == 5000
    assert many.total() < 5.5 * few.total()


def test_an_unknown_event_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="acepted"):
        Ledger(tmp_path / "ledger.jsonl").append(event("acepted", "a"))


LIVES = st.lists(
    st.tuples(
        st.sampled_from(
            ["received", "accepted", "accepted_with_quarantine", "rejected", "withdrawn", "superseded"]
        ),
        st.sampled_from("abc"),
        st.sampled_from([2024, 2025]),
    ),
    max_size=25,
)


@given(LIVES)
def test_in_force_is_the_one_accepted_last_and_not_withdrawn_since(lives: list[tuple[str, str, int]]) -> None:
    events = [
        {**event(kind, f"{name}{year}", year), "at": str(n)} for n, (kind, name, year) in enumerate(lives)
    ]
    states = fold(events, Home(Path("/nowhere")))
    for year in (2024, 2025):
        order: list[str] = []
        for kind, name, when in lives:
            if when == year and kind in (*ACCEPTED, "withdrawn"):
                order = [other for other in order if other != name] + ([name] if kind in ACCEPTED else [])
        expected = [f"{order[-1]}{year}"] if order else []
        assert [s.load_id for s in states if s.in_force and s.delivery.school_year == year] == expected


@given(LIVES, st.integers(0, 25))
def test_folding_again_or_in_two_parts_gives_the_same(lives: list[tuple[str, str, int]], cut: int) -> None:
    import tempfile

    events = [event(kind, f"{name}{year}", year) for kind, name, year in lives]
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.jsonl")
        for part in (events[:cut], events[cut:]):
            if part:
                ledger.append(*part)
            ledger.state()
        assert ledger.state() == Ledger(ledger.path).state()


def test_a_ledger_put_back_from_a_backup_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append(event("received", "a"), event("accepted", "a"))
    backup = path.read_text()
    ledger.append(event("received", "b"), event("rejected", "b"))
    assert statuses(ledger) == {"a": "accepted", "b": "rejected"}
    path.write_text(backup)
    assert statuses(ledger) == {"a": "accepted"}
    path.write_text(backup.replace('"a"', '"c"') + backup)  # the same file, longer, with another beginning
    assert statuses(Ledger(path)) == {"c": "superseded", "a": "accepted"}
