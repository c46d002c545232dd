"""`milepost identity encode` on a partner's side, and its file through the gate on ours."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from ingestion.home import Home
from orchestration.cli import app

pytestmark = pytest.mark.xdist_group("orchestration")
PROJECT = Path(__file__).parents[2]
SECRET = "made up for these tests alone 1234"
CHILDREN = (
    "student_id,first_name,middle_name,last_name,birth_date,sex,zip_code\n"
    "c1,Marisol,Luz,Quintanilla,2012-03-14,F,23220\n"
    "c2,Thelonius,,Abernathy,2011-12-01,M,23221-1234\n"
    "c3,Persephone,,,,F,\n"
)
VALUES = [
    "Marisol",
    "Quintanilla",
    "Thelonius",
    "Abernathy",
    "Persephone",
    "2012-03-14",
    "2011-12-01",
    "23220",
    SECRET,
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY", SECRET)
    monkeypatch.delenv("MILEPOST_LINKAGE_KEY_FILE", raising=False)
    folder = tmp_path / "partner"
    folder.mkdir()
    (folder / "children.csv").write_text(CHILDREN, encoding="utf-8")
    return folder


def encode(folder: Path, *arguments: str, file: str = "children.csv") -> Result:
    return CliRunner().invoke(
        app, ["identity", "encode", str(folder / file), "--out", str(folder / "out.csv"), *arguments]
    )


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_help_has_examples_and_exit_codes() -> None:
    shown = CliRunner().invoke(app, ["identity", "encode", "--help"])
    assert shown.exit_code == 0
    assert "Example: milepost identity encode" in shown.output
    assert "Exit codes" in shown.output


def test_a_file_is_encoded_and_holds_nothing_else(folder: Path) -> None:
    done = encode(folder)
    assert done.exit_code == 0
    one, two, three = rows(folder)
    assert list(one) == ["student_id", "clk", "clk_version"]
    assert [row["student_id"] for row in (one, two, three)] == ["c1", "c2", "c3"]
    assert len(one["clk"]) == len(two["clk"]) == 256
    assert one["clk"] != two["clk"]
    assert (three["clk"], three["clk_version"]) == ("", "")
    text = (folder / "out.csv").read_text()
    assert [value for value in VALUES if value in text + done.output] == []
    assert "1 without an encoding" in " ".join(done.output.split())
    assert one["clk_version"] in done.output
    if os.name == "posix":
        assert stat.S_IMODE((folder / "out.csv").stat().st_mode) == 0o600


def test_birth_years_are_written_where_asked_for(folder: Path) -> None:
    assert encode(folder, "--birth-year").exit_code == 0
    assert [row["birth_year"] for row in rows(folder)] == ["2012", "2011", ""]


def test_a_schema_says_which_header_is_what(folder: Path) -> None:
    assert encode(folder).exit_code == 0
    expected = {row["student_id"]: row["clk"] for row in rows(folder)}
    lines = [
        "Nr;Given;Middle;Family;Born;Gender;Notes;Zip",
        "c1;Marisol;Luz;Quintanilla;03/14/2012;2;ä;23220",
    ]
    (folder / "theirs.csv").write_text("\n".join(lines), encoding="cp1252")
    (folder / "ours.toml").write_text(
        'student_id = "Nr"\nfirst_name = "given"\nmiddle_name = "Middle"\nlast_name = "Family"\nbirth_date = "Born"\n'
        'sex = "Gender"\nzip_code = "Zip"\nbirth_date_format = "%m/%d/%Y"\ndelimiter = ";"\nencoding = "cp1252"\n'
        'sex_codes = {"1" = "male", "2" = "female"}\n'
    )
    done = encode(folder, "--schema", str(folder / "ours.toml"), "--force", file="theirs.csv")
    assert done.exit_code == 0
    assert [row["clk"] for row in rows(folder)] == [expected["c1"]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("student_id,first_name,last_name\nc1,Marisol,Quintanilla\n", "'birth_date' is missing"),
        ("student_id,birth_date\nc1,2012-03-14\n", "neither a first nor a last name"),
        (CHILDREN + "c4,Marisol,Quintanilla\n", "children.csv:5: The row has 3 cells, and the header 7"),
        (CHILDREN + ",Marisol,,Quintanilla,2012-03-14,F,23220\n", "children.csv:5: A row has no student_id"),
        (CHILDREN + 'c4,"Mari"sol,,Quintanilla,2012-03-14,F,23220\n', "children.csv:5: The line is no CSV"),
        ("student_id,last_name,last_name,birth_date\n1,Quintanilla,,2012-03-14\n", "'last_name' is there twice"),
        (CHILDREN.splitlines()[0] + "\n", "no rows"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_by_line_without_a_value_and_nothing_is_written(
    folder: Path, content: str, says: str
) -> None:
    (folder / "children.csv").write_text(content, encoding="utf-8")
    done = encode(folder)
    assert done.exit_code in (1, 2)
    told = " ".join(done.output.split())
    assert says in told
    assert [value for value in VALUES if value in told] == []
    assert sorted(path.name for path in folder.iterdir()) == ["children.csv"]


def test_a_file_in_another_encoding_is_told(folder: Path) -> None:
    (folder / "children.csv").write_text(CHILDREN.replace("Marisol", "Mariñol"), encoding="cp1252")
    done = encode(folder)
    assert done.exit_code == 1
    assert 'encoding = "cp1252"' in done.output
    assert not (folder / "out.csv").exists()


def test_birth_dates_in_another_form_are_counted_and_nothing_is_sent_without_any(folder: Path) -> None:
    (folder / "children.csv").write_text("student_id,last_name,birth_date\nc1,Quintanilla,03/14/2012\n")
    done = encode(folder)
    assert done.exit_code == 1
    assert "1 birth dates are not written as %Y-%m-%d" in " ".join(done.output.split())
    assert not (folder / "out.csv").exists()


def test_what_is_there_is_not_replaced_unless_asked(folder: Path) -> None:
    (folder / "out.csv").write_text("kept")
    assert encode(folder).exit_code == 2
    assert (folder / "out.csv").read_text() == "kept"
    onto_itself = CliRunner().invoke(
        app,
        [
            "identity",
            "encode",
            str(folder / "children.csv"),
            "--out",
            str(folder / "children.csv"),
            "--force",
        ],
    )
    assert onto_itself.exit_code == 2
    assert (folder / "children.csv").read_text() == CHILDREN


@pytest.mark.parametrize("secret", ["", "tooshort"])
def test_without_a_good_secret_nothing_is_written(
    folder: Path, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY", secret)
    done = encode(folder)
    assert done.exit_code == 2
    assert not secret or secret not in done.output
    assert not (folder / "out.csv").exists()


def test_the_command_starts_nothing_heavy(folder: Path) -> None:
    code = (
        "import sys; sys.argv = ['milepost', 'identity', 'encode', 'children.csv', '--out', 'out.csv']\n"
        "from orchestration.cli import app\n"
        "try: app()\n"
        "except SystemExit as done: assert not done.code, done.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    heavy = {"duckdb", "dagster", "pyarrow", "pandas", "numpy", "dbt", "great_expectations", "splink"}
    assert heavy & set(done.stdout.split()) == set()
    assert len(rows(folder)) == 3


# ---- on our side -----------------------------------------------------------------------------------------
def contract(home: Home, version: str) -> None:
    communities = Path(os.environ["MILEPOST_COMMUNITIES"])
    (file,) = communities.glob("*/community.yml")
    page = (PROJECT / "docs" / "private_linkage.md").read_text(encoding="utf-8")
    text = page.split("```yaml encoded\n")[1].split("```")[0]
    for told, ours in (
        ("clk1-1a2b3c4d", version),
        ("partner: clinic", "partner: north"),
        ("clinic_2025", "all_in"),
    ):
        assert told in text
        text = text.replace(told, ours)
    (file.parent / "extracts" / "north__person__encoded.yml").write_text(text)
    assert home.root


def loaded(home: Home) -> list[tuple[str, str | None, str | None, int | None]]:
    files = [str(path) for path in (home.raw / "person").glob("**/*.parquet")]
    if not files:
        return []
    return duckdb.execute(
        "select student_id, clk, clk_version, birth_year from read_parquet(?, union_by_name = true) "
        "where clk_version is not null or clk is not null", [files]
    ).fetchall()  # fmt: skip


def load(folder: Path, *arguments: str) -> tuple[int, str, str]:
    (folder / "out.csv").rename(folder / "encoded_2025.csv")
    done = CliRunner().invoke(app, ["load", str(folder / "encoded_2025.csv"), "--json", *arguments])
    (outcome,) = json.loads(done.stdout)["loaded"]
    return done.exit_code, outcome["outcome"], done.output


def test_a_file_of_encodings_is_loaded_by_its_contract_alone(home: Home, folder: Path) -> None:
    assert encode(folder, "--birth-year").exit_code == 0
    sent = rows(folder)
    contract(home, sent[0]["clk_version"])
    code, outcome, _ = load(folder)
    assert (code, outcome) == (0, "accepted")
    assert loaded(home) == [
        (row["student_id"], row["clk"], row["clk_version"], int(row["birth_year"])) for row in sent[:2]
    ]


def test_encodings_of_another_secret_are_refused_at_the_gate(
    home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert encode(folder, "--birth-year").exit_code == 0
    agreed = rows(folder)[0]["clk_version"]
    contract(home, agreed)
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY", "another secret than the agreed")
    assert encode(folder, "--birth-year", "--force").exit_code == 0
    code, outcome, told = load(folder)
    assert (code, outcome) == (1, "rejected")
    assert agreed in told
    assert loaded(home) == []


def test_a_name_in_the_place_of_an_encoding_is_held_back(home: Home, folder: Path) -> None:
    assert encode(folder, "--birth-year").exit_code == 0
    sent = rows(folder)
    contract(home, sent[0]["clk_version"])
    text = (folder / "out.csv").read_text()
    (folder / "out.csv").write_text(text.replace(sent[0]["clk"], "Marisol Quintanilla"))
    code, outcome, told = load(folder)
    assert (code, outcome) == (1, "rejected")  # one of three is more than may be held back
    assert "clk" in told
    assert "Marisol" not in told
    assert loaded(home) == []
