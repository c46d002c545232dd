"""`milepost identity review` at a real terminal: one pair at a time, each decision kept as it is made."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from identity.linking import link_persons
from identity.review import Pair, review_queue
from identity.vault import open_vault
from ingestion.home import Home
from tests.conftest import COMMAND
from tests.identity.accounts_of_partners import cohort, send

ASKED = "[q]uit"
WHY = "Why (may be empty)"
PATIENCE = 120  # seconds, for a machine that does much else
NAMES = ("first_name", "last_name")
OTHER_NAMES = ("Xyqora", "Wubbel", "Zzenka", "Quoxil")


class Terminal:
    """The command with a terminal of its own for stdin and stdout; what it says on stderr is kept apart."""

    def __init__(self, home: Home, stderr: Path, *arguments: str) -> None:
        self.keyboard, screen = pty.openpty()
        self.seen = ""
        environment = {**os.environ, "MILEPOST_HOME": str(home.root), "COLUMNS": "160", "TERM": "dumb"}
        with stderr.open("wb") as log:
            self.process = subprocess.Popen(
                [str(COMMAND), "identity", "review", *arguments],
                stdin=screen, stdout=screen, stderr=log, env=environment, start_new_session=True,
            )  # fmt: skip
        os.close(screen)

    def until(self, text: str) -> str:
        """What is on the screen since the last call, up to `text`."""
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            readable, _, _ = select.select([self.keyboard], [], [], max(0.0, end - time.monotonic()))
            assert readable, f"no {text!r} on the screen"
            self.seen += os.read(self.keyboard, 4096).decode()
        shown, _, self.seen = self.seen.partition(text)
        return shown

    def type(self, text: str) -> None:
        os.write(self.keyboard, f"{text}\n".encode())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.keyboard)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Four children of two partners of whom all fits but the first name: twins, or the same child."""
    monkeypatch.setenv("MILEPOST_PERSON_KEY", "a key for tests")
    home = Home(tmp_path / "home")
    clinic = cohort("C", 20, 60)
    for number, name in enumerate(OTHER_NAMES):
        clinic[number] = {**clinic[number], "first_name": name}
    send(home, "north", *cohort("N", 0, 60))
    send(home, "clinic", *clinic)
    link_persons(home)
    return home


@pytest.fixture
def pairs(home: Home) -> list[Pair]:
    with open_vault(home, read_only=True) as con:
        found = review_queue(con)
    assert len(found) >= len(OTHER_NAMES)
    return found


@pytest.fixture
def stderr(tmp_path: Path) -> Path:
    return tmp_path / "stderr"


@pytest.fixture
def terminal(home: Home, stderr: Path, pairs: list[Pair]) -> Iterator[Terminal]:
    assert pairs
    opened = Terminal(home, stderr, "--reviewer", "Ann Lee")
    yield opened
    opened.close()


def kept(home: Home) -> list[tuple[str, ...]]:
    with open_vault(home, read_only=True) as con:
        return con.execute(
            "select student_id, other_student_id, decision, reviewer, reason from vault.decision order by all"
        ).fetchall()


def decided(pair: Pair, *rest: str) -> tuple[str, ...]:
    return (pair.left.student_id, pair.right.student_id, *rest)


def test_a_reviewer_decides_skips_and_quits(
    home: Home, pairs: list[Pair], terminal: Terminal, stderr: Path
) -> None:
    first = terminal.until(ASKED)
    assert f"Pair 1 of {len(pairs)}" in first
    for said in (pairs[0].left.student_id, pairs[0].right.student_id, str(pairs[0].one["first_name"])):
        assert said in first
    terminal.type("s")
    terminal.until(WHY)
    terminal.type("asked the family")
    assert "Pair 2" in terminal.until(ASKED)
    terminal.type("x")  # no answer: it asks again, of the same pair
    assert "Pair 3" not in terminal.until(ASKED)
    terminal.type("d")
    terminal.until(WHY)
    terminal.type("")
    assert "Pair 3" in terminal.until(ASKED)
    terminal.type("")  # later is what is meant where nothing is said
    assert "Pair 4" in terminal.until(ASKED)
    terminal.type("q")
    assert terminal.process.wait(PATIENCE) == 0
    assert kept(home) == sorted(
        [
            decided(pairs[0], "same", "Ann Lee", "asked the family"),
            decided(pairs[1], "different", "Ann Lee", ""),
        ]
    )
    said = stderr.read_text()
    assert "next `milepost refresh`" in said
    names = {str(side[field]) for pair in pairs for side in (pair.one, pair.other) for field in NAMES}
    written = [said, *(file.read_text() for kind in ("*.log", "*.jsonl") for file in home.root.rglob(kind))]
    assert not [text for text in written if any(name in text for name in names)]
    with open_vault(home, read_only=True) as con:
        assert [pair.left for pair in review_queue(con)] == [pair.left for pair in pairs[2:]]


def test_a_decision_is_kept_before_the_next_pair_is_shown(
    home: Home, pairs: list[Pair], terminal: Terminal
) -> None:
    terminal.until(ASKED)
    terminal.type("d")
    terminal.until(WHY)
    terminal.type("twins")
    terminal.until(ASKED)
    terminal.process.kill()
    terminal.process.wait(PATIENCE)
    assert kept(home) == [decided(pairs[0], "different", "Ann Lee", "twins")]
