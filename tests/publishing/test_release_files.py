"""The files of a release: equal bytes for equal rows, CSV that runs nothing, a data package that is valid."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from published_by_hand import build, change, publish_content, rows_in_current

from ingestion.home import Home
from publishing import release_files
from publishing.release import publish

if TYPE_CHECKING:
    from conftest import SmallWarehouse

NAMES = ["=1+2", "@x", "-1", 'Åse\'s "school"', "<script>alert(1)</script>", "日本, two\nlines", "+x"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A release whose schools have such names."""
    home = Home(tmp_path).create()
    build(home, len(NAMES))
    for number, name in enumerate(NAMES):
        text = name.replace("'", "''")
        change(
            home, f"update published.geographies set title = '{text}' where geography_id = 'north:{number}'"
        )
    publish(home)
    return home


@pytest.mark.xdist_group("published")
def test_the_same_inputs_give_the_same_bytes_in_another_home(
    here: SmallWarehouse, warehouse: SmallWarehouse, tmp_path: Path
) -> None:
    publish(here.home)
    home = warehouse.copied(tmp_path / "another").home
    # rows in another order, as another build may have them
    change(
        home,
        "create or replace table published.indicator_values as from published.indicator_values order by random()",
        "create or replace table published.indicator_gaps as from published.indicator_gaps order by random()",
    )
    publish(home)
    ours, theirs = (h.current_release for h in (here.home, home))
    manifest = json.loads((ours / "manifest.json").read_text())
    assert len(manifest["tables"]) > 15
    for facts in manifest["tables"].values():
        for name in (facts["file"], facts["csv"]["file"]):
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    with duckdb.connect() as con:
        for place, folder in (("a", ours), ("b", theirs)):
            con.execute(f"attach '{folder}/release.duckdb' as {place} (read_only)")
        for table in manifest["tables"]:
            differing = con.execute(
                f"select count(*) from ((from a.published.{table} except all from b.published.{table}) union all "
                f"(from b.published.{table} except all from a.published.{table}))"
            ).fetchall()
            assert differing == [(0,)], table


def test_names_come_through_and_no_cell_is_a_formula(home: Home) -> None:
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        told = con.execute("select title from published.geographies order by geography_id").fetchall()
    assert [title for (title,) in told] == NAMES
    with (home.current_release / "geographies.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    titles = [row["title"] for row in sorted(rows, key=lambda row: row["geography_id"])]
    assert titles == [f"'{name}" if name[0] in "=@-+" else name for name in NAMES]
    assert all(cell[:1] not in ("=", "@", "+") for row in rows for cell in row.values())


@pytest.mark.parametrize("which", ["by_hand", "small"])
@pytest.mark.xdist_group("published")
def test_the_data_package_is_valid(which: str, home: Home, request: pytest.FixtureRequest) -> None:
    from frictionless import Package, system

    system.trusted = True
    if which == "small":
        home = request.getfixturevalue("here").home
        publish(home)
    folder = home.current_release.resolve()
    package = Package(str(folder / "datapackage.json"))
    assert {resource.name for resource in package.resources} >= {
        "indicator_values",
        "geographies",
        "restatements",
    }
    report = package.validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "note"])[:5]


def test_a_broken_reference_makes_the_package_invalid(home: Home, tmp_path: Path) -> None:
    from frictionless import Package, system

    system.trusted = True
    copy = tmp_path / "copy"
    shutil.copytree(home.current_release.resolve(), copy)
    file = copy / "geographies.csv"
    file.chmod(0o644)
    file.write_text(file.read_text(encoding="utf-8").replace("north:3", "north:9"), encoding="utf-8")
    report = Package(str(copy / "datapackage.json")).validate()
    kinds = {kind for (kind,) in report.flatten(["type"])}
    assert "foreign-key" in kinds


@pytest.mark.parametrize("step", ["_write_table", "_write_files", "data_package", "sync"])
def test_a_full_disk_leaves_the_release_before(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    build(home, 2)
    with monkeypatch.context() as patched:
        patched.setattr(release_files, step, full)
        with pytest.raises(OSError, match="No space left"):
            publish(home)
    assert rows_in_current(home) == len(NAMES)
    made = publish(home)
    assert (made.release_id, rows_in_current(home)) == ("r0002", 2)
    assert not list(home.published.glob(".unfinished*"))


def test_how_final_the_years_are_is_in_the_manifest(home: Home) -> None:
    manifest = json.loads((home.current_release / "manifest.json").read_text())
    assert manifest["data_maturity"] == [
        {"community_id": "tiny", "school_year": 2025, "collection": "annual", "data_maturity": "final"}
    ]
    assert publish_content(home, 1).is_new
