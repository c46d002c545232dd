"""A release that tells of a child is refused before anything is written; one that does not says how it was attacked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from published_by_hand import build, rows_in_current
from small_release import ALL, SmallRelease, of

from ingestion.home import Home
from publishing.attack.refusal import attack_release
from publishing.dbt_project import DBT_PROJECT
from publishing.release import publish
from publishing.release_contents import ReleaseError
from tests.warehouse_to_write import write_warehouse

SAFE = {
    ALL: (208, 104),
    of("gender", "female"): (100, 50),
    of("gender", "male"): (99, 49),
    of("gender", "nonbinary"): (9, 5),
}
MALE, OTHER = of("gender", "male"), of("gender", "nonbinary")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


NAMES = (
    "community_id, indicator_id, definition_version, school_year, collection, geography_level, geography_id, "
    "disaggregate, subgroup, denominator, numerator, value, value_low, value_high, suppression"
)
# what a row needs besides, and the rows of other tables that it names
COMPLETED = """
update published.indicator_values set data_maturity = 'final', release_id = '{release_id}',
    value_kind = if(suppression = '', 'rate', null);
insert into published.subgroups by name select distinct disaggregate, subgroup, disaggregate as disaggregate_title,
    subgroup as subgroup_title, false as is_pair, 1 as sort_order, '{release_id}' as release_id
    from published.indicator_values where disaggregate <> 'all';
delete from published.school_years;
insert into published.school_years by name select distinct community_id, school_year, collection, 'final' as data_maturity,
    school_year::varchar as title, 1 as n_indicators, true as is_latest, '{release_id}' as release_id
    from published.indicator_values;
insert into published.geographies by name select distinct community_id, geography_level, geography_id,
    geography_id as title, '{release_id}' as release_id from published.indicator_values;
insert into published.disclosure_rules by name select 'riverbend' as community_id, 10 as minimum_denominator,
    5 as smallest_width, true as shows_bands, 4 as band_smallest, 0.05 as band_share, 'counts' as shows,
    '{release_id}' as release_id;
