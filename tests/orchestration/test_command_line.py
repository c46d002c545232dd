"""What the command line says and how it ends when there is nothing, something wrong, or a fault."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from typer.testing import CliRunner, Result

from ingestion.configuration.community import load_communities
from ingestion.home import Home
from orchestration import console
from orchestration.cli import app
from tests.orchestration.conftest import GOOD, NO_SCHOOL, ONE_BAD_ROW
from tests.warehouse_to_write import write_warehouse

Drop = Callable[[str, str], Path]
pytestmark = pytest.mark.xdist_group("orchestration")
COMMANDS = [
    *("demo", "init", "doctor", "fetch", "receive", "load", "check", "withdraw", "status"),
    *("contracts", "draft", "refresh", "query", "dev", "down"),
]


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = milepost(command, "--help")
    assert done.exit_code == 0
    assert f"Example: milepost {command}" in done.output


def test_a_home_never_used_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("MILEPOST_COMMUNITIES", raising=False)
    for command in (["status"], ["query", "select 1"]):
        done = milepost(*command)
        assert done.exit_code == 2
        assert "milepost demo" in done.output
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(tmp_path / "communities"))
    for command in (["status"], ["query", "select 1"]):
        own = milepost(*command)
        assert "milepost demo" not in own.output
        assert "`milepost load`" in own.output
    assert "`milepost refresh`" in own.output
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "sql",
    ["select * from read_text('{file}')", "from '{file}'", "select * from glob('{folder}/*')"],
)
def test_a_query_sees_the_release_and_nothing_beside_it(home: Home, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("name\nQ7SECRET\n")
    home.current_database.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.current_database)) as con:
        con.execute(
            "create schema published; create table published.indicators as select 'i' as indicator_id"
        )
    assert milepost("query", "from indicators", "--csv").stdout == "indicator_id\ni\n"
    done = milepost("query", sql.format(file=secret, folder=tmp_path), "--csv")
    assert done.exit_code == 2
    assert "Q7SECRET" not in done.output
    assert "secret" not in done.stdout


def test_a_query_is_one_statement(home: Home, tmp_path: Path) -> None:
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with write_warehouse(home) as con:
        con.execute("create table t as select 1 as a")
    copied = tmp_path / "copied.csv"
    done = milepost("query", "--warehouse", f"copy t to '{copied}'; select a from t")
    assert (done.exit_code, "COPY and SELECT is none" in done.output) == (2, True)
    assert not copied.exists()
    assert milepost("query", "--warehouse", "select a from t", "--csv").stdout == "a\n1\n"


def test_a_query_lets_no_formula_into_a_spreadsheet_and_leaves_its_line_where_it_fails(home: Home) -> None:
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with write_warehouse(home) as con:
        con.execute("create table t as select '=1+1' as a, -5 as n")
    assert milepost("query", "--warehouse", "from t", "--csv").stdout == "a,n\n'=1+1,-5\n"
    # DuckDB's message would tell the value that is no number
    assert milepost("query", "--warehouse", "select cast(a as integer) from t").exit_code != 0
    asked = [json.loads(line) for line in home.access_log.read_text().splitlines()]
    assert [line["rows"] for line in asked] == [1, 0]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", [["check"], ["draft", "--partner", "north", "--entity", "attendance"]])
def test_what_a_killed_check_or_draft_left_is_removed_by_the_next(
    drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    own = tmp_path / f"milepost-check-{os.getpid()}-x"
    for folder in (own, *(tmp_path / f"milepost-{each}-{int(gone.stdout)}-x" for each in ("check", "draft"))):
        folder.mkdir()
    assert milepost(*command, str(drop("attendance_2024.csv", GOOD))).exit_code == 0
    assert [path.name for path in tmp_path.glob("milepost-*")] == [own.name]


@pytest.mark.usefixtures("home")
def test_contracts_are_listed_as_a_table_and_as_json() -> None:
    listed = json.loads(milepost("contracts", "--json").stdout)
    assert [one["extract"] for one in listed] == ["north.attendance", "north.person"]
    assert "attendance_{school_year}*.csv" in milepost("contracts").output


@pytest.mark.usefixtures("home")
def test_indicators_are_listed_with_who_owns_them(tmp_path: Path) -> None:
    community = tmp_path / "communities" / "lakeside" / "community.yml"
    community.write_text(community.read_text() + "owners: {suspension: Justice team}\n")
    told = {one["id"]: one["owners"] for one in json.loads(milepost("indicators", "list", "--json").stdout)}
    assert told.pop("suspension") == {"lakeside": "Justice team"}
    assert set(map(len, told.values())) == {0}
    assert "Justice" in milepost("indicators", "list").output


def test_check_judges_without_writing(home: Home, drop: Drop) -> None:
    good, bad = drop("attendance_2024.csv", GOOD), drop("attendance_2025.csv", NO_SCHOOL)
    before = sorted(path for path in home.root.rglob("*"))
    assert milepost("check", str(good)).exit_code == 0
    done = milepost("check", str(bad))
    assert done.exit_code == 1
    assert "school_id" in done.output
    told = json.loads(milepost("check", str(good), "--json").stdout)[0]
    assert (told["outcome"], told["feedback"]) == ("accepted", None)
    assert sorted(path for path in home.root.rglob("*")) == before


@pytest.mark.usefixtures("home")
def test_check_tells_rows_by_what_they_count_and_advice_apart(drop: Drop, tmp_path: Path) -> None:
    contract = tmp_path / "communities" / "lakeside" / "extracts" / "north__attendance.yml"
    contract.write_text(contract.read_text() + "reader: {skip_rows: 1}\n")
    said = " ".join(
        milepost("check", str(drop("attendance_2025.csv", "Title\n" + ONE_BAD_ROW))).output.split()
    )
    assert "accepted with quarantine (4 rows: 3 accepted, 1 held back)" in said
    assert (
        "Rows to look at: 5. Row 1 is the first line of the file: what stands above the data counts" in said
    )
    assert "For you:" not in said
    eleven = "Title\nStudentID,School,Enrolled,Absent\n" + "".join(f"{n},A,990,0\n" for n in range(11))
    said = " ".join(milepost("check", str(drop("attendance_2025.csv", eleven))).output.split())
    assert "Rows to look at: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ... Row 1 is" in said
    contract.write_text(contract.read_text().replace("quarantined: 0.5", "quarantined: 0.1"))
    said = " ".join(
        milepost("check", str(drop("attendance_2025.csv", "Title\n" + ONE_BAD_ROW))).output.split()
    )
    assert "would be rejected (4 rows)" in said
    assert "For you: If the rows are right as they are" in said


def broken_person(tmp_path: Path, partner: str) -> None:
    """A wrong contract of a partner, who belongs to the community."""
    folder = tmp_path / "communities" / "lakeside"
    community = (folder / "community.yml").read_text()
    (folder / "community.yml").write_text(
        community.replace("partners:\n", "partners:\n  south: {title: South, sector: k12}\n")
    )
    text = (folder / "extracts" / "north__person.yml").read_text().replace("title:", "titel:")
    (folder / "extracts" / f"{partner}__person.yml").write_text(
        text.replace("partner: north", f"partner: {partner}")
    )


@pytest.mark.usefixtures("home")
def test_a_wrong_contract_of_another_partner_stops_a_load_and_not_a_check(drop: Drop, tmp_path: Path) -> None:
    broken_person(tmp_path, "south")
    path = drop("attendance_2024.csv", GOOD)
    loaded = milepost("load", str(path))
    assert loaded.exit_code == 2
    said = " ".join(loaded.output.split())
    assert "2 problems found. Until they are mended no file is loaded, of whichever partner" in said
    assert "`milepost check FILE` works for files of the others" in said
    checked = milepost("check", str(path))
    assert checked.exit_code == 0
    assert "would be accepted (4 rows: 4 accepted, 0 held back)" in " ".join(checked.output.split())
    assert "Passed over: 2 mistakes in contracts of other partners" in " ".join(checked.output.split())
    unknown = milepost("check", str(drop("nobodys.csv", GOOD)))
    assert (unknown.exit_code, "south__person.yml" in unknown.output.replace("\n", "")) == (2, True)


@pytest.mark.usefixtures("home")
def test_a_wrong_contract_of_the_partner_itself_stops_its_check(drop: Drop, tmp_path: Path) -> None:
    broken_person(tmp_path, "north")
    checked = milepost("check", str(drop("attendance_2024.csv", GOOD)))
    assert checked.exit_code == 2
    assert "north__person.yml" in checked.output.replace("\n", "")


def test_a_rejection_is_told_with_what_the_contract_could_allow(home: Home, drop: Drop) -> None:
    milepost("load", str(drop("attendance_2024.csv", GOOD)))
    twenty_more = "".join(f"{child},A,180,1\n" for child in range(5, 25))
    done = milepost("load", str(drop("attendance_2025.csv", GOOD + twenty_more)))
    assert done.exit_code == 1
    assert "widen `tolerance: {year_over_year: ...}`" in " ".join(done.output.split())
    assert not [p for p in home.feedback.rglob("*") if p.is_file() and "year_over_year" in p.read_text()]


def test_a_configuration_error_is_2_with_file_and_line(home: Home, drop: Drop, tmp_path: Path) -> None:
    contract = tmp_path / "communities" / "lakeside" / "extracts" / "north__attendance.yml"
    contract.write_text(contract.read_text().replace("title:", "titel:"))
    done = milepost("load", str(drop("attendance_2024.csv", GOOD)))
    assert done.exit_code == 2
    assert "north__attendance.yml:3" in done.output.replace("\n", "")
    assert "Traceback" not in done.output
    community = tmp_path / "communities" / "lakeside" / "community.yml"
    contract.write_text(contract.read_text().replace("titel:", "title:"))
    community.write_text(community.read_text().replace("name:", "nme: x\nname:"))
    stopped = " ".join(milepost("load", str(drop("attendance_2024.csv", GOOD))).output.split())
    assert "Until then no file is loaded, of whichever partner." in stopped
    assert not home.ledger.exists()


@pytest.mark.usefixtures("home")
def test_an_unknown_delivery_cannot_be_withdrawn() -> None:
    done = milepost("withdraw", "ffff")
    assert done.exit_code == 1
    assert "No delivery has a load id that begins with 'ffff'" in done.output
    assert "milepost status --list" in done.output


def test_init_makes_a_deployment_that_works_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "partnership"
    assert milepost("init", str(folder), "--community", "harbor", "--partner", "port").exit_code == 0
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(folder / "communities"))
    listed = json.loads(milepost("contracts", "--json").stdout)
    assert [(one["community"], one["extract"]) for one in listed] == [("harbor", "port.attendance")]
    # every further pair hides more, and nobody knows yet how many children there are
    (community,) = load_communities(folder / "communities")
    assert community.publication["community"].pairs == ("race_ethnicity_x_gender",)
    again = milepost("init", str(folder))
    assert again.exit_code == 2
    assert "not empty" in again.output


def test_a_draft_fits_into_what_init_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "partnership"
    assert milepost("init", str(folder), "--partner", "port_schools").exit_code == 0
    place = folder / "communities" / "my_community"
    assert "port_schools: {title: Port Schools," in (place / "community.yml").read_text()
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(folder / "communities"))
    sent = tmp_path / "attendance_2025.csv"
    sent.write_text("Student No,Site Code,Membership Days,Total Absences\n1,A,180,5\n")
    made = milepost("draft", str(sent), "--partner", "port_schools", "--entity", "attendance")
    drafted = made.stdout
    assert "?" not in drafted
    assert made.stderr == ""
    sent.write_text(sent.read_text().replace(",", ";"))
    made = milepost("draft", str(sent), "--partner", "port_schools", "--entity", "attendance")
    assert made.stderr == "Noticed: The delimiter is a semicolon, not a comma.\n"
    (place / "extracts" / "port_schools__attendance.yml").write_text(drafted)
    (one,) = json.loads(milepost("contracts", "--json").stdout)
    assert (one["agreement"], one["expects"]) == ("first_agreement", {"annual": "08-15"})


@pytest.mark.usefixtures("home")
def test_a_draft_is_written_as_a_whole_or_not_at_all(drop: Drop, tmp_path: Path) -> None:
    extracts = tmp_path / "communities" / "lakeside" / "extracts"
    before = {path.name: path.read_text() for path in extracts.iterdir()}
    made = extracts / "north__diploma.yml"
    ask = ("--partner", "north", "--out", str(made), "--entity")
    wrong = drop("wrong_2024.csv", "4711,Maria,2016-02-01\n")
    assert milepost("draft", str(wrong), *ask, "diploma").exit_code == 1
    assert milepost("draft", str(wrong), *ask, "diplom").exit_code == 2
    assert {path.name: path.read_text() for path in extracts.iterdir()} == before

    right = drop("diplomas_2024.csv", "StudentID,Graduation Date,Diploma\n1,2024-06-01,R\n")
    done = milepost("draft", str(right), *ask, "diploma")
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"Drafted: {made}" in done.stderr.replace("\n", "")
    assert {path.name for path in extracts.iterdir()} == {*before, made.name}
    assert made.read_text() == milepost("draft", str(right), *ask[:2], "--entity", "diploma").stdout

    made.write_text("# finished by hand\n")
    again = milepost("draft", str(right), *ask, "diploma")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)
    assert made.read_text() == "# finished by hand\n"
    assert milepost("draft", str(right), *ask, "diploma", "--force").exit_code == 0
    assert "graduation" in made.read_text().lower()
    astray = ("--out", str(extracts / "nowhere" / "a.yml"), "--entity", "diploma")
    assert "The folder is not there" in milepost("draft", str(right), "--partner", "north", *astray).stderr


@pytest.mark.usefixtures("home")
def test_a_draft_says_what_the_configuration_lacks_for_its_partner(tmp_path: Path) -> None:
    sent = tmp_path / "attendance_2025.csv"
    sent.write_text("Student No,Site Code,Membership Days,Total Absences\n1,A,180,5\n")
    said = milepost("draft", str(sent), "--partner", "nort", "--entity", "attendance").stderr
    assert "The partner 'nort' is not in community.yml; a new one is added there" in said
    assert said.endswith("Did you mean 'north'?\n")
    community = tmp_path / "communities" / "lakeside" / "community.yml"
    community.write_text(
        community.read_text().replace(
            "  north:", "  south: {title: S, sector: k12, district_id: '2'}\n  north:"
        )
    )
    said = milepost("draft", str(sent), "--partner", "south", "--entity", "attendance").stderr
    assert "'south' is a party of no agreement in agreements.yml" in said
    assert milepost("draft", str(sent), "--partner", "north", "--entity", "attendance").stderr == ""


def test_init_refuses_a_name_that_is_no_identifier_and_leaves_nothing(tmp_path: Path) -> None:
    assert milepost("init", str(tmp_path / "new"), "--community", "My Town!").exit_code == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("home")
def test_doctor_lists_findings_as_json() -> None:
    findings = {one["what"]: one for one in json.loads(milepost("doctor", "--json").stdout)}
    assert findings["configuration"]["ok"]
    assert findings["release"]["finding"].startswith("none yet")


def test_doctor_says_that_others_can_look_into_the_home(home: Home) -> None:
    def told() -> tuple[bool, str]:
        findings = json.loads(milepost("doctor", "--json").stdout)
        (found,) = [one for one in findings if one["what"] == "home"]
        return found["ok"], found["finding"]

    home.root.mkdir(exist_ok=True)
    for mode in (0o755, 0o710, 0o701):
        home.root.chmod(mode)
        assert told() == (
            False,
            f"others can look into {home.root}, which holds children's records: chmod 700 {home.root}",
        )
        assert milepost("doctor").exit_code == 1
    home.root.chmod(0o700)
    assert told() == (True, str(home.root))


def test_doctor_names_an_agreement_that_expired_while_its_rows_are_in_force(
    drop: Drop, tmp_path: Path
) -> None:
    def expired() -> list[str]:
        findings = json.loads(milepost("doctor", "--json").stdout)
        return [one["finding"] for one in findings if one["what"] == "agreement all_in" and not one["ok"]]

    files = {"attendance_2024.csv": GOOD, "attendance_2025.csv": GOOD.replace("180,20", "180,21")}
    loaded = [milepost("load", str(drop(name, text)), "--json") for name, text in files.items()]
    load_ids = [json.loads(done.stdout)["loaded"][0]["load_id"] for done in loaded]
    assert expired() == []
    agreements = tmp_path / "communities" / "lakeside" / "agreements.yml"
    agreements.write_text(agreements.read_text().replace("expires: 2099-12-31", "expires: 2025-06-30"))
    (finding,) = expired()
    assert "of lakeside, expired on 2025-06-30; loaded under it and in no release since: 2 of" in finding
    assert "`milepost purge --agreement all_in`" in finding
    assert milepost("doctor").exit_code == 1
    for load_id in load_ids:
        assert milepost("withdraw", load_id).exit_code == 0
    assert expired() == []


def test_a_fault_is_3_and_names_its_kind_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    import orchestration.received
    from orchestration.cli import main

    def fault(*_: object) -> None:
        raise ZeroDivisionError("a value of a record")

    monkeypatch.setattr(orchestration.received, "delivery_starting_with", fault)
    monkeypatch.setattr(sys, "argv", ["milepost", "withdraw", "ffff"])
    monkeypatch.delenv("MILEPOST_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 3
    assert "ZeroDivisionError" in said
    assert "a value of a record" not in said


def test_help_needs_none_of_the_heavy_libraries() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from orchestration.cli import app;"
        "heavy = {'dagster', 'dbt', 'duckdb', 'great_expectations', 'pandas', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def release(home: Home) -> Home:
    """A release of a wide table with one row."""
    home.current_database.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f"'x' as a_long_name_of_column_{letter}" for letter in "abcdef")
    with duckdb.connect(str(home.current_database)) as con:
        con.execute(f"create schema published; create table published.wide as select {columns}")
    return home


@pytest.mark.usefixtures("release")
def test_a_query_shows_data_as_they_are_and_says_that_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "a:x:b" in milepost("query", "select 'a:x:b' as one").stdout
    nothing = milepost("query", "select * from wide where a_long_name_of_column_a = 'y'")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr.startswith("No rows. Columns: a_long_name_of_column_a, a_long_name_of_column_b")
    assert "One record for each row" not in nothing.stderr
    monkeypatch.setattr(console.out, "_width", console.UNFOLDED)
    assert "One record for each row" not in milepost("query", "select * from wide").stderr
    monkeypatch.setattr(console.out, "_width", 80)
    assert "One record for each row" in milepost("query", "select * from wide").stderr


@pytest.mark.usefixtures("release")
@pytest.mark.parametrize(("schema", "hinted"), [("marts", True), ("staging", True), ("martians", False)])
def test_a_schema_of_the_warehouse_asked_of_a_release_is_told_where_it_is(schema: str, hinted: bool) -> None:
    done = milepost("query", f"select * from {schema}.dim_person")
    said = " ".join(done.output.split())
    assert (done.exit_code, "named analysts ask it with --warehouse" in said) == (2, hinted)


@pytest.mark.parametrize(
    ("today", "school_years", "starts", "expires"),
    [
        ("2026-06-30", "{first: 2026, last: 2030}", "2025-07-01", "2030-06-30"),
        ("2026-07-01", "{first: 2027, last: 2031}", "2026-07-01", "2031-06-30"),
    ],
)
def test_the_sample_of_init_begins_with_the_school_year_we_are_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, today: str, school_years: str, starts: str, expires: str
) -> None:
    import datetime as dt

    from ingestion.configuration.community import load_communities
    from orchestration.commands import setup
    from orchestration.due import deliveries_due

    day = dt.date.fromisoformat(today)

    class Calendar(dt.date):
        @classmethod
        def today(cls) -> "Calendar":
            return cls(day.year, day.month, day.day)

    monkeypatch.setattr(setup.dt, "date", Calendar)
    told = milepost("init", str(tmp_path / "new"))
    monkeypatch.undo()
    assert told.exit_code == 0, told.output
    assert "milepost load FILE; milepost refresh" in " ".join(told.output.split())
    folder = tmp_path / "new" / "communities"
    assert f"school_years: {school_years}\n" in (folder / "my_community" / "community.yml").read_text()
    agreements = (folder / "my_community" / "agreements.yml").read_text()
    assert f"starts: {starts}\n    expires: {expires}\n" in agreements
    assert deliveries_due(load_communities(folder), set(), day) == [], "nobody is late on the first day"


def test_a_decision_about_a_place_that_nobody_has_sent_is_said_to_wait(home: Home, tmp_path: Path) -> None:
    header = (
        "entity,partner_id,id,other_entity,other_partner_id,other_id,decision,reviewer,decided_on,reason\n"
    )
    rows = "school,north,A,,north,AA,different,R.,2025-09-12,x\nschool,north,A,,north,b,different,R.,2025-09-12,x\n"
    (tmp_path / "communities" / "lakeside" / "same_places.csv").write_text(header + rows)
    home.identity.mkdir()
    links = "(values ('lakeside', 'school', 'north', 'a'), ('lakeside', 'school', 'north', 'b'))"
    duckdb.sql(f"from {links} as t (community_id, entity, partner_id, local_id)").write_parquet(
        str(home.place_links)
    )
    said = "same_places.csv of lakeside: the last refresh knew no school north aa. Its row waits"
    found = [
        one for one in json.loads(milepost("doctor", "--json").stdout) if one["what"] == "same_places.csv"
    ]
    assert [(one["ok"], one["finding"].startswith(said)) for one in found] == [(True, True)]
    places = (
        "'site' as kind, 'A' as place_name, 1 as n_accounts, 1 as n_partners, '' as nces_id, '' as zip_code"
    )
    duckdb.sql(f"select {places}, 'p' as place_id").write_parquet(str(home.places))
    duckdb.sql("select 1 as pair limit 0").write_parquet(str(home.place_pairs))
    assert said in milepost("places").stderr
    home.place_links.unlink()
    assert "same_places.csv" not in milepost("places").output, "before the first refresh nothing is known"


def test_the_demo_counts_the_deliveries_in_its_files(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    import orchestration.received
    from orchestration.commands import demo
    from orchestration.console import err

    one = [SimpleNamespace(load_id="a sheet of three school years")]
    monkeypatch.setattr(orchestration.received, "receive_files", lambda *_: (one, []))
    monkeypatch.setattr(orchestration.received, "waiting_deliveries", lambda *_, **__: one)
    monkeypatch.setattr(demo, "run_load", lambda _: (["of 2023", "of 2024", "of 2025"], []))
    monkeypatch.setattr(demo, "tell_outcomes", lambda *_: None)
    with err.capture() as said:
        demo._load(home, [])
    assert "Loading 3 deliveries through the gate" in said.get()
