"""What may not leave: each bad table stops the release, names its rule and no value, and the last one stands."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from published_by_hand import build, change, publish_content, rows_in_current

from ingestion.home import Home
from ingestion.warehouse_file import attach_warehouse
from publishing.outgoing import RESULTS, check_outgoing
from publishing.release import publish
from publishing.release_contents import PromisedTable, ReleaseError
from tests.warehouse_to_write import write_warehouse

VALUES = "published.indicator_values"
ONE = "geography_id = 'north:1'"
RESTATED = (
    "insert into published.restatements by name select 'tiny' as community_id, 'absence' as indicator_id, "
    "'v1' as definition_version, 2025 as school_year, 'annual' as collection, 'community' as geography_level, "
    "'tiny' as geography_id, 'all' as disaggregate, 'all' as subgroup, 'r0001' as previous_release_id, "
    "'changed' as change, 100 as old_denominator, 100 as new_denominator, 0.4 as old_value, {new} as new_value, "
    "0.3 as old_value_low, 0.3 as new_value_low, 0.8 as old_value_high, 0.8 as new_value_high, "
    "'' as old_suppression, '' as new_suppression, '{cause}' as cause, '' as also_changed, 'r0002' as release_id"
)
BAD = {
    "a key twice": (
        f"insert into {VALUES} select * from {VALUES} where {ONE};insert into disclosure.cell_suppression values (9)",
        "key_is_unique",
    ),
    "no denominator under the minimum": (
        f"update {VALUES} set denominator = 9, numerator = 4, value = 4/9 where {ONE};"
        "update marts.indicator_cells set denominator = 9, numerator = 4 where " + ONE,
        "denominator_is_too_small",
    ),
    "a part over its whole": (f"update {VALUES} set numerator = 101 where {ONE}", "numerator_is_more_than"),
    "no share": (f"update {VALUES} set value = 1.5, value_high = 1.6 where {ONE}", "value_is_a_share"),
    "outside its interval": (f"update {VALUES} set value_low = 0.45 where {ONE}", "value_is_outside"),
    "hidden and told": (f"update {VALUES} set suppression = 'suppressed' where {ONE}", "is_hidden_and_told"),
    "hidden and its interval told": (
        f"update {VALUES} set suppression = 'suppressed', denominator = null, numerator = null, value = null "
        f"where {ONE}",
        "is_hidden_and_told",
    ),
    "a band and told": (
        f"update {VALUES} set suppression = 'coded_low', value_kind = 'band' where {ONE}",
        "is_banded_and_told",
    ),
    "not marked and not there": (
        f"update {VALUES} set denominator = null, numerator = null, value = null where {ONE}",
        "is_shown_and_missing",
    ),
    "not what the marts say": (
        f"update marts.indicator_cells set numerator = 43 where {ONE}",
        "is_not_what_marts_say",
    ),
    "held and another number than was shown": (
        f"update {VALUES} set held_since = 'r0001', numerator = 43, value = 0.43 where {ONE}",
        "is_not_what_was_shown",
    ),
    "held and never shown": (
        f"update {VALUES} set held_since = 'r0001' where geography_id = 'north:2'",
        "is_not_what_was_shown",
    ),
    "no title": (f"delete from published.geographies where {ONE}", "is_not_in_geographies"),
    "no value where one is promised": (
        f"update {VALUES} set data_maturity = null where {ONE}",
        "lacks_a_value",
    ),
    "another word than promised": (f"update {VALUES} set value_kind = 'guess' where {ONE}", "breaks_check"),
    "a child by its person_id": (
        "update published.geographies set title = 'p_17' where " + ONE,
        "no_person_is_named",
    ),
    "a social security number": (
        "update published.geographies set title = 'of 123-45-6789' where " + ONE,
        "no_social_security_number",
    ),
    "a gap of no published rate": (
        "insert into published.indicator_gaps by name select * exclude (numerator, rounded_to, value_low, value_high, value_kind,"
        " suppression, held_since) replace (0.9 as value), 'total' as reference, 'all' as reference_subgroup, 0.5 as reference_value,"
        " 1 as gap_points, 'ahead' as gap_status, 0 as children_to_close from published.indicator_values",
        "is_of_no_published_rate",
    ),
    "a jump without a cause": (RESTATED.format(new=0.42, cause="unexplained"), "jumps_without_a_cause"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One release of two values is current, and p_17 is somebody."""
    home = Home(tmp_path_factory.mktemp("home")).create()
    home.identity.mkdir()
    duckdb.sql("select 'p_17' as person_id, '17' as student_id").write_parquet(str(home.person_links))
    publish_content(home, 2)
    return home


@pytest.mark.parametrize("what", BAD)
def test_it_stops_the_release_and_the_last_one_stands(home: Home, what: str) -> None:
    sql, rule = BAD[what]
    build(home, 3)
    change(home, *sql.split(";"))
    with pytest.raises(ReleaseError) as caught:
        publish(home)
    assert rule in str(caught.value)
    assert "`milepost refresh`" in str(caught.value)
    assert not {"p_17", "123-45-6789"} & {*str(caught.value).split()}
    assert rows_in_current(home) == 2
    assert not home.release_folder("r0002").exists()


def test_a_number_that_is_held_is_the_one_that_was_shown_not_the_one_of_now(home: Home) -> None:
    of_now = f"update marts.indicator_cells set denominator = 101 where {ONE}"
    publish_content(home, 3, of_now, f"update {VALUES} set held_since = 'r0001' where {ONE}")
    assert rows_in_current(home) == 3


def test_a_jump_with_a_cause_is_told_and_a_small_one_without_too(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    publish_content(home, 2)
    made = publish_content(home, 3, RESTATED.format(new=0.52, cause="code_changed"))
    assert [warning for warning in made.warnings if "10 points" in warning]
    made = publish_content(home, 4, RESTATED.format(new=0.405, cause="unexplained"))
    assert [warning for warning in made.warnings if "nothing that it is made of" in warning]


def test_the_results_are_kept_with_the_release(home: Home) -> None:
    manifest = json.loads((home.current_release / "manifest.json").read_text())
    assert RESULTS in manifest["files"]
    counted = duckdb.sql(
        f"select count(*), count(*) filter (is_passed), count(distinct table_name) from '{home.current_release}/{RESULTS}'"
    ).fetchall()[0]
    assert counted[0] == counted[1] > 80
    assert counted[2] > 15


def test_a_table_of_children_uncounted_or_of_one_child_a_row_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    build(home, 1)
    with write_warehouse(home) as con:
        con.execute("create table published.visits as select 'a' as student_code, 'X' as clinic")
    columns = {"student_code": ("VARCHAR", ""), "clinic": ("VARCHAR", "")}
    promise = {"visits": PromisedTable("visits", "", columns, ("student_code",))}
    with duckdb.connect() as con:
        attach_warehouse(con, home)
        with pytest.raises(ReleaseError) as caught:
            check_outgoing(con, home, promise)
    assert "tells_of_children_uncounted" in str(caught.value)
    assert "no_column_is_a_persons" in str(caught.value)


def test_a_communitys_own_minimum_holds(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    build(home, 1)
    duckdb.sql("select 'tiny' as community_id, 101 as minimum_denominator").write_parquet(
        str(home.reference_file("communities"))
    )
    with pytest.raises(ReleaseError, match="denominator_is_too_small"):
        publish(home)
