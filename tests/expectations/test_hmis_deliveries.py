"""HMIS exports at the gate: three versions, whole or refused, changed by deltas, without what is not to be read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hmis_exports import Members, client, enrollment, exit_of, headers, whole, zipped
from tiny_deployment import Deployment

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.errors import DeliveryError
from ingestion.landing.receive import receive


class Shelters:
    """A deployment whose partner sends HMIS exports."""

    def __init__(self, folder: Path, year: int) -> None:
        self.here = Deployment(folder)
        self.year = year
        self.here.contract(
            f"hmis_csv_{year}", f"partner: rivers\nlayout: hmis_csv_{year}\nagreement: rivers_2024\n"
        )

    def send(self, members: Members, version: int | None = None) -> dict[str, LoadOutcome]:
        communities = self.here.communities()
        path = zipped(self.here.sent / "rivers_hmis.zip", members, headers(version or self.year))
        deliveries = receive(self.here.home, communities, path)
        outcomes = load_file(self.here.home, communities, deliveries)
        return {outcome.delivery.entity.removeprefix("hmis_"): outcome for outcome in outcomes}

    def rows(self, table: str, columns: str) -> list[tuple[object, ...]]:
        files = f"{self.here.home.raw}/hmis_{table}/*/*.parquet"
        return duckdb.sql(f"select {columns} from '{files}' order by all").fetchall()


@pytest.fixture
def shelters(tmp_path: Path) -> Shelters:
    return Shelters(tmp_path, 2026)


def refused(outcomes: dict[str, LoadOutcome]) -> str:
    """What is said of a delivery of which nothing came into force."""
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    return " ".join(sorted({outcome.reason for outcome in outcomes.values()}))


@pytest.mark.parametrize(("year", "school_year"), [(2022, 2022), (2024, 2024), (2026, 2024)])
def test_an_export_of_each_version_comes_into_force(tmp_path: Path, year: int, school_year: int) -> None:
    shelters = Shelters(tmp_path, year)
    (shelters.here.folder / "river/community.yml").write_text(
        (shelters.here.folder / "river/community.yml").read_text().replace("first: 2023", "first: 2022")
    )
    outcomes = shelters.send(whole(year))
    assert {table: (o.outcome, o.rows) for table, o in outcomes.items()} == {
        "export": ("accepted", 1),
        "organization": ("accepted", 1),
        "project": ("accepted", 1),
        "project_coc": ("accepted", 0),
        "client": ("accepted", 2),
        "enrollment": ("accepted", 2),
        "exit": ("accepted", 1),
        "service": ("accepted", 0),
        "current_living_situation": ("accepted", 0),
    }
    # the school year of the last day that Export.csv tells of
    assert {o.delivery.school_year for o in outcomes.values()} == {school_year}


def test_headers_are_compared_without_case_and_blanks(shelters: Shelters) -> None:
    shouted = {
        name: [{f" {k.upper()} ": v for k, v in row.items()} for row in rows]
        for name, rows in whole().items()
    }
    path = zipped(
        shelters.here.sent / "rivers_hmis.zip",
        shouted,
        {name: [f" {header.upper()} " for header in known] for name, known in headers(2026).items()},
    )
    communities = shelters.here.communities()
    outcomes = load_file(shelters.here.home, communities, receive(shelters.here.home, communities, path))
    assert {outcome.outcome for outcome in outcomes} == {"accepted"}
    assert shelters.rows("client", "personal_id, first_name") == [("c1", "Ada"), ("c2", "Ada")]


@pytest.mark.parametrize(
    ("member", "is_there", "said"),
    [
        ("Exit.csv", False, "the archive has no Exit.csv"),
        ("CustomGender.csv", True, "has a member that HMIS CSV, FY2026 does not know: CustomGender.csv"),
        ("EnrollmentCoC.csv", True, "Say `layout: hmis_csv_2022` if it is of that version"),
    ],
)
def test_a_file_too_few_or_too_many_is_refused(
    shelters: Shelters, member: str, is_there: bool, said: str
) -> None:
    shelters.send(whole())
    before = shelters.here.in_force()
    members = whole()
    members["Client.csv"].append(client("c3"))
    if is_there:
        members[member] = []
    else:
        del members[member]
    assert said in refused(shelters.send(members))
    assert shelters.here.in_force() == before


def test_an_export_without_its_description_is_refused(shelters: Shelters) -> None:
    shelters.send(whole())
    before = shelters.here.in_force()
    members = whole()
    del members["Export.csv"]
    with pytest.raises(DeliveryError, match=r"the archive has no Export\.csv"):
        shelters.send(members)
    named = zipped(shelters.here.sent / "rivers_hmis.zip", members, headers(2026))
    communities = shelters.here.communities()
    told = receive(shelters.here.home, communities, named, school_year=2024)
    outcomes = load_file(shelters.here.home, communities, told)
    assert "the archive has no Export.csv" in refused({o.delivery.entity: o for o in outcomes})
    assert shelters.here.in_force() == before


@pytest.mark.parametrize(("sent", "contract"), [(2024, 2026), (2026, 2024)])
def test_columns_of_another_version_name_its_layout(tmp_path: Path, sent: int, contract: int) -> None:
    shelters = Shelters(tmp_path, contract)
    shelters.send(whole(contract))
    before = shelters.here.in_force()
    members = whole(sent)
    members["Client.csv"].append(client("c3"))
    outcomes = shelters.send(members, version=sent)
    refused(outcomes)
    for table in ("client", "enrollment"):
        assert f"layout: hmis_csv_{sent}" in outcomes[table].reason
    assert shelters.here.in_force() == before


def test_rows_that_refer_to_nothing_are_held_back(shelters: Shelters) -> None:
    members = whole()
    members["Client.csv"] += [client(f"k{n}") for n in range(200)]
    members["Enrollment.csv"] += [enrollment(f"m{n}", f"k{n}") for n in range(200)]
    members["Enrollment.csv"] += [
        enrollment("no_client", "nobody"),
        enrollment("no_project", "k1", project="none"),
    ]
    members["Exit.csv"] += [exit_of(f"m{n}", f"k{n}") for n in range(100)]
    members["Exit.csv"] += [exit_of("no_client", "k1"), exit_of("no_stay", "k2")]
    outcomes = shelters.send(members)
    assert (outcomes["enrollment"].outcome, outcomes["enrollment"].quarantined) == (
        "accepted_with_quarantine",
        2,
    )
    failed = {r.rule: r.violations for r in outcomes["enrollment"].results if not r.passed}
    assert failed == {"personal_id_is_in_the_delivery": 1, "project_id_is_in_the_delivery": 1}
    # the exit of a stay that was held back goes with it
    assert outcomes["exit"].quarantined == 2


def test_too_many_of_them_and_nothing_comes_into_force(shelters: Shelters) -> None:
    shelters.send(whole())
    before = shelters.here.in_force()
    members = whole()
    members["Client.csv"] = members["Client.csv"][:1]
    outcomes = shelters.send(members)
    refused(outcomes)
    assert "personal_id_is_in_the_delivery" in outcomes["enrollment"].reason
    assert shelters.here.in_force() == before


def test_a_number_that_hud_has_not_is_warned_of(shelters: Shelters) -> None:
    members = whole()
    members["Exit.csv"][0]["Destination"] = "10"  # rental by client, before October 2023
    outcome = shelters.send(members)["exit"]
    assert outcome.outcome == "accepted"
    (warned,) = [result for result in outcome.results if not result.passed]
    assert (warned.severity, warned.violations) == ("warn", 1)
    assert "Destination holds a number that HUD's list of FY2026 has not" in warned.explanation


def test_changes_leave_the_rest_and_may_refer_to_it(shelters: Shelters) -> None:
    shelters.send(whole())
    delta = whole()
    delta["Export.csv"][0] |= {"ExportID": "d", "ExportDate": "2024-06-30 20:00:00", "ExportDirective": "1"}
    delta["Client.csv"] = [client("c3")]
    delta["Enrollment.csv"] = [
        enrollment("n3", "c3"),
        enrollment("n4", "c1"),
    ]  # c1 came with the export before
    delta["Exit.csv"] = [exit_of("n1", "c1"), exit_of("n2", "c2") | {"DateDeleted": "2024-06-30 19:00:00"}]
    outcomes = shelters.send(delta)
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert shelters.rows("enrollment", "enrollment_id") == [("n1",), ("n2",), ("n3",), ("n4",)]
    assert shelters.rows("exit", "enrollment_id, date_deleted is not null") == [("n1", False), ("n2", True)]


def test_changes_of_a_new_school_year_may_refer_to_the_one_before(shelters: Shelters) -> None:
    shelters.send(whole())
    delta: Members = {name: [] for name in whole()} | {"Export.csv": whole()["Export.csv"]}
    delta["Export.csv"][0] |= {"ExportID": "d", "ExportDate": "2024-07-15 08:00:00", "ExportDirective": "1"}
    delta["Export.csv"][0] |= {"ExportStartDate": "2024-07-01", "ExportEndDate": "2024-07-15"}
    delta["Enrollment.csv"] = [enrollment("n2", "c2", "2") | {"DisablingCondition": "1"}]
    outcomes = shelters.send(delta)
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    # it is a year of its own, beside the one before; staging puts them together
    told = "school_year, enrollment_id, disabling_condition"
    assert shelters.rows("enrollment", told) == [(2024, "n1", None), (2024, "n2", None), (2025, "n2", 1)]
    assert shelters.rows("exit", "school_year, enrollment_id") == [(2024, "n2")]


def test_what_was_updated_in_a_period_is_changes(shelters: Shelters) -> None:
    shelters.send(whole())
    updated = whole()
    updated["Export.csv"][0] |= {
        "ExportID": "u",
        "ExportDate": "2024-06-30 20:00:00",
        "ExportPeriodType": "1",
    }
    updated["Client.csv"], updated["Exit.csv"] = [], []
    updated["Enrollment.csv"] = [enrollment("n3", "c1")]
    outcomes = shelters.send(updated)
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert shelters.rows("enrollment", "enrollment_id") == [("n1",), ("n2",), ("n3",)]


def test_a_change_that_refers_to_nothing_is_held_back(shelters: Shelters) -> None:
    shelters.send(whole())
    before = shelters.here.in_force()
    delta = whole()
    delta["Export.csv"][0] |= {"ExportID": "d", "ExportDirective": "1"}
    delta["Enrollment.csv"] = [enrollment("n3", "nobody")]
    outcomes = shelters.send(delta)
    refused(outcomes)
    assert "personal_id_is_in_the_delivery" in outcomes["enrollment"].reason
    assert shelters.here.in_force() == before


def test_a_social_security_number_is_not_read(shelters: Shelters) -> None:
    members = whole()
    members["Client.csv"].append(client("", "2015-02-30"))  # held back, with a page for the partner
    shelters.send(members)
    assert_number_is_in_landing_alone(shelters)


@pytest.mark.parametrize("year", [2024, 2026])
def test_a_hashed_number_is_kept_where_the_contract_asks_for_it_and_a_plain_one_never(
    tmp_path: Path, year: int
) -> None:
    shelters = Shelters(tmp_path, year)
    asked = (
        (Path(__file__).parents[2] / "docs" / "private_linkage.md")
        .read_text()
        .split("```yaml hmis\n")[1]
        .split("```")[0]
    )
    asked = asked.replace("hmis_csv_2026", f"hmis_csv_{year}").replace("county_2025", "rivers_2024")
    shelters.here.contract(f"hmis_csv_{year}", asked.replace("county_coc", "rivers"))
    members = whole(year)
    of_sha_256 = {**client("c3"), "SSN": "AB" * 32, "SSNDataQuality": "1"}
    of_sha_1 = {**client("c4"), "SSN": "cd" * 20, "SSNDataQuality": "1"}
    in_part = {
        **client("c5"),
        "SSN": "ef" * 32,
        "SSNDataQuality": "2",
    }  # the hash of a number that is not whole
    plain = {**client("c6"), "SSNDataQuality": "1"}
    members["Client.csv"] = [client("c1", "1990-01-01"), client("c2"), of_sha_256, of_sha_1, in_part, plain]
    members["Export.csv"][0]["HashStatus"] = "4"
    assert shelters.send(members)["client"].outcome == "accepted"
    kept = shelters.rows("client", "personal_id, hashed_ssn")
    assert kept[2:4] == [("c3", "sha256:" + "ab" * 32), ("c4", "sha1:" + "cd" * 20)]
    assert [hashed for number, hashed in kept if number not in ("c3", "c4")] == [None] * 4
    assert_number_is_in_landing_alone(shelters)


def assert_number_is_in_landing_alone(shelters: Shelters) -> None:
    home = shelters.here.home
    kept = [path for path in home.root.rglob("*") if path.is_file() and home.landing not in path.parents]
    assert any(path.suffix == ".parquet" for path in kept)
    assert not any(b"987654321" in path.read_bytes() for path in kept)
    for path in kept:
        if path.suffix == ".parquet":  # its pages are packed
            (found,) = duckdb.sql(
                f"select count(*) from '{path}' as t where t::varchar like '%987654321%'"
            ).fetchall()
            assert found == (0,)