"""


def plant(home: Home, small: SmallRelease, notes: int = 1) -> None:
    """The warehouse as dbt would leave it, with indicator_values, its true cells and the rules of `small`."""
    release_id = build(home, notes)
    marks = ", ".join("?" * 15)
    with write_warehouse(home) as con:
        con.execute("delete from published.indicator_values; delete from published.geographies")
        con.execute("delete from marts.indicator_cells")
        con.execute(
            "create or replace table marts.indicator_cells as from published.indicator_values limit 0"
        )
        for table, rows in (
            ("published.indicator_values", small.con.execute("from published.indicator_values").fetchall()),
            ("marts.indicator_cells", small.con.execute("from true_cells").fetchall()),
        ):
            con.executemany(f"insert into {table} ({NAMES}) values ({marks})", rows)
        con.execute(COMPLETED.format(release_id=release_id))
        con.execute(
            "create or replace table disclosure.cell_suppression as from range("
            "(select count(*) from published.indicator_values))"
        )


def test_a_release_that_tells_is_refused_and_nothing_is_written(home: Home) -> None:
    plant(home, SmallRelease().table(SAFE, {MALE, OTHER}))
    assert publish(home).is_new
    before = sorted(path.name for path in home.published.iterdir())
    plant(home, SmallRelease().table(SAFE, {OTHER}), notes=2)
    with pytest.raises(ReleaseError) as caught:
        publish(home)
    text = str(caught.value)
    assert "absence (v1, annual) 2025 community riverbend gender nonbinary" in text
    assert "by the sum by gender of all all at community riverbend" in text
    assert "docs/attack.md" in text
    assert sorted(path.name for path in home.published.iterdir()) == before
    assert rows_in_current(home) == 4


def test_the_manifest_says_how_a_release_was_attacked_and_the_next_attacks_what_changed(home: Home) -> None:
    plant(home, SmallRelease().table(SAFE, {MALE, OTHER}).table(SAFE, {MALE, OTHER}, year=2024))
    first = publish(home)
    facts = json.loads((first.folder / "manifest.json").read_text())["attack"]
    assert (facts["cells"], facts["hidden"], facts["attacked"]) == (8, 4, 2)
    assert facts["narrowest_n"] >= 5
    # hashes of what was attacked are made of hidden counts too, and would confirm a guess: they stay at home
    assert "units" not in facts
    assert len(json.loads((home.released_folder("r0001") / "attacked.json").read_text())) == 2
    other = {**SAFE, ALL: (228, 114), MALE: (119, 59)}
    plant(home, SmallRelease().table(other, {MALE, OTHER}).table(SAFE, {MALE, OTHER}, year=2024), notes=2)
    second = publish(home)
    assert second.release_id == "r0002"
    assert json.loads((second.folder / "manifest.json").read_text())["attack"]["attacked"] == 1


def test_one_late_child_in_a_year_shown_before_is_refused(home: Home) -> None:
    plant(home, SmallRelease().table(SAFE, {MALE, OTHER}))
    publish(home)
    late = {**SAFE, ALL: (209, 105), of("gender", "female"): (101, 51)}
    plant(home, SmallRelease().table(late, {MALE, OTHER}), notes=2)
    with pytest.raises(ReleaseError, match="differs from release r0001"):
        publish(home)


def test_a_release_that_is_there_is_attacked_from_its_files(home: Home) -> None:
    plant(home, SmallRelease().table(SAFE, {MALE, OTHER}))
    publish(home)
    assert attack_release(home).findings == ()
    assert attack_release(home, "r0001").hidden == 2
    with pytest.raises(ReleaseError, match="r0007 is not kept"):
        attack_release(home, "r0007")


def outsider(folder: Path) -> subprocess.CompletedProcess[str]:
    script = DBT_PROJECT.parent / "docs" / "attack_a_release.py"
    return subprocess.run(
        [sys.executable, str(script), str(folder)], capture_output=True, text=True, check=False
    )


def test_an_outsider_with_a_script_finds_the_same(home: Home) -> None:
    """All of the community have a race, so those of the school have: the one hidden there is the rest."""
    small = SmallRelease()
    numbers = {ALL: (239, 119), of("race", "a"): (200, 100), of("race", "b"): (39, 19)}
    for school, (a, b) in {"s1": (150, 30), "s2": (50, 9)}.items():
        numbers[of("all", "all", school, "school")] = (a + b, (a + b) // 2)
        numbers[of("race", "a", school, "school")] = (a, a // 2)
        numbers[of("race", "b", school, "school")] = (b, b // 2)
    folder = home.root / "files"
    folder.mkdir()
    for place in ("s1", "s2"):
        small.place("school", place, "community", "riverbend")
    small.table(numbers, {of("race", "b", "s2", "school")})
    small.con.execute(
        f"copy (select 'riverbend' as community_id, 10 as minimum_denominator) to '{folder}/disclosure_rules.parquet'"
    )
    for table in ("indicator_values", "geographies"):
        small.con.execute(f"copy published.{table} to '{folder / table}.parquet'")
    done = outsider(folder)
    assert done.returncode == 1, done.stderr
    assert "pinned: riverbend absence v1 2025 annual school s2 race b denominator" in done.stdout
    small.change(
        "update published.indicator_values set denominator = null, numerator = null, value = null, value_low = null, "
        "value_high = null, suppression = 'suppressed' where subgroup = 'a' and geography_id = 's2' "
        "or subgroup = 'b' and geography_id = 's1' or subgroup = 'a' and geography_id = 's1'"
    )
    small.con.execute(f"copy published.indicator_values to '{folder / 'indicator_values'}.parquet'")
    done = outsider(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of them pinned down" in done.stdout
