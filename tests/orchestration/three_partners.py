"""A community whose school, clinic and shelter know the same child, under an agreement each."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from typer.testing import CliRunner, Result

from identity.linking import link_persons
from identity.vault import open_vault
from ingestion.home import Home
from ingestion.warehouse_file import open_warehouse
from orchestration.cli import app
from orchestration.progress import Progress
from orchestration.snapshots import take_covered_snapshot

COMMUNITY = """\
community: lakeside
name: Lakeside
school_years: {first: 2024, last: 2025}
collections:
  annual: {maturity: final}
partners:
  north: {title: North District, sector: k12, district_id: "1"}
  clinic: {title: Clinic, sector: health}
  shelter: {title: Shelter, sector: housing}
publication:
  community: {singles: all}
"""
AGREEMENT = """\
  {name}:
    parties: [{partner}]
    purpose: tests
    starts: 2020-01-01
    expires: 2099-12-31
    retention_years: 7
"""
PERSON = """\
partner: {partner}
entity: person
title: Children
agreement: {partner}_2020
file: "{partner}_people_{{school_year}}*.csv"
columns:
  student_id: {{from: [ID]}}
  first_name: {{from: [First]}}
  last_name: {{from: [Last]}}
  birth_date: {{from: [Born]}}
  state_student_id: {{from: [StateID]}}
  address: {{from: [Address]}}
tolerance: {{quarantined: 0.9, year_over_year: 9}}
"""
ATTENDANCE = """\
partner: north
entity: attendance
title: Attendance totals
agreement: north_2020
file: "north_attendance_{school_year}*.csv"
columns:
  student_id: {from: [ID]}
  school_id: {from: [School]}
  days_enrolled: {from: [Enrolled]}
  days_absent: {from: [Absent]}
