"""What identity keeps of its last export is believed only where this release wrote it, whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from accounts_of_partners import child, send

from identity.linking import link_persons
from ingestion.home import Home


@pytest.mark.parametrize("change", ["one more", "one less", "no counts", "cut"])
def test_counts_of_another_release_are_counted_anew(tmp_path: Path, change: str) -> None:
    home = Home(tmp_path)
    send(home, "north", child("1", first_name="Abel"), child("2", first_name="Zora"))
    counts = link_persons(home)
    assert (counts.students, counts.persons) == (2, 2)
    stamp = home.identity / "linked.json"
    mine = json.loads(stamp.read_text())
    theirs = {
        "one more": {**mine["counts"], "by_fingerprint": 3},
        "one less": {name: n for name, n in mine["counts"].items() if name != "refused_state_ids"},
        "no counts": 7,
        "cut": mine["counts"],
    }[change]
    text = json.dumps({**mine, "counts": theirs})
    stamp.write_text(text[:40] if change == "cut" else text)
    assert link_persons(home) == counts
    assert json.loads(stamp.read_text())["counts"] == mine["counts"]


def test_a_stamp_is_never_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    send(home, "north", child("1", first_name="Abel"))
    link_persons(home)
    stamp = home.identity / "linked.json"
    before, write = stamp.read_text(), Path.write_text

    def cut(self: Path, text: str) -> int:
        write(self, text[:10])
        raise OSError("the disk is full")

    send(home, "north", child("1", first_name="Abel"), child("2", first_name="Zora"))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", cut)
        with pytest.raises(OSError, match="full"):
            link_persons(home)
    assert stamp.read_text() == before
    assert link_persons(home).students == 2
