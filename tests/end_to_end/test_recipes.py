"""The recipes of CONTRIBUTING.md, word for word, in a copy of the project where nothing else is touched."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.home import Home
from ingestion.warehouse_file import open_warehouse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("recipes")]

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: (?P<how>file|append)=(?P<path>\S+))?\n(?P<text>.*?)^```$", re.M | re.S
)


def blocks() -> Iterator[re.Match[str]]:
    return BLOCK.finditer((ROOT / "CONTRIBUTING.md").read_text())


class Copy:
    """A copy of the project as git would clone it, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home = folder / "milepost", folder / "home"
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                target = self.root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes((ROOT / name).read_bytes())

    def milepost(self, *arguments: str, expected: int = 0) -> str:
        environment = os.environ | {"MILEPOST_HOME": str(self.home), "PYTHONPATH": str(self.root)}
        environment.pop("MILEPOST_COMMUNITIES", None)
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=self.root, env=environment, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout

    def write(self, how: str, path: str, text: str) -> None:
        target = self.root / path
        assert target.exists() == (how == "append"), f"{path} was there already, or is not there to append to"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a") as file:
            file.write(text)

    def query(self, sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.milepost("query", sql, "--json"))
        return rows


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A small Riverbend, then every block of CONTRIBUTING.md written and its commands run."""
    copy = Copy(tmp_path_factory.mktemp("recipes"))
    copy.milepost("demo", "--children", "800")
    for block in blocks():
        if block["how"]:
            copy.write(block["how"], block["path"], block["text"])
    for block in blocks():
        if block["language"] == "console":
            for line in block["text"].splitlines():
                copy.milepost(*line.split()[1:])
    return copy


def test_one_contract_adds_a_district(copy: Copy) -> None:
    rows = copy.query(
        "select distinct state from published.load_quality where partner_id = 'hillcrest_schools'"
    )
    assert rows == [{"state": "accepted_with_quarantine"}]
    marts = "select person_id, days_absent from marts.fct_attendance where partner_id = 'hillcrest_schools'"

    with open_warehouse(Home(copy.home)) as con:
        assert sorted(row[1] for row in con.execute(marts).fetchall()) == [4, 18]
        chronic = con.execute(
            "select denominator, numerator from marts.indicator_cells where indicator_id = 'chronic_absence' and "
            "definition_version = 'ten_percent' and geography_id = 'HC03' and disaggregate = 'all'"
        ).fetchall()
    assert chronic == [(2, 1)]  # 18 of 180 days is exactly 10 %, and counts


def test_one_model_and_one_entry_add_an_indicator(copy: Copy) -> None:
    rows = copy.query(
        "select school_year, denominator, numerator from published.indicator_values where indicator_id = 'satisfactory_attendance' "
        "and collection = 'annual' and geography_level = 'community' and disaggregate = 'all' order by school_year"
    )

    with open_warehouse(Home(copy.home)) as con:
        expected = con.execute(
            "select school_year, count(*) as denominator, count(*) filter (absent * 100 <= enrolled * 4) as numerator from ("
            "  select person_id, school_year, sum(days_enrolled) as enrolled, sum(days_absent) as absent "
            "  from marts.fct_attendance where collection = 'annual' group by all"
            ") where enrolled >= 30 group by all order by school_year"
        ).fetchall()
        counted = con.execute(
            "select school_year, denominator, numerator from marts.indicator_cells where indicator_id = "
            "'satisfactory_attendance' and collection = 'annual' and geography_level = 'community' and "
            "disaggregate = 'all' order by school_year"
        ).fetchall()
    assert counted == expected
    # of the last year the other indicators are held, since two children came, who are a district: a new one of the same
    # children would tell of them, and shows nothing of that year yet
    before = expected[:-1]
    shown = [(row["school_year"], row["denominator"], row["numerator"]) for row in rows]
    assert shown == before
    assert copy.query("select title from published.indicators where indicator_id = 'satisfactory_attendance'")
