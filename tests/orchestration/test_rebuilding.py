"""A slice of Riverbend refreshed change by change, beside the same lake built from nothing by dbt alone."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection
from copy import deepcopy
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from ingestion.home import Home
from ingestion.warehouse_file import open_warehouse
from orchestration import settings
from orchestration.cli import app
from orchestration.console import Exit
from publishing.shown_values import ensure_shown_values
from synthetic import Manifest, write_community
from tests.dbt_in_process import problems, run_dbt

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rebuilding")]

PROJECT = Path(__file__).parents[2]
CHILDREN, FIRST_YEAR, LAST_YEAR = 300, 2022, 2025  # four years: a cohort from its ninth grade to its diplomas
# what takes longest to load and adds no entity
LEFT_OUT = ("_winter.", "_spring.", "benchmark_", "literacy_", "admissions_", "_history.")
# what a build reads; the rest of a home is its past
OF_THE_LAKE = ("snapshot", "gate", "reference", "identity", "ledger.jsonl")
SCHOOLS = ("assessment", "attendance", "course_mark", "diploma", "discipline", "enrollment", "student_year")
OF_SCHOOLS = {
    *(f"marts.fct_{entity}" for entity in SCHOOLS),
    *("marts.dim_person", "marts.dim_school", "marts.indicator_cells", "staging.stg_codes"),
}
Rows = tuple[int, int]
OWN_TIMES = ("marts.fct_discipline", "marts.fct_diploma", "marts.dim_person")


class Community:
    """Riverbend's configuration and home, both in a temporary folder, changed by a test as people would."""

    def __init__(self, folder: Path, made: Manifest) -> None:
        self.home = settings.prepare_environment(Home(folder / "home")).create()
        self.configuration = folder / "communities" / "riverbend"
        self.made = made.folder / "deliveries"
        shutil.copytree(PROJECT / "communities", folder / "communities")

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.configuration / file
        assert path.read_text().count(old) == 1, f"{old} in {file}"
        path.write_text(path.read_text().replace(old, new))

    def drop(self, name: str, text: str | None = None) -> None:
        """A file of the partner's, as it was made or with other content, into the inbox."""
        target = self.home.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((self.made / name).read_bytes() if text is None else text.encode())

    def load_id(self, extract_id: str, school_year: int) -> str:
        accepted = [
            event
            for event in map(json.loads, self.home.ledger.read_text().splitlines())
            if event["event"].startswith("accepted")
            and (event["extract_id"], event["school_year"]) == (extract_id, school_year)
        ]
        return str(accepted[-1]["load_id"])

    def refreshed(self) -> dict[str, Rows]:
        # of so few children a year that was published may not be published again; it is built all the same
        milepost("refresh", expected={Exit.OK, Exit.REJECTED})
        return contents(self.home)

    def built_from_nothing(self, folder: Path) -> dict[str, Rows]:
        """The tables of an empty warehouse beside a copy of this lake, after all of dbt's models."""
        from dbt.contracts.graph.manifest import Manifest as DbtManifest

        from orchestration.warehouse import FINGERPRINT, prepared_manifest

        other = Home(folder).create()
        for name in OF_THE_LAKE:
            source = self.home.root / name
            if source.is_dir():
                shutil.copytree(source, other.root / name, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, other.root / name)
        ensure_shown_values(other)
        manifest = DbtManifest.from_dict(deepcopy(prepared_manifest()))
        kinds = ("--resource-type", "seed", "--resource-type", "model")
        of_now = json.dumps({"project_hash": prepared_manifest()[FINGERPRINT]})
        left_out = ("--exclude", "path:models/published", "--vars", of_now)
        result = run_dbt(manifest, other, "build", *kinds, *left_out)
        assert result.success, problems(result)
        return contents(other)


def milepost(*arguments: str, expected: Collection[int] = (Exit.OK,)) -> None:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code in expected, done.output


def contents(home: Home) -> dict[str, Rows]:
    """Of every table and view before the published layer, how many rows, and a hash of them in any order.

    Not of disclosure control: what may be shown depends on what releases showed before.
    """
    with open_warehouse(home) as con:
        con.execute(f"set file_search_path = '{home.root}'")
        names = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema not in ('published', 'disclosure')"
        ).fetchall()
        told = "select count(*), coalesce(sum(hash(t)::hugeint), 0) from"
        return {name: con.execute(f"{told} {name} as t").fetchall()[0] for (name,) in names}


