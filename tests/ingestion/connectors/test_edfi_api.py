"""The Ed-Fi ODS/API, against a real server that speaks it: whole copies, changes, and everything that goes
wrong."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.configuration.community import load_communities
from ingestion.connectors import http_session
from ingestion.connectors.fetch import Fetched, fetch
from ingestion.connectors.sources_file import load_sources
from ingestion.errors import ContractError, Interrupted
from tests.ingestion.connectors.ods_server import DATA, OdsServer
from tests.standards.one_partner import OnePartner

pytestmark = pytest.mark.xdist_group("edfi_api")
STUDENTS, SPELLS = "students", "studentSchoolAssociations"
ARCHIVE = "ours_edfi_2025.zip"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_session, "PAUSES", (0.02, 0.02, 0.02))
    monkeypatch.setattr("ingestion.connectors.fetch.PAUSES", ())


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OdsServer]:
    running = OdsServer(tmp_path / "keys")
    monkeypatch.setenv("COC_ODS_CA_FILE", str(running.certificate))
    monkeypatch.setenv("COC_ODS_KEY", "partner")
    monkeypatch.setenv("COC_ODS_SECRET", "right")
    yield running
    running.close()


class District:
    """A partner whose ODS is fetched: two resources, pages of two records."""

    def __init__(self, root: Path, server: OdsServer) -> None:
        self.partner = OnePartner(root)
        self.partner.contract("edfi_json")
        self.home = self.partner.home
        self.server, self.ods = server, server.ods
        self.configure()
        self.ids = [self.student(name) for name in ("Ana", "Bo", "Cy", "Di", "Ed")]
        self.ods.put(
            SPELLS,
            {
                "studentReference": {"studentUniqueId": "Ana", "link": {"rel": "Student"}},
                "schoolReference": {"schoolId": 7},
                "entryDate": "2024-08-20",
                "entryGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#First grade",
            },
        )

    def configure(self, **fields: object) -> None:
        stated = {"school_year": 2025, "page_size": 2, "resources": f"[{STUDENTS}, {SPELLS}]"} | fields
        lines = "\n".join(f"      {name}: {value}" for name, value in stated.items())
        (self.partner.community / "sources.yml").write_text(
            "sources:\n  ods:\n    partner: ours\n    credentials: COC_ODS\n    timeout_seconds: 1\n"
            f"    url: https://localhost:{self.server.port}/api\n    edfi_api:\n{lines}\n"
        )

    def student(self, name: str, key: str | None = None) -> str:
        record = {
            "studentUniqueId": name,
            "firstName": name,
            "lastSurname": 'Oak "é", x',
            "birthDate": "2015-01-01",
        }
        return self.ods.put(STUDENTS, record, key)

    def fetch(self) -> Fetched:
        self.server.asked.clear()
        communities = load_communities(self.partner.community.parent)
        return fetch(self.home, communities, load_sources(communities)["ods"])

    @property
    def archive(self) -> Path:
        return self.home.inbox / "ods" / ARCHIVE

    def records(self, resource: str = STUDENTS) -> list[dict[str, Any]]:
        """What the archive in the inbox holds of a resource."""
        with zipfile.ZipFile(self.archive) as archive:
            lines = archive.read(f"{resource}.ndjson").decode().splitlines()
        return [json.loads(line) for line in lines]

    def names(self) -> list[str]:
        return sorted(record["studentUniqueId"] for record in self.records())

    def asked_for(self, resource: str) -> list[str]:
        return [path for path in self.server.asked if path.startswith(DATA + resource)]


@pytest.fixture
def district(tmp_path: Path, server: OdsServer) -> District:
    return District(tmp_path, server)


@pytest.mark.parametrize("version", ["5.3", "7.1", "7.3"])
def test_everything_is_copied_and_loaded(district: District, version: str) -> None:
    district.server.version = version
    fetched = district.fetch()
    assert fetched.problems == ()
    assert [path.name for path in fetched.files] == [ARCHIVE]
    assert district.names() == ["Ana", "Bo", "Cy", "Di", "Ed"]
    uses_tokens = any("pageToken" in path for path in district.asked_for(STUDENTS))
    assert uses_tokens == (version == "7.3")
    outcomes = district.partner.load(district.archive)
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    names = district.partner.rows(
        "edfi_student", "select student_unique_id, last_surname from raw order by 1"
    )
    assert names == [(name, 'Oak "é", x') for name in ("Ana", "Bo", "Cy", "Di", "Ed")]
    spell = "select student_unique_id, school_id, entry_grade_level from raw"
    assert district.partner.rows("edfi_student_school_association", spell) == [("Ana", "7", "First grade")]


@pytest.mark.parametrize("version", ["7.1", "7.3"])
def test_later_only_changes_are_asked_for_and_the_archive_is_whole(district: District, version: str) -> None:
    district.server.version = version
    district.fetch()
    before = district.ods.version
    assert district.fetch().unchanged == (ARCHIVE,)
    assert district.asked_for("stud") == []
    district.student("Bob", district.ids[1])
    district.student("Flo")
    district.ods.delete(STUDENTS, district.ids[2])
    district.ods.change_key(STUDENTS, district.ids[3], {"studentUniqueId": "Dora"})
    district.ods.change_key(STUDENTS, district.ids[4], {"studentUniqueId": "Eve"})
    district.ods.delete(STUDENTS, district.ids[4])
    assert [path.name for path in district.fetch().files] == [ARCHIVE]
    assert district.names() == ["Ana", "Bob", "Dora", "Flo"]
    assert len(district.records(SPELLS)) == 1
    windows = [path for path in district.asked_for(STUDENTS) if "?" in path]
    expected = f"minChangeVersion={before + 1}&maxChangeVersion={district.ods.version}"
    assert windows
    assert all(expected in path for path in windows)


def test_records_that_leave_the_window_while_it_is_read_move_none_past_us(district: District) -> None:
    district.fetch()
    for key, name in zip(district.ids, ("A", "B", "C", "D", "E"), strict=True):
        district.student(name, key)

    def change_the_first(path: str) -> None:
        if "offset" in path and "students?" in path:
            district.server.before = None
            district.student("A2", district.ids[0])

    district.server.before = change_the_first
    assert district.fetch().problems == ()
    assert district.names() == ["Ana", "B", "C", "D", "E"]  # of the first what was known before
    district.fetch()
    assert district.names() == ["A2", "B", "C", "D", "E"]


def test_a_token_that_ends_meanwhile_is_asked_for_anew(district: District) -> None:
    def end_once(path: str) -> None:
        if "offset=2" in path:
            district.server.before = None
            district.server.end_tokens()

    district.server.before = end_once
    assert district.fetch().problems == ()
    assert district.names() == ["Ana", "Bo", "Cy", "Di", "Ed"]
    assert district.server.asked.count("/api/oauth/token") == 2


def test_a_wrong_secret_is_told_and_not_shown(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COC_ODS_SECRET", "hunter2")
    (problem,) = district.fetch().problems
    assert "the server refused the login" in str(problem)
    assert "COC_ODS_" in str(problem)
    assert "hunter2" not in str(problem)
    assert not district.archive.exists()
    monkeypatch.delenv("COC_ODS_SECRET")
    with pytest.raises(ContractError, match="needs the environment variable COC_ODS_SECRET"):
        district.fetch()


@pytest.mark.parametrize("faults", [[429], [500], [429, 503, 500]])
def test_a_server_that_is_busy_for_a_while_is_asked_again(
    district: District, faults: list[int | str]
) -> None:
    district.server.faults[DATA + STUDENTS] = faults
    district.server.headers = {"Retry-After": "0"}
    assert district.fetch().problems == ()
    assert district.names() == ["Ana", "Bo", "Cy", "Di", "Ed"]


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([500] * 4, "the server has a fault (status 500) for students"),
        ([429] * 4, "the server is asked too often (status 429) for students"),
        (["silent"] * 4, "the server did not answer within 1 seconds"),
        (["cut"] * 4, "the connection was cut"),
        ([403], "students may not be read"),
        ([404], "students is not there"),
    ],
)
def test_trouble_leaves_what_was_fetched_last(district: District, faults: list[int | str], told: str) -> None:
    district.fetch()
    last = district.archive.read_bytes()
    district.student("Flo")
    district.server.faults[DATA + STUDENTS] = [*faults]
    (problem,) = district.fetch().problems
    assert told in str(problem)
    assert "Ana" not in str(problem)
    assert district.archive.read_bytes() == last
    district.server.faults.clear()
    assert district.fetch().problems == ()
    assert "Flo" in district.names()


def test_a_fetch_that_was_cut_goes_on_where_it_stopped(district: District) -> None:
    district.server.faults[DATA + SPELLS] = ["cut"]
    (problem,) = district.fetch().problems
    assert isinstance(problem, Interrupted)
    assert not district.archive.exists()
    district.student("Flo")
    assert district.fetch().problems == ()
    assert district.asked_for(STUDENTS) == []  # they were there, as they stood then
    assert district.names() == ["Ana", "Bo", "Cy", "Di", "Ed"]
    district.fetch()
    assert district.names() == ["Ana", "Bo", "Cy", "Di", "Ed", "Flo"]


def test_without_change_versions_all_of_it_is_fetched_each_time(district: District) -> None:
    district.server.has_change_queries = False
    district.fetch()
    district.ods.delete(STUDENTS, district.ids[0])
    district.fetch()
    assert district.names() == ["Bo", "Cy", "Di", "Ed"]


def test_a_server_set_back_to_an_earlier_day_is_copied_anew(district: District) -> None:
    district.fetch()
    district.ods.records[STUDENTS].pop(district.ids[0])
    district.ods.version -= 1
    district.fetch()
    assert district.names() == ["Bo", "Cy", "Di", "Ed"]


def test_other_resources_are_copied_anew(district: District) -> None:
    district.fetch()
    district.configure(resources=f"[{STUDENTS}, {SPELLS}, schools]")
    assert district.fetch().problems == ()
    assert district.records("schools") == []
    assert len(district.records()) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "url: http://ods.example/api\n    edfi_api: {school_year: 2025}",
            "http is not encrypted; use https",
        ),
        ("url: sftp://ods.example/api\n    edfi_api: {school_year: 2025}", "begins with https://"),
        (
            "url: https://ods.example/api\n    edfi_api: {school_year: 2025}\n    files: ['*.csv']",
            "neither 'files'",
        ),
        (
            "url: https://ods.example/api\n    edfi_api: {school_year: 2025, page_size: 501}",
            "less than or equal to 500",
        ),
    ],
)
def test_what_is_configured_wrongly_is_told(district: District, text: str, told: str) -> None:
    (district.partner.community / "sources.yml").write_text(
        f"sources:\n  ods:\n    partner: ours\n    credentials: COC_ODS\n    {text}\n"
    )
    with pytest.raises(ContractError, match=told):
        district.fetch()
