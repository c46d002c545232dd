"""Deliveries of a standard's archive: whole or refused, in force together or not at all, changed by deltas."""

import csv
import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tiny_deployment import Deployment

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.errors import DeliveryError
from ingestion.landing.receive import receive

LAYOUT = "partner: rivers\nlayout: oneroster_csv_1_1\nagreement: rivers_2024\n"
TABLES = ("academicSessions", "classes", "enrollments", "orgs", "users")
Rows = list[dict[str, str]]
Members = dict[str, Rows]


def whole() -> Members:
    """Two schools, a class in each, three students and a teacher, of whom one student is in both classes."""
    return {
        "academicSessions": [
            {"sourcedId": "y", "title": "2024", "type": "schoolYear", "startDate": "2023-08-15"}
            | {"endDate": "2024-06-10", "schoolYear": "2024"}
        ],
        "orgs": [
            {"sourcedId": "oak", "name": "Oak", "type": "school"},
            {"sourcedId": "elm", "name": "Elm", "type": "school"},
        ],
        "classes": [_class("c1", "oak"), _class("c2", "elm")],
        "users": [_user("s1"), _user("s2"), _user("s3"), _user("t1", "teacher")],
        "enrollments": [
            _enrollment("e1", "c1", "oak", "s1"),
            _enrollment("e2", "c1", "oak", "s2"),
            _enrollment("e3", "c2", "elm", "s2"),
            _enrollment("e4", "c2", "elm", "s3"),
        ],
    }


def _class(sourced_id: str, school: str) -> dict[str, str]:
    named = {"sourcedId": sourced_id, "title": "Art", "courseSourcedId": "art", "classType": "scheduled"}
    return {**named, "schoolSourcedId": school, "termSourcedIds": "y"}


def _user(sourced_id: str, role: str = "student") -> dict[str, str]:
    named = {"sourcedId": sourced_id, "orgSourcedIds": "oak", "role": role, "username": "U-SECRET"}
    return {**named, "givenName": "Ada", "familyName": "Lee", "password": "P-SECRET", "grades": "09"}


def _enrollment(sourced_id: str, a_class: str, school: str, user: str) -> dict[str, str]:
    named = {"sourcedId": sourced_id, "classSourcedId": a_class, "schoolSourcedId": school}
    return {**named, "userSourcedId": user, "role": "student"}


def manifest(how: dict[str, str]) -> Rows:
    files = {f"file.{name}": how.get(name, "absent") for name in (*TABLES, "courses", "demographics")}
    facts = {"manifest.version": "1.0", "oneroster.version": "1.1", **files}
    return [{"propertyName": name, "value": value} for name, value in facts.items()]