tolerance: {quarantined: 0.9, year_over_year: 9}
"""
NAME, LAST, BORN, STREET = "Zephyrinella", "Quillfeather", "2014-03-09", "17 Ostrowicz Lane"
NUMBERS = {"north": "N-7700177", "clinic": "C-9100191", "shelter": "S-3300133"}
STATE_ID = "ST-88811888"
PLANTED = (NAME, STREET, *NUMBERS.values(), STATE_ID)
SISTER = "N-7700178"
HEADER = "ID,First,Last,Born,StateID,Address\n"


def milepost(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def set_up(home: Home, communities: Path) -> None:
    """Configuration, and a file of each partner in the inbox, nothing loaded."""
    folder = communities / "lakeside"
    for contract in (folder / "extracts").glob("*.yml"):
        contract.unlink()
    (folder / "community.yml").write_text(COMMUNITY)
    names = "".join(AGREEMENT.format(name=f"{partner}_2020", partner=partner) for partner in NUMBERS)
    (folder / "agreements.yml").write_text(f"agreements:\n{names}")
    for partner in NUMBERS:
        (folder / "extracts" / f"{partner}__person.yml").write_text(PERSON.format(partner=partner))
    (folder / "extracts" / "north__attendance.yml").write_text(ATTENDANCE)
    for partner in NUMBERS:
        (home.inbox / f"{partner}_people_2025.csv").write_text(people(partner))
    # the child's row is held back: 999 days are more than a year has
    rows = f"{NUMBERS['north']},Oak,999,4\n{SISTER},Oak,180,2\nN-7700179,Oak,170,9\n"
    (home.inbox / "north_attendance_2025.csv").write_text(f"ID,School,Enrolled,Absent\n{rows}")


def people(partner: str, *, with_child: bool = True) -> str:
    """The child, its sister at the same address, and others that only this partner knows."""
    state_id = STATE_ID if partner == "north" else ""
    rows = [f"{NUMBERS[partner]},{NAME},{LAST},{BORN},{state_id},{STREET}"] if with_child else []
    if partner == "north":
        rows.append(f"{SISTER},Abigail,{LAST},2016-11-20,ST-88811889,12 Elm Street")
        rows.append("N-7700179,Bo,Ray,2015-01-02,ST-88811890,9 Elm Street")
    else:
        letter = partner[0].upper()
        rows.append(f"{letter}-1234567,Cy,Other{partner},2013-05-06,,3 Oak Street")
    return HEADER + "".join(f"{row}\n" for row in rows)


def link(home: Home) -> None:
    """What a refresh does of it before dbt: the snapshot, and who is who."""
    link_persons(home, take_covered_snapshot(home, Progress()))


def same_child(home: Home) -> str:
    """Let a reviewer call the three records one child, link, and return its person_id."""
    link(home)
    for partner in ("clinic", "shelter"):
        told = milepost(
            *("identity", "decide", "same", f"north:{NUMBERS['north']}", f"{partner}:{NUMBERS[partner]}"),
            *("--reason", "asked both", "--reviewer", "R."),
        )
        assert told.exit_code == 0, told.output
    link(home)
    with open_vault(home, read_only=True) as con:
        found = con.execute(
            "select distinct person_id from vault.member where student_id in (select unnest($1))",
            [[*NUMBERS.values()]],
        ).fetchall()
    assert len(found) == 1
    return str(found[0][0])


def traces(home: Home, texts: tuple[str, ...] = PLANTED) -> dict[str, list[str]]:
    """File -> planted texts in it: bytes of every file, rows of every Parquet file, tables of the vault."""
    import duckdb

    found: dict[str, list[str]] = {}
    reader = duckdb.connect(config={"threads": 1})
    for path in sorted(home.root.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content += b"".join(map(archive.read, archive.namelist()))
        if path.suffix == ".parquet":
            content += repr(reader.execute(f"from read_parquet('{path}')").fetchall()).encode()
        if path.name == "warehouse.duckdb":
            with open_warehouse(home) as con:
                for schema, table in con.execute(
                    "select schema_name, table_name from duckdb_tables()"
                ).fetchall():
                    content += repr(con.execute(f'from "{schema}"."{table}"').fetchall()).encode()
        if told := [text for text in texts if text.lower().encode() in content.lower()]:
            found[str(path.relative_to(home.root))] = told
    if home.vault.exists():
        with open_vault(home, read_only=True) as con:
            for (table,) in con.execute(
                "select table_name from duckdb_tables() where database_name = 'vault'"
            ).fetchall():
                rows = repr(con.execute(f"from vault.{table}").fetchall())
                if told := [text for text in texts if text.lower() in rows.lower()]:
                    found[f"vault.{table}"] = told
    return found


COLUMNS = {
    "ID": "student_id", "First": "first_name", "Last": "last_name", "Born": "birth_date", "StateID": "state_student_id",
    "Address": "address", "School": "school_id", "Enrolled": "days_enrolled", "Absent": "days_absent",
}  # fmt: skip


def put_in_force(home: Home) -> None:
    """What `milepost load` ends in for the files of `set_up`, without the gate: a tenth of its time."""
    import duckdb

    from ingestion.lake.lake import promote
    from ingestion.landing.receive import receive
    from orchestration.settings import load_configuration

    for path in sorted(home.inbox.iterdir()):
        (delivery,) = receive(home, load_configuration(), path)
        with duckdb.connect() as con:
            headers = path.read_text().split("\n")[0].split(",")
            named = ", ".join(f"nullif(\"{header}\", '') as {COLUMNS[header]}" for header in headers)
            con.execute(
                f"create table rows as select {named}, row_number() over () as _row_number"
                f" from read_csv('{path}', all_varchar = true)"
            )
            held_back = 0
            if delivery.entity == "attendance":
                file = home.quarantine_file(delivery.entity, delivery.load_id)
                file.parent.mkdir(parents=True, exist_ok=True)
                con.execute(f"copy (from rows where days_enrolled = '999') to '{file}' (format parquet)")
                con.execute("delete from rows where days_enrolled = '999'")
                held_back = 1
            outcome = "accepted_with_quarantine" if held_back else "accepted"
            promote(home, con, "rows", delivery, outcome=outcome, quarantined=held_back)
