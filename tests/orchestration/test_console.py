"""Tables in a narrow terminal: words stay whole, numbers are never cut. Progress where there is none."""

import io
import os
import subprocess
import sys
from itertools import count
from types import SimpleNamespace

import pytest
from rich.console import Console

from orchestration import bars, console

LONG = "The file has fewer rows than before; a change of at most a fifth is expected of attendance"


def printed(monkeypatch: pytest.MonkeyPatch, columns: list[str], *rows: tuple[object, ...]) -> list[str]:
    """The lines of a table in a terminal of 80 columns."""
    wide = Console(width=80, highlight=False)
    monkeypatch.setattr(console, "out", wide)
    with wide.capture() as captured:
        console.print_table("", columns, rows)
    return captured.get().splitlines()


def test_words_stay_whole_and_long_names_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "attendance_of_all_schools_2024-25_annual.csv"
    lines = printed(
        monkeypatch,
        ["extract", "period", "load id", "rows", "why"],
        ("river_city_schools.assessment", "2025-annual", "48658faa", 456, f"{name}: {LONG}"),
    )
    words = " ".join(lines).split()
    assert all(len(line) <= 80 for line in lines)
    assert {*LONG.split(), "river_city_schools.assessment", "2025-annual", "456"} <= {*words}
    assert name + ":" not in words


def test_a_table_with_room_is_as_wide_as_its_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, ["what", "finding"], ("free disk", "81 GB or a little more"))
    assert [line.rstrip() for line in lines if "GB" in line] == [" free disk  81 GB or a little more"]


def test_an_id_that_does_not_fit_breaks_after_its_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ["extract", "period", "outcome", "rows", "accepted", "held back", "load id"]
    row = (
        "river_city_schools.student_status",
        "2025-annual",
        "accepted_with_quarantine",
        1,
        1,
        0,
        "48658faa",
    )
    lines = printed(monkeypatch, columns, row)
    assert {"river_city_schools.", "student_status", "accepted", "with", "quarantine", "48658faa"} <= {
        *" ".join(lines).split()
    }


def test_an_id_of_a_layout_breaks_after_each_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ["extract", "load id", "sha-256", "agreement", "received"]
    row = (
        "river_kids_club.participation.participation_log",
        "0812130037ee6637",
        "81b7de2d",
        "services_2020",
        "2026-11-29",
    )
    lines = printed(monkeypatch, columns, row)
    assert {"river_kids_club.", "participation.", "participation_log"} <= {*" ".join(lines).split()}


def test_a_number_is_folded_rather_than_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [f"n_children_{letter}" for letter in "abcdefghijklmno"]
    lines = printed(monkeypatch, columns, (1234567890,) * 15)
    below = lines[next(i for i, line in enumerate(lines) if "───" in line) + 1 :]
    assert sum(letter.isdigit() for line in below for letter in line) == 15 * 10


@pytest.mark.parametrize("columns", [None, "40"])
def test_a_table_in_a_file_is_as_wide_as_its_texts_unless_columns_are_asked_for(columns: str | None) -> None:
    code = (
        f"from orchestration.console import print_table; print_table('', ['what', 'why'], [('a', {LONG!r})])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    asked = {"COLUMNS": columns} if columns else {}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment | asked
    )
    widest = max(map(len, done.stdout.splitlines()))
    assert (f" a     {LONG}" in done.stdout) is (columns is None)
    assert widest <= (int(columns) if columns else len(LONG) + 10)


def test_data_between_colons_is_no_emoji() -> None:
    for shared in (console.out, console.err):
        with shared.capture() as captured:
            shared.print("a:x:b")
        assert captured.get() == "a:x:b\n"
    with console.out.capture() as captured:
        console.print_table("of 1:a:2", ["c:x:d"], [("a:x:b",), ("[red]:cat:",)], plain=True)
    assert {"of 1:a:2", "c:x:d", "a:x:b", "[red]:cat:"} <= {
        line.strip() for line in captured.get().splitlines()
    }


@pytest.mark.parametrize("plain", [True, False])
def test_what_would_control_a_terminal_is_shown_and_not_done(
    monkeypatch: pytest.MonkeyPatch, plain: bool
) -> None:
    safe = console.SafeConsole(width=80, highlight=False, force_terminal=True, no_color=True)
    monkeypatch.setattr(console, "out", safe)
    with safe.capture() as captured:
        safe.print("member \x1b[2Jname.csv\nnext line")
        console.print_table("", ["number"], [("W\x1b[31m8\x07",)], plain=plain)
    told = captured.get()
    assert "member \\x1b[2Jname.csv\nnext line" in told
    assert "W\\x1b[31m8\\x07" in told
    assert "\x1b[2J" not in told
    assert "\x07" not in told


def progress(monkeypatch: pytest.MonkeyPatch, **how: bool) -> str:
    """What is said of a load of two deliveries and of two steps of a refresh, 7 s after each other."""
    said, clock = io.StringIO(), count(step=7)
    monkeypatch.setattr(bars, "err", Console(file=said, width=40, **how))
    monkeypatch.setattr(bars, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    shown = bars.Bars({"release": "The release, whose title has more letters than the line"})
    with shown.showing():
        shown.expect(2)
        for _ in range(2):
            shown.loaded(None)
        for done in range(1, 8):
            shown.building("warehouse", done, 7)
        shown.building("release", 1, 1)
    return said.getvalue()


def test_without_a_terminal_progress_is_a_line_at_each_steps_end_and_in_long_ones_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert progress(monkeypatch, force_terminal=False).splitlines() == [
        "Loading deliveries: 0 of 2 after 7 s",
        "Loading deliveries: 2 of 2 after 21 s",
        "warehouse: 1 of 7 after 28 s",
        "warehouse: 6 of 7 after 63 s",
        "warehouse: 7 of 7 after 70 s",
        "The release, whose title has more letters than the line: done after 77 s",
    ]


def test_on_a_terminal_progress_is_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    said = progress(monkeypatch, force_terminal=True)
    assert "2/2" in said
    assert " after " not in said
