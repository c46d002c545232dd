"""The demo's release under attack: by the command, by what its manifest says, and by an outsider's script."""

from __future__ import annotations

import json
import subprocess
import sys

import duckdb
import pytest

from publishing.dbt_project import DBT_PROJECT
from tests.conftest import Deployment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


def test_no_hidden_number_of_the_demo_can_be_worked_out(
    demo: tuple[Deployment, duckdb.DuckDBPyConnection],
) -> None:
    here, _ = demo
    facts = json.loads(here.run("release", "attack", "--json"))
    assert facts["findings"] == []
    assert facts["hidden"] > 0
    assert facts["narrowest_n"] >= 3  # a third of the minimum
    assert facts["attacked"] == facts["indicator_years"]
    manifest = json.loads((here.home / "published" / "current" / "manifest.json").read_text())
    assert manifest["attack"]["hidden"] == facts["hidden"]


MOST_BESIDE_OTHERS = 0.19  # of cells: what is aimed at for twice as many children and fewer pairs


def test_little_of_the_demo_is_hidden_beside_others(
    demo: tuple[Deployment, duckdb.DuckDBPyConnection],
) -> None:
    _, con = demo
    cells = "from warehouse.disclosure.cell_suppression"
    ((share,),) = con.execute(
        f"select avg((suppression = 'suppressed' and not is_small)::integer) {cells}"
    ).fetchall()
    assert share <= MOST_BESIDE_OTHERS
    # no single child is worth hiding what became of thousands
    totals = "geography_level = 'community' and disaggregate = 'all' and collection = 'annual'"
    large = con.execute(
        f"select indicator_id, school_year, suppression {cells} where {totals} and denominator >= 1000"
    ).fetchall()
    assert len(large) > 50
    assert [total for total in large if total[2] == "suppressed"] == []


def test_an_outsider_pins_down_no_number_of_the_demo(
    demo: tuple[Deployment, duckdb.DuckDBPyConnection],
) -> None:
    here, _ = demo
    script = DBT_PROJECT.parent / "docs" / "attack_a_release.py"
    folder = here.home / "published" / "current"
    done = subprocess.run(
        [sys.executable, str(script), str(folder), "2024"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "0 of them pinned down" in done.stdout
