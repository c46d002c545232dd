"""A real Superset on a real release: dashboards come in, show the release's numbers, and come in once.

Runs where `make superset` has installed Superset (`.venv-superset`), or where MILEPOST_TEST_SUPERSET asks for it.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import psycopg
import pytest
import requests

from orchestration.superset import environment_folder
from tests.conftest import Deployment
from tests.end_to_end.superset_client import SupersetClient
from tests.ingestion.connectors.servers import PostgresServer, free_port, postgresql_programs
from tests.publishing.dashboards.questions import charts
from tests.publishing.postgres.test_dashboard_queries import AT_COMMUNITY, rows_read

ASKED_FOR = os.environ.get("MILEPOST_TEST_SUPERSET")
IS_INSTALLED = (environment_folder() / "bin" / "superset").exists()
ROOT = Path(__file__).parents[2]
PASSWORD = "a password for tests"
READING = """
    select value, denominator from indicator_values join indicators using (indicator_id, definition_version)
    where indicator_id = 'early_grade_reading' and is_default and collection = 'annual' and school_year = 2025
        and geography_level = 'community' and disaggregate = 'all'
"""
HIDDEN = """
    select geographies.title, indicators.title, subgroup_title
    from indicator_values
        join indicators using (indicator_id, definition_version)
        join subgroups using (disaggregate, subgroup)
        join geographies using (community_id, geography_level, geography_id)
    where suppression = 'suppressed' and is_default and collection = 'annual' and school_year = 2025
        and geography_level = 'school' and disaggregate = 'race_ethnicity'
    order by all limit 1
"""

# what a demo of so few children shows nothing of: indicators without a value, and which schools hold the gap
# that the dashboard opens with
WITHOUT_VALUES = """
    select title from indicators where is_default and indicator_id not in (select indicator_id from indicator_values)
    union all
    select 'Schools that hold the gap against the best-off subgroup of the community, latest year'
    where not exists (
        from (
            select reference_subgroup, school_year = max(school_year) over (partition by indicator_id) as is_latest
            from gap_drivers inner join indicators using (indicator_id, definition_version)
            where is_default and collection = 'annual'
        ) where is_latest and reference_subgroup <> 'everyone_else'
    )
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(
        not (IS_INSTALLED or ASKED_FOR),
        reason="Superset is not installed: run `make superset-environment`, or set MILEPOST_TEST_SUPERSET=1",
    ),
]


class Running(NamedTuple):
    """A deployment whose Superset runs, and somebody logged in."""

    here: Deployment
    client: SupersetClient
    postgres: str  # URI of a reader of the community; empty where there is no PostgreSQL

    def shown(self, dashboard: int, chart: int, **chosen: str) -> list[dict[str, Any]]:
        """What a chart of the dashboard shows as it opens, or with other values of its filters."""
        return self.client.rows(chart, self.client.chosen(dashboard, chart) | chosen)

    def release(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.here.home / "published" / "current.duckdb"), read_only=True) as con:
            return con.execute(f"use published; {sql}").fetchall()


