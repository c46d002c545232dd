"""Bad files: one clear error, nothing of a child in it, and the last good data still in force."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Deployment
from tests.end_to_end.conftest import ATTENDANCE, attendance, enrollment

pytestmark = pytest.mark.xdist_group("tinytown")

SECRET = "Q7SECRET"  # stands in a child's cells; it may appear in no message, page or table of the gate
HEADER = "Student,School,Enrolled,Absent"
GOOD = attendance()


def zipped(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return buffer.getvalue()


def with_row(row: str) -> str:
    return GOOD + row + "\n"


def bomb() -> bytes:
    return zipped(("attendance.csv", HEADER + "\n" + "0" * 400_000_000))


class Bad(NamedTuple):
    """A file that must be refused, and words its message must have."""

    name: str
    content: Callable[[], str | bytes]
    says: tuple[str, ...]


REFUSED = {
    "empty": Bad("attendance_2025_annual.csv", lambda: b"", ("attendance_2025_annual.csv", "empty")),
    "header only": Bad("attendance_2025_annual.csv", lambda: HEADER + "\n", ("attendance_2025_annual.csv", "header only")),
    "wrong delimiter": Bad(
        "attendance_2025_annual.csv", lambda: GOOD.replace(",", ";"), ("attendance_2025_annual.csv", "delimiter", ";")
    ),
    "truncated gzip": Bad(
        "attendance_2025_annual.csv.gz", lambda: gzip.compress(GOOD.encode())[:-40], (".gz", "cut off")
    ),
    "truncated zip": Bad(
        "attendance_2025_annual.zip", lambda: zipped(("attendance.csv", GOOD))[:-60], (".zip", "cut off")
    ),
    "zip member outside": Bad(
        "attendance_2025_annual.zip", lambda: zipped(("../attendance.csv", GOOD)), (".zip", "..")
    ),
    "zip bomb": Bad("attendance_2025_annual.zip", bomb, (".zip", "250 times")),
    "unknown file": Bad("payroll_2025_annual.csv", lambda: GOOD, ("payroll_2025_annual.csv", "no contract")),
    "unknown year": Bad("attendance_1999_annual.csv", lambda: GOOD, ("attendance_1999_annual.csv", "1999", "2023")),
    "unknown collection": Bad("attendance_2025_summer.csv", lambda: GOOD, ("attendance_2025_summer.csv", "summer", "fall")),
    "undeclared column": Bad(
        "attendance_2025_annual.csv",
        lambda: "\n".join(line + (",Lunch" if line == HEADER else f",{SECRET}") for line in GOOD.splitlines()) + "\n",
        ("attendance_2025_annual.csv", "Lunch"),
    ),
    "missing required column": Bad(
        "attendance_2025_annual.csv",
        lambda: "\n".join(line.rsplit(",", 1)[0] for line in GOOD.splitlines()) + "\n",
        ("attendance_2025_annual.csv", "days_absent", "Absent"),
    ),
    "duplicated header": Bad(
        "attendance_2025_annual.csv",
        lambda: GOOD.replace(HEADER, "Student,School,Enrolled,Enrolled"),
        ("attendance_2025_annual.csv", "Enrolled", "more than once"),
    ),
    "ten megabyte cell": Bad(
        "attendance_2025_annual.csv",
        lambda: with_row(f"{SECRET}{'x' * 10_000_000},North,180,1"),
        ("attendance_2025_annual.csv", "42"),
    ),
    "nul bytes": Bad(
        "attendance_2025_annual.csv", lambda: with_row(f"{SECRET}\0,North,180,1"), ("attendance_2025_annual.csv", "NUL", "42")
    ),
    "mixed encodings": Bad(
        "attendance_2025_annual.csv",
        lambda: GOOD.encode() + "Zoë,North,180,1\n".encode() + "Zoë,South,180,1\n".encode("latin-1"),
        ("attendance_2025_annual.csv", "encoding", "43"),
    ),
    "unparseable numbers": Bad(
        "attendance_2025_annual.csv",
        lambda: GOOD.replace(",180,", f",{SECRET},", 10),
        ("attendance_2025_annual.csv", "days_enrolled", "quarantine"),
    ),
    "out of range": Bad(
        "attendance_2025_annual.csv", lambda: GOOD.replace(",180,", ",777,", 10), ("days_enrolled", "quarantine")
    ),
    "duplicate keys": Bad(
        "attendance_2025_annual.csv",
        lambda: GOOD + "".join(f"S{i:03d},{'North' if i % 2 else 'South'},170,9\n" for i in range(1, 11)),
        ("student_id", "quarantine"),
    ),
    "half the size": Bad(
        "attendance_2025_annual.csv", lambda: attendance(20, absent=4), ("attendance_2025_annual.csv", "rows", "40")
    ),
    "last year's file again": Bad(
        "attendance_2025_annual.csv", lambda: GOOD, ("attendance_2025_annual.csv", "2024")
    ),
}  # fmt: skip


def in_force(here: Deployment) -> dict[str, str]:
    """Every raw file with its hash: what the warehouse would be built from."""
    files = sorted((here.home / "raw").rglob("*-*.parquet"))
    return {str(path.relative_to(here.home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def everything_written(here: Deployment) -> bytes:
    """All that stands outside landing, raw and quarantine after a load."""
    private = {"landing", "raw", "quarantine", "superseded", "inbox", "staged"}
    files = [
        path
        for path in here.home.rglob("*")
        if path.is_file() and path.relative_to(here.home).parts[0] not in private
    ]
    return b"\n".join(path.read_bytes() for path in files)


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_refused_and_the_last_good_one_stays(loaded: Deployment, case: str) -> None:
    bad = REFUSED[case]
    before = in_force(loaded)
    done = loaded.call("load", loaded.send(bad.name, bad.content()))
    assert done.exit_code in (1, 2), done.output
    words = " ".join(done.output.split()).lower()
    for said in bad.says:
        assert said.lower() in words, f"{said!r} is not in: {done.output}"
    assert "traceback" not in words
    assert SECRET.lower() not in words
    assert SECRET.encode() not in everything_written(loaded)
    assert in_force(loaded) == before


def test_dates_that_cannot_be_read_are_refused_and_the_last_good_ones_stay(loaded: Deployment) -> None:
    good = enrollment(2024)
    assert loaded.call("load", loaded.send("enrollment_2024_annual.csv", good)).exit_code == 0
    before = in_force(loaded)
    # the 31st of June, day before month, and no day at all
    bad = good.replace("08/15/2023", "06/31/2023", 4).replace("08/15/2023", "15/08/2023", 4)
    done = loaded.call(
        "load", loaded.send("enrollment_2024_annual.csv", bad.replace("08/15/2023", SECRET, 4))
    )
    assert done.exit_code == 1, done.output
    words = " ".join(done.output.split())
    assert "entry_date" in words
    assert "12 of 40 rows" in words
    assert SECRET not in words
    assert SECRET.encode() not in everything_written(loaded)
    assert in_force(loaded) == before


@pytest.mark.parametrize("case", [*REFUSED, "good", "some rows held back"])
def test_check_and_load_say_the_same_of_the_same_file(loaded: Deployment, case: str) -> None:
    others = {
        "good": Bad("attendance_2025_annual.csv", lambda: attendance(absent=5), ()),
        "some rows held back": Bad(
            "attendance_2025_annual.csv", lambda: attendance(absent=5) + "S990,North,ten,1\n", ()
        ),
    }
    bad = (REFUSED | others)[case]
    path = loaded.send(bad.name, bad.content())
    before = everything_written(loaded)
    checked, told = verdicts(loaded, "check", path)
    assert everything_written(loaded) == before
    assert verdicts(loaded, "load", path) == (checked, told)
    assert told or case in others


def verdicts(here: Deployment, command: str, path: Path) -> tuple[int, list[tuple[object, ...]]]:
    """How a command on a file ended: its exit code, then outcome, rows and reason of each delivery or error."""
    import json

    from typer.testing import CliRunner

    from orchestration.cli import app

    done = CliRunner().invoke(app, [command, str(path), "--json"], env=here.environment)
    found = json.loads(done.stdout) if done.stdout else []
    judged = found["loaded"] if isinstance(found, dict) else found
    refused = [] if judged else [("refused", " ".join(done.stderr.split()))]
    facts = ("outcome", "rows", "quarantined", "reason")
    return done.exit_code, [*(tuple(one[fact] for fact in facts) for one in judged), *refused]


def test_a_missing_file_is_named(loaded: Deployment) -> None:
    before = in_force(loaded)
    done = loaded.call("load", loaded.drop / "attendance_2025_annual.csv")
    assert done.exit_code in (1, 2)
    assert "attendance_2025_annual.csv" in "".join(done.output.split())
    assert in_force(loaded) == before


def test_an_unknown_code_is_counted_and_kept(tinytown: Deployment) -> None:
    from tests.end_to_end.conftest import enrollment

    odd = enrollment(2024).replace(",01,", ",KZ9,")
    done = tinytown.call("load", tinytown.send("enrollment_2024_annual.csv", odd))
    assert done.exit_code == 0, done.output
    import duckdb

    raw = tinytown.home / "raw/enrollment/tiny_schools.enrollment/2024-annual.parquet"
    assert duckdb.sql(f"select count(*) from '{raw}'").fetchone() == (40,)
    rules = duckdb.sql(
        f"select violations from '{tinytown.home}/gate/*.parquet' where rule like 'grade_level%known%'"
    ).fetchall()
    assert rules == [(odd.count(",KZ9,"),)]


def test_a_formula_is_neutralised_in_the_feedback_csv(loaded: Deployment) -> None:
    formula = '=HYPERLINK("http://x";"y")'
    header = HEADER.replace("Absent", f'"{formula.replace(chr(34), chr(34) * 2)}"')
    loaded.call("load", loaded.send("attendance_2025_annual.csv", GOOD.replace(HEADER, header)))
    loaded.call(
        "load",
        loaded.send("attendance_2023_annual.csv", attendance(absent=2) + f'"{formula}",North,nine,2\n'),
    )
    for path in (loaded.home / "feedback").rglob("*.csv"):
        for line in path.read_text().splitlines():
            assert not any(cell.lstrip('"').startswith(("=", "+", "@")) for cell in line.split(",")), line


def test_the_same_delivery_twice_changes_nothing(loaded: Deployment) -> None:
    before, ledger = in_force(loaded), (loaded.home / "ledger.jsonl").read_text()
    done = loaded.call("load", loaded.drop / "attendance_2024_annual.csv")
    assert done.exit_code == 0, done.output
    assert in_force(loaded) == before
    assert (loaded.home / "ledger.jsonl").read_text() == ledger


def test_a_correction_supersedes_and_withdrawing_it_puts_the_old_one_back(loaded: Deployment) -> None:
    before = in_force(loaded)
    done = loaded.call("load", loaded.send("attendance_2024_annual.csv", attendance(absent=1)))
    assert done.exit_code == 0, done.output
    assert in_force(loaded) != before
    import json

    status = json.loads(loaded.call("status", "--json").output)
    current = next(row for row in status if row["outcome"].startswith("accepted"))
    done = loaded.call("withdraw", current["load_id"])
    assert done.exit_code == 0, done.output
    assert in_force(loaded) == before


CONTRACTS = {
    "typo": (ATTENDANCE.replace("title:", "titel:"), ("titel", "title")),
    "duplicate key": (ATTENDANCE + "    partner: tiny_schools\n", ("partner", "twice")),
    "sql error": (ATTENDANCE.replace("from: [Absent]", 'sql: "Absent +* 2"'), ("days_absent", "sql")),
    "identifier with quotes": (
        ATTENDANCE.replace("      student_id:", "      \"student'_id\":"),
        ("student'_id", "student_id"),
    ),
    "unknown partner": (ATTENDANCE.replace("partner: tiny_schools", "partner: tiny_school"), ("tiny_school", "tiny_schools")),
    "unknown entity": (ATTENDANCE.replace("entity: attendance", "entity: attendence"), ("attendence", "attendance")),
    "unknown expectation": (
        ATTENDANCE.replace("expect_column_pair_values_a_to_be_greater_than_b", "expect_column_pair_values_a_to_be_greater_than"),
        ("expect_column_pair_values_a_to_be_greater_than_b",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRACTS)
def test_a_bad_contract_is_refused_by_file_line_and_near_miss(loaded: Deployment, case: str) -> None:
    text, says = CONTRACTS[case]
    before = in_force(loaded)
    loaded.write("tinytown/extracts/tiny_schools__attendance.yml", text)
    done = loaded.call("load", loaded.send("attendance_2025_annual.csv", attendance(absent=5)))
    assert done.exit_code == 2, done.output
    words = "".join(done.output.split()).lower()
    assert "tiny_schools__attendance.yml:" in words
    for said in says:
        assert said.lower() in words, done.output
    assert in_force(loaded) == before


def test_disk_full_while_promoting_changes_nothing(
    loaded: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    before, real = in_force(loaded), os.replace

    def full(source: str | Path, target: str | Path, **kwargs: int) -> None:
        if "raw" in Path(target).parts:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, target, **kwargs)

    monkeypatch.setattr(os, "replace", full)
    path = loaded.send("attendance_2025_annual.csv", attendance(absent=5))
    done = loaded.call("load", path)
    assert done.exit_code != 0
    assert "space" in done.output.lower()
    assert in_force(loaded) == before
    monkeypatch.undo()
    done = loaded.call("load", path)
    assert done.exit_code == 0, done.output
    assert len(in_force(loaded)) == 2
