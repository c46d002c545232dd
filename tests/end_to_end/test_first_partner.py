"""The first partner of README.md: its commands in their order, as somebody types them who has one file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## Your first partner\n(?P<text>.*?)^## ", re.M | re.S)
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
FILE = "StudentID,SchoolCode,DaysPossible,DaysPresent\nP1,Oak,180,176\nP2,Oak,180,150\nP3,Elm,180,180\n"
EXTRACT = "our_partnership/communities/ours/extracts/our_district__attendance.yml"
# what a person does where the comments say so: an older first year, and the contract that README shows
BY_HAND = {
    "#   in communities/ours/community.yml,": "sed -i 's/{first: [0-9]*,/{first: 2025,/'"
    " ~/our_partnership/communities/ours/community.yml",
    "#   go through it,": f"grep -q 'days_absent: {{from: ..?..}}' ~/{EXTRACT}; cp contract.yml ~/{EXTRACT}",
}


def test_the_commands_for_a_first_partner_work_as_they_are_written(tmp_path: Path) -> None:
    section = SECTION.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert section
    blocks = {block["language"]: block["text"] for block in BLOCK.finditer(section["text"])}
    script = blocks["console"]
    for comment, by_hand in BY_HAND.items():
        script, n = re.subn(
            rf"^{re.escape(comment)}.*$", lambda _, by_hand=by_hand: by_hand, script, flags=re.M
        )
        assert n == 1, comment
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "activate").write_text(f'PATH="{binaries}:$PATH"\n')
    (binaries / "milepost").write_text(f'#!/bin/sh\nexec {sys.executable} -m orchestration.cli "$@"\n')
    (binaries / "milepost").chmod(0o755)
    (tmp_path / "attendance_2025.csv").write_text(FILE)
    (tmp_path / "contract.yml").write_text(blocks["yaml"])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    environment |= {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def run(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-c", text], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1800
        )  # fmt: skip

    done = run(script)
    assert done.returncode == 0, done.stdout + done.stderr
    asked = "select school_year, denominator is null as is_hidden from indicator_values"
    told = f"{script.split('milepost draft')[0].replace('milepost init', ': init')}\nmilepost query --json"
    rows = run(f"{told} \"{asked} where indicator_id = 'chronic_absence' limit 1\"")
    assert json.loads(rows.stdout) == [{"school_year": 2025, "is_hidden": True}]  # three children are few