def built_at(home: Home) -> dict[str, float]:
    """When Dagster last saw each of a few marts built."""
    instance, times = settings.dagster_instance(home), {}
    for name in OWN_TIMES:
        event = instance.get_latest_materialization_event(dg.AssetKey(name.split(".")))
        assert event is not None
        times[name] = event.timestamp
    return times


@pytest.fixture
def community(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Community:
    """Loaded, nothing refreshed yet."""
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(tmp_path / "communities"))
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MILEPOST_PERSON_KEY", "a key for tests")
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("MILEPOST_WEBHOOK", raising=False)
    made = write_community(
        tmp_path / "made",
        children_per_year=CHILDREN,
        first_year=FIRST_YEAR,
        n_years=LAST_YEAR - FIRST_YEAR + 1,
        interim_years=1,
        with_sectors=False,
    )
    here = Community(tmp_path, made)
    written = (here.configuration / "community.yml").read_text()
    (pairs,) = re.findall(r"^    pairs: .*$", written, flags=re.M)
    here.edit("community.yml", pairs, "    pairs: []")
    for file in made.deliveries:
        if not any(part in file.path for part in LEFT_OUT):
            here.drop(file.path.removeprefix("deliveries/"))
    milepost("load")
    return here


def test_building_what_changed_ends_in_the_same_tables_as_building_everything(
    community: Community, tmp_path: Path
) -> None:
    home = community.home
    tables = community.refreshed()
    # schools and colleges alone are sent here, and nothing is late yet
    empty = {name for name, rows in tables.items() if rows[0] == 0}
    assert "intermediate.int_incomplete_years" in empty
    assert empty.isdisjoint(OF_SCHOOLS)
    assert tables.keys() >= OF_SCHOOLS
    first = built_at(home)

    def change(name: str, *changed: str) -> None:
        nonlocal tables
        before, tables = tables, community.refreshed()
        untouched = [table for table in changed if tables[table] == before[table]]
        assert untouched == [], f"{name} was to change them"

    # a build from nothing takes as long as two changes; those between two of them are of other entities, so that none
    # puts right what another one missed
    def compare(name: str) -> None:
        everything = community.built_from_nothing(tmp_path / name)
        assert tables.keys() == everything.keys()
        assert [table for table in tables if tables[table] != everything[table]] == [], name

    discipline = f"river_city/discipline_{LAST_YEAR - 1}-{LAST_YEAR % 100}_annual.csv"
    lines = (community.made / discipline).read_text().splitlines(keepends=True)
    community.drop(discipline, "".join(line for number, line in enumerate(lines) if number % 4 != 1))
    milepost("load")
    change("a_correction", "marts.fct_discipline", "marts.indicator_cells")
    assert built_at(home)["marts.fct_discipline"] > first["marts.fct_discipline"]
    assert built_at(home)["marts.fct_diploma"] == first["marts.fct_diploma"], "diplomas know no discipline"
    assert built_at(home)["marts.dim_person"] == first["marts.dim_person"], "nobody is known by it alone"

    community.edit("cut_scores.csv", "state_test,reading,03,2023,,470", "state_test,reading,03,2023,,520")
    change("a_cut_score", "marts.fct_assessment", "marts.early_grade_reading")
    compare("correction_and_cut_score")

    community.edit("crosswalks/river_city_schools.csv", "action_code,9,other,,", "action_code,9,expulsion,,")
    change("a_crosswalk_row", "staging.stg_codes", "marts.fct_discipline", "marts.suspension")

    community.edit("community.yml", "fall: {maturity: interim}", "fall: {maturity: preliminary}")
    change("a_maturity", "marts.indicator_cells")
    compare("crosswalk_and_maturity")

    of_lakeshore = community.load_id("lakeshore_unified.discipline", LAST_YEAR)
    milepost("withdraw", of_lakeshore, "--reason", "test")
    change(
        "a_withdrawal",
        *("intermediate.int_discipline_coverage", "intermediate.int_incomplete_years"),
        *("intermediate.int_course_years", "marts.indicator_cells"),
    )
    compare("withdrawal")