def write(folder: Path, members: Members, how: dict[str, str] | None = None) -> Path:
    """The members as CSV files of a folder, with the manifest that belongs to them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    told = {"manifest": manifest(how or dict.fromkeys(members, "bulk")), **members}
    for name, rows in told.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
        (folder / f"{name}.csv").write_text(text.getvalue())
    return folder


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


class Roster:
    """A deployment whose partner sends OneRoster."""

    def __init__(self, here: Deployment) -> None:
        self.here = here
        here.contract("oneroster_csv_1_1", LAYOUT)

    def load(self, path: Path) -> dict[str, LoadOutcome]:
        communities = self.here.communities()
        deliveries = receive(self.here.home, communities, path)
        outcomes = load_file(self.here.home, communities, deliveries)
        return {outcome.delivery.entity.removeprefix("oneroster_"): outcome for outcome in outcomes}

    def send(self, members: Members, how: dict[str, str] | None = None) -> dict[str, LoadOutcome]:
        return self.load(zipped(write(self.here.sent / "rivers_oneroster_2024", members, how)))

    def rows(self, table: str, columns: str = "sourced_id") -> list[str]:
        files = f"{self.here.home.raw}/oneroster_{table}/*/2024-annual.parquet"
        return [row[0] for row in duckdb.sql(f"select {columns} from '{files}' order by 1").fetchall()]


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    return Roster(Deployment(tmp_path))


def test_all_tables_of_an_archive_come_into_force(roster: Roster) -> None:
    outcomes = roster.send(whole())
    assert {table: (o.outcome, o.rows) for table, o in outcomes.items()} == {
        "user": ("accepted", 4),
        "org": ("accepted", 2),
        "academic_session": ("accepted", 1),
        "class": ("accepted", 2),
        "enrollment": ("accepted", 4),
    }
    assert roster.rows("user") == ["s1", "s2", "s3", "t1"]


def test_the_school_year_is_that_of_the_last_session(roster: Roster) -> None:
    folder = write(roster.here.sent / "rivers_oneroster", whole())
    outcomes = roster.load(folder)
    assert {outcome.delivery.period for outcome in outcomes.values()} == {"2024-annual"}


def test_a_home_is_its_owners_alone_from_the_first_archive_on(roster: Roster) -> None:
    before = os.umask(0o022)
    try:
        roster.load(
            zipped(write(roster.here.sent / "rivers_oneroster", whole()))
        )  # its content tells the year
    finally:
        os.umask(before)
    assert roster.here.home.root.stat().st_mode & 0o077 == 0


def test_a_folder_is_the_archive_of_its_files_whenever_they_were_written(roster: Roster) -> None:
    folder = write(roster.here.sent / "rivers_oneroster_2024", whole())
    roster.load(folder)
    before = roster.here.written()
    for file in folder.iterdir():
        os.utime(file, (1, 1))
    assert {outcome.outcome for outcome in roster.load(folder).values()} == {"unchanged"}
    assert roster.here.written() == before


@pytest.mark.parametrize(("stand_in", "named"), [("", "."), ("below", "..")])
def test_a_folder_named_from_within_is_the_one_that_its_full_path_names(
    roster: Roster, monkeypatch: pytest.MonkeyPatch, stand_in: str, named: str
) -> None:
    folder = write(roster.here.sent / "rivers_oneroster_2024", whole())
    (folder / "below").mkdir()  # a folder of its own is no file of the archive
    roster.load(folder)
    before = roster.here.written()
    monkeypatch.chdir(folder / stand_in)
    assert {outcome.outcome for outcome in roster.load(Path(named)).values()} == {"unchanged"}
    assert roster.here.written() == before


def test_what_nobody_is_to_see_is_nowhere_in_the_lake(roster: Roster) -> None:
    roster.send(whole())
    raw = [path.read_bytes() for path in roster.here.home.root.rglob("*.parquet")]
    assert raw
    assert not any(secret in content for content in raw for secret in (b"U-SECRET", b"P-SECRET"))


def test_one_rejected_table_keeps_all_others_out(roster: Roster) -> None:
    roster.send(whole())
    before = roster.here.in_force()
    changed = whole()
    changed["orgs"][0]["name"] = "New Oak"
    changed["users"] = [{**user, "sourcedId": ""} for user in changed["users"]]
    outcomes = roster.send(changed)
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert "oneroster_user" in outcomes["org"].reason
    assert roster.here.in_force() == before


def test_a_member_is_missing_that_the_manifest_promises(roster: Roster) -> None:
    members = whole()
    del members["enrollments"]
    outcomes = roster.send(members, dict.fromkeys(TABLES, "bulk"))
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert "promises enrollments" in outcomes["user"].reason
    assert roster.here.in_force() == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("no manifest", "the archive has no manifest.csv"),
        ("no users", "the archive has no users.csv"),
        ("another file", "does not know: salaries.csv"),
        ("called absent", "orgs.csv, which its manifest calls absent"),
        ("no zip", "is not a zip file that can be read"),
    ],
)
def test_an_archive_that_is_not_whole_is_refused(roster: Roster, change: str, said: str) -> None:
    folder = write(roster.here.sent / "rivers_oneroster_2024", whole())
    match change:
        case "no manifest":
            (folder / "manifest.csv").unlink()
        case "no users":
            (folder / "users.csv").unlink()
        case "another file":
            (folder / "salaries.csv").write_text("name,salary\nA,1\n")
        case "called absent":
            write(folder, whole(), dict.fromkeys((*TABLES[:3], "users"), "bulk"))
    path = zipped(folder)
    if change == "no zip":
        path.write_bytes(b"this was cut off")
    outcomes = roster.load(path)
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert all(said in outcome.reason for outcome in outcomes.values())
    assert roster.here.in_force() == {}


def test_a_row_that_names_what_is_not_there_is_held_back(roster: Roster) -> None:
    members = whole()
    students = [_user(f"x{n}") for n in range(100)]
    members["users"] += students
    members["enrollments"] += [_enrollment(f"f{n}", "c1", "oak", f"x{n}") for n in range(100)]
    members["enrollments"].append(_enrollment("lost", "c1", "oak", "nobody"))
    outcome = roster.send(members)["enrollment"]
    assert (outcome.outcome, outcome.quarantined) == ("accepted_with_quarantine", 1)
    (failed,) = [result for result in outcome.results if not result.passed]
    assert (failed.rule, failed.violations) == ("user_sourced_id_is_in_the_delivery", 1)
    assert "lost" not in roster.rows("enrollment")


def test_a_row_held_back_takes_those_that_name_it_with_it(roster: Roster) -> None:
    members = whole()
    members["users"] += [_user(f"x{n}") for n in range(200)] + [_user("s1") | {"givenName": "Bo"}]
    members["enrollments"] += [_enrollment(f"f{n}", "c1", "oak", f"x{n}") for n in range(100)]
    outcomes = roster.send(members)
    # two rows of one sourcedId that differ: neither is believed, nor the enrollment of the child
    assert outcomes["user"].quarantined == 2
    assert outcomes["enrollment"].quarantined == 1
    assert "e1" not in roster.rows("enrollment")


def test_changes_leave_the_rest_as_it_was(roster: Roster) -> None:
    roster.send(whole())
    marked = {"status": "active", "dateLastModified": "2024-02-01"}
    delta: Members = {
        "academicSessions": [whole()["academicSessions"][0] | marked],
        "orgs": [{**whole()["orgs"][0], "name": "New Oak"} | marked],
        "users": [_user("s4") | marked, _user("s3") | marked | {"status": "tobedeleted"}],
        "enrollments": [_enrollment("e5", "c1", "oak", "s4") | marked],
    }
    outcomes = roster.send(delta, dict.fromkeys(delta, "delta"))
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert roster.rows("user", "sourced_id || ' ' || coalesce(status, '')") == [
        "s1 ",
        "s2 ",
        "s3 tobedeleted",
        "s4 active",
        "t1 ",
    ]
    assert roster.rows("org", "name") == ["Elm", "New Oak"]
    assert len(roster.rows("enrollment")) == 5
    (loads,) = duckdb.sql(
        f"select count(distinct _load_id) from '{roster.here.home.raw}/oneroster_user/*/2024-annual.parquet'"
    ).fetchall()
    assert loads == (2,)  # each row keeps the delivery that it came with


MANIFESTS: dict[str, Callable[[str], bytes]] = {
    "of Windows-1252": lambda text: (text + "source.systemName,Lyc\u00e9e\n").encode("cp1252"),
    "of UTF-16": lambda text: text.encode("utf-16"),
    "with other capitals": lambda text: text.replace("file.", "File.").encode(),
    "with endings": lambda text: text.replace("file.users", "file.users.csv").encode(),
    "with blanks": lambda text: text.replace(",delta", ", delta ").encode(),
    "of semicolons": lambda text: text.replace(",", ";").encode(),
    "with a ragged line": lambda text: (text + "a,b,c\n").encode(),
    "of another word": lambda text: text.replace("file.users,delta", "file.users,changes").encode(),
    "of nothing": lambda _: b"",
    "of headers": lambda text: text.partition("\n")[0].encode() + b"\n",
    "of other headers": lambda text: text.replace("propertyName", "a").encode(),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_changes_are_never_taken_for_the_whole(roster: Roster, kind: str) -> None:
    roster.send(whole())
    changed = whole() | {"users": [_user("s9")], "enrollments": [_enrollment("e9", "c1", "oak", "s9")]}
    folder = write(roster.here.sent / "rivers_oneroster_2024", changed, dict.fromkeys(changed, "delta"))
    text = (folder / "manifest.csv").read_text().replace("\r\n", "\n")
    (folder / "manifest.csv").write_bytes(MANIFESTS[kind](text))
    outcomes = roster.load(zipped(folder))
    taken = ["s1", "s2", "s3", "s9", "t1"] if "accepted" in outcomes["user"].outcome else whole_users()
    assert roster.rows("user") == taken
    is_readable = kind in (
        "of Windows-1252",
        "of UTF-16",
        "with other capitals",
        "with endings",
        "with blanks",
    )
    assert ("accepted" in outcomes["user"].outcome) == is_readable, outcomes["user"].reason


def whole_users() -> list[str]:
    return [user["sourcedId"] for user in whole()["users"]]


@pytest.mark.parametrize("name", ["old/users.csv", "USERS.CSV"])
def test_a_second_copy_of_a_table_is_refused(roster: Roster, name: str) -> None:
    path = zipped(write(roster.here.sent / "rivers_oneroster_2024", whole()))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "sourcedId,role\nx,student\n")
    outcomes = roster.load(path)
    assert "users.csv 2 times" in outcomes["user"].reason
    assert roster.here.in_force() == {}


@pytest.mark.parametrize("field", ["offset", "version", "name"])
def test_an_archive_no_program_made_is_refused_by_name(roster: Roster, field: str) -> None:
    path = zipped(write(roster.here.sent / "rivers_oneroster_2024", whole()))
    packed = bytearray(path.read_bytes())
    if field == "offset":
        packed[-6:-2] = b"\0\0\0\0"
    elif field == "version":
        first = packed.index(b"PK\x01\x02")
        packed[first + 6] = 113
    else:
        at = packed.index(b"PK\x01\x02")
        packed[at + 9] |= 8  # the name is UTF-8, and is not
        packed[at + 46] = 0xFF
    path.write_bytes(bytes(packed))
    outcomes = roster.load(path)
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert all(path.name in outcome.reason for outcome in outcomes.values())


def test_a_crowd_of_members_is_not_looked_through(roster: Roster) -> None:
    path = zipped(write(roster.here.sent / "rivers_oneroster_2024", whole()))
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(5_000):
            archive.writestr(f"{number}.txt", "")
    (reason,) = {outcome.reason for outcome in roster.load(path).values()}
    assert "the zip file has 5,006 members" in reason


def test_a_pipe_in_a_folder_is_not_waited_for(roster: Roster) -> None:
    folder = write(roster.here.sent / "rivers_oneroster_2024", whole())
    os.mkfifo(folder / "more.csv")
    with pytest.raises(DeliveryError, match=r"more\.csv: is no file"):
        roster.load(folder)


def test_changes_are_refused_where_nothing_of_the_period_is_in_force(roster: Roster) -> None:
    roster.send(whole())
    before = roster.here.in_force()
    delta = whole()
    delta["academicSessions"][0] |= {"sourcedId": "y2", "startDate": "2024-08-15", "endDate": "2025-06-10"}
    delta["users"] = [_user("s4")]
    delta["enrollments"] = [_enrollment("e5", "c1", "oak", "s4")]
    sent = write(roster.here.sent / "rivers_oneroster_2025", delta, dict.fromkeys(delta, "delta"))
    outcomes = roster.load(zipped(sent))
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    reason = outcomes["user"].reason
    assert "rivers_oneroster_2025.zip: users.csv brings changes alone, and nothing of 2025-annual" in reason
    assert "Ask the partner for a bulk export of the school year" in reason
    assert roster.here.in_force() == before

    bulk = whole()
    bulk["academicSessions"] = delta["academicSessions"]
    roster.load(zipped(write(roster.here.sent / "rivers_oneroster_2025_bulk", bulk)))
    again = write(roster.here.sent / "rivers_oneroster_2025", delta, dict.fromkeys(delta, "delta"))
    assert {outcome.outcome for outcome in roster.load(zipped(again)).values()} == {"accepted"}
    files = f"{roster.here.home.raw}/oneroster_user/*/2025-annual.parquet"
    assert duckdb.sql(f"select count(*) from '{files}'").fetchall() == [(5,)]


def test_a_table_is_changed_only_once_it_came_whole(roster: Roster) -> None:
    roster.send(whole())
    before = roster.here.in_force()
    delta: Members = {name: whole()[name] for name in ("academicSessions", "orgs", "users")}
    delta["courses"] = [{"sourcedId": "art", "title": "Art", "orgSourcedId": "oak"}]  # none was sent before
    outcomes = roster.send(delta, dict.fromkeys(delta, "delta"))
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert "courses.csv brings changes alone" in outcomes["course"].reason
    assert roster.here.in_force() == before


def test_headers_of_another_version_name_its_layout(roster: Roster) -> None:
    members = whole()
    members["users"] = [user | {"primaryOrgSourcedId": "oak"} for user in members["users"]]
    reason = roster.send(members)["user"].reason
    assert "undeclared column 'primaryOrgSourcedId'" in reason
    assert "layout: oneroster_csv_1_2" in reason


def test_a_year_told_in_another_layout_of_the_standard_is_refused_until_that_is_withdrawn(
    roster: Roster,
) -> None:
    first = roster.send(whole())
    roster.here.contract("oneroster_csv_1_2", LAYOUT.replace("1_1", "1_2"))
    newer = whole()
    for user in newer["users"]:
        user["enabledUser"] = "true"
        del user["orgSourcedIds"], user["role"], user["grades"]
    newer["roles"] = [
        {"sourcedId": f"r-{user['sourcedId']}", "userSourcedId": user["sourcedId"], "roleType": "primary"}
        | {"role": "teacher" if user["sourcedId"] == "t1" else "student", "orgSourcedId": "oak"}
        for user in newer["users"]
    ]
    sent = write(roster.here.sent / "rivers_oneroster_1_2_2024", newer)
    facts = [
        row for row in manifest(dict.fromkeys(newer, "bulk")) if row["propertyName"] != "oneroster.version"
    ]
    facts += [
        {"propertyName": "oneroster.version", "value": "1.2"},
        {"propertyName": "file.roles", "value": "bulk"},
    ]
    with (sent / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["propertyName", "value"])
        writer.writeheader()
        writer.writerows(facts)
    refused = roster.load(zipped(sent))
    assert {outcome.outcome for outcome in refused.values()} == {"rejected"}
    reason = refused["user"].reason
    assert "in force already from the layout oneroster_csv_1_1" in reason
    assert f"milepost withdraw {first['user'].delivery.load_id}" in reason


def test_other_files_of_the_partner_are_of_the_children_of_its_roster(roster: Roster) -> None:
    roster.send(whole())
    header = "StudentID,SchoolCode,DaysEnrolled,DaysAbsent\n"
    by_local_number = header + "".join(f"{n},oak,180,1\n" for n in (9001, 9002, 9003))
    refused = roster.here.load("attendance_2024.csv", by_local_number)
    assert refused.outcome == "rejected"
    assert "3 of 3 children in this file are not in the roster of the same year" in refused.reason
    taken = roster.here.load("attendance_2024.csv", header + "".join(f"s{n},oak,180,1\n" for n in (1, 2, 3)))
    assert taken.outcome == "accepted"


def test_a_folder_that_is_no_delivery_is_refused(roster: Roster) -> None:
    folder = roster.here.sent / "papers"
    folder.mkdir()
    with pytest.raises(DeliveryError, match="is not a file"):
        roster.load(folder)