@pytest.fixture(scope="module")
def running(demo: tuple[Deployment, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`milepost superset` on a copy of the demo's release, and on the same exported where there is a PostgreSQL."""
    if not IS_INSTALLED:
        subprocess.run(["make", "superset-environment"], cwd=ROOT, check=True, timeout=1800)
    here = Deployment(tmp_path_factory.mktemp("superset"))
    here.communities = demo[0].communities
    shutil.copytree(demo[0].home / "published", here.home / "published", symlinks=True)
    variables = {"MILEPOST_SUPERSET_PASSWORD": PASSWORD}
    programs = postgresql_programs()
    server = PostgresServer(programs) if programs else None
    if server:
        variables["MILEPOST_SUPERSET_POSTGRES"] = exported(here, server)
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            here.run("superset", "--background", "--port", str(port), seconds=1800)
            client = SupersetClient(f"http://127.0.0.1:{port}", PASSWORD)
            yield Running(here, client, variables.get("MILEPOST_SUPERSET_POSTGRES", ""))
        finally:
            here.run("down")
            if server:
                server.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/health", timeout=5)


def exported(here: Deployment, server: PostgresServer) -> str:
    """The release in PostgreSQL, as the docs say; the URI of a login that sees its community."""
    server.sql(
        "create role loader login createrole password 'right'", "grant create on database postgres to loader"
    )
    at = f"127.0.0.1:{server.port}/postgres"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILEPOST_POSTGRES", f"postgresql://loader@{at}")
        patch.setenv("PGPASSWORD", "right")
        here.run("export", "postgres", seconds=1800)
    server.sql(
        "create role riverbend_staff login password 'right'", "grant community_riverbend to riverbend_staff"
    )
    return f"postgresql://riverbend_staff:right@{at}"


def slugs(running: Running, page: str) -> list[str]:
    """The page on the release file, and on PostgreSQL."""
    found = [slug for slug in running.client.dashboards() if slug == page or slug.startswith(f"{page}-")]
    assert len(found) == 1 + bool(running.postgres)
    return found


@pytest.mark.parametrize("page", ["outcomes", "gaps", "data_quality"])
def test_every_chart_shows_something(running: Running, page: str) -> None:
    nothing = {title for (title,) in running.release(WITHOUT_VALUES)}
    for slug in slugs(running, page):
        dashboard = running.client.dashboards()[slug]
        charts = running.client.charts(dashboard)
        assert len(charts) > 4
        empty = {name for name, chart in charts.items() if not running.shown(dashboard, chart)}
        assert empty == nothing & {*charts}


def test_postgresql_goes_through_no_more_rows_than_there_are(running: Running) -> None:
    """Where it takes many rows for a few, it reads the others once for each, and a chart takes a minute."""
    if not running.postgres:
        pytest.skip("needs PostgreSQL's initdb (package postgresql)")
    ((numbers,),) = running.release("select count(*) from indicator_values")
    with psycopg.connect(running.postgres, autocommit=True) as session:
        for question in charts(AT_COMMUNITY):
            _, most = rows_read(session, question.sql)
            assert most <= numbers, (question.dashboard, question.title)


def test_a_number_is_that_of_the_release(running: Running) -> None:
    ((value, denominator),) = running.release(READING)
    for slug in slugs(running, "outcomes"):
        dashboard = running.client.dashboards()[slug]
        charts = running.client.charts(dashboard)
        years = running.shown(dashboard, charts["Early grade reading"])
        assert max(years, key=lambda row: row["school_year_end"])["rate"] == pytest.approx(value, abs=1e-12)
        table = running.shown(dashboard, charts["Every indicator of all children, latest year"])
        (row,) = [row for row in table if row["indicator"] == "Early grade reading"]
        assert (row["denominator"], row["share"]) == (denominator, f"{100 * value:.1f} %")


def test_a_hidden_number_is_hidden_and_not_0(running: Running) -> None:
    ((place, indicator, subgroup),) = running.release(HIDDEN)
    for slug in slugs(running, "outcomes"):
        dashboard = running.client.dashboards()[slug]
        school = {"geography_level": "school", "place": place, "indicator": indicator}
        charts = running.client.charts(dashboard)
        table = running.shown(dashboard, charts["By subgroup, latest year"], **school)
        (row,) = [row for row in table if row["subgroup_title"] == subgroup]
        assert (row["share"], row["denominator"], row["share_between"]) == ("hidden", None, None)
        line = running.shown(dashboard, charts["By subgroup over the years"], **school)
        hidden = [row for row in line if row["subgroup_title"] == subgroup]
        assert hidden
        assert max(hidden, key=lambda row: row["school_year_end"])["rate"] is None


def test_without_its_filters_a_chart_shows_no_mix(running: Running) -> None:
    charts = running.client.charts(running.client.dashboards()["outcomes"])
    rows = running.client.rows(
        charts["Chronic absence"], {}
    )  # three definitions, every place, every collection
    assert {row["rate"] for row in rows} == {None}


def test_setting_up_again_doubles_nothing(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingestion.home import Home
    from orchestration.superset import provision
    from publishing.dashboards.bundle import Connection, duckdb_uri

    before = running.client.identities()
    assert len(before["database"]) == 1 + bool(running.postgres)
    monkeypatch.delenv("MILEPOST_SUPERSET_PASSWORD")
    home = Home(running.here.home)
    assert provision(home, [Connection("Milepost", duckdb_uri(home.current_database))]) is None
    assert running.client.identities() == before
    SupersetClient(running.client.url, PASSWORD)  # the admin's password is what it was


def test_a_new_release_is_shown_at_once(running: Running) -> None:
    dashboard = running.client.dashboards()["outcomes"]
    reading = running.client.charts(dashboard)["Early grade reading"]
    assert running.shown(dashboard, reading)
    published = running.here.home / "published"
    changed = published / "changed.duckdb"
    shutil.copyfile(published / "current.duckdb", changed)
    with duckdb.connect(str(changed)) as con:
        con.execute(
            "update published.indicator_values set value = 0.123 where indicator_id = 'early_grade_reading'"
        )
    was = published.joinpath("current.duckdb").readlink()
    try:
        point_to(published, "changed.duckdb")
        assert {row["rate"] for row in running.shown(dashboard, reading)} == {0.123}
    finally:
        point_to(published, str(was))
    assert 0.123 not in {row["rate"] for row in running.shown(dashboard, reading)}


def point_to(published: Path, target: str) -> None:
    """As a release comes into force: one rename of a symbolic link."""
    temporary = published / "next"
    temporary.symlink_to(target)
    temporary.replace(published / "current.duckdb")


def test_a_release_file_leads_to_no_other_file(running: Running) -> None:
    number = running.client.identities()["database"][0][0]
    token = running.client.get("security/csrf_token/")["result"]
    secret = running.here.home / "superset" / "secret_key"
    told = running.client.session.post(
        f"{running.client.url}/api/v1/sqllab/execute/",
        json={"database_id": number, "sql": f"select * from read_text('{secret}')", "runAsync": False},
        headers={"X-CSRFToken": token, "Referer": running.client.url},
        timeout=300,
    )
    assert told.status_code != 200
    assert "disabled by configuration" in told.text
    assert secret.read_text() not in told.text


def test_what_superset_keeps_is_its_owners_and_the_browser_stays_at_home(running: Running) -> None:
    folder = running.here.home / "superset"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert not list(folder.glob("bundle*"))
    page = requests.get(f"{running.client.url}/login/", timeout=60)
    policy = page.headers["Content-Security-Policy"]
    assert "img-src 'self'" in policy
    assert "https://" not in policy


def test_a_second_one_is_refused_while_the_first_runs(running: Running) -> None:
    done = running.here.call("superset", "--background", "--port", str(free_port()))
    assert done.exit_code == 2
    assert "already running" in done.output
