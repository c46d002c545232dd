"""What is said of a release, worked out by hand for a warehouse of a few rows."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from orchestration.commands import refresh
from orchestration.commands.release_facts import release_facts, sentences
from tests.warehouse_to_write import write_warehouse

STARTED = dt.datetime(2026, 3, 1, 12)
CHANGED = [
    ("joined", "2026-03-01 12:00:05"),
    ("joined", "2026-03-01 12:00:05"),
    ("split", "2026-03-01 12:00:06"),
    ("joined", "2026-02-01 12:00:00"),  # of a refresh before
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A community that selected `absence` and `marks`; `marks` has no value, `absence` has one of 2025 alone."""
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path)
    for folder in (home.published, home.reference, home.identity, home.warehouse.parent):
        folder.mkdir(parents=True, exist_ok=True)
    values = """
        create schema published;
        create table published.indicator_values as
        select 'lake' as community_id, 'absence' as indicator_id, 2025 as school_year, 'annual' as collection,
               '' as suppression;
    """
    for database in (duckdb.connect(str(home.current_database)), write_warehouse(home)):
        with database as con:
            con.execute(values)
    with duckdb.connect(str(home.current_database)) as con:
        con.execute(
            "create table published.indicators as"
            " select unnest(['absence', 'marks', 'immunization']) as indicator_id"
        )
    with write_warehouse(home) as con:
        con.execute("create schema intermediate")
        con.execute(
            "create table intermediate.int_incomplete_years (community_id varchar, indicator_id varchar,"
            " school_year integer, collection varchar)"
        )
        con.execute(
            "insert into intermediate.int_incomplete_years values ('lake', 'absence', 2025, 'annual'),"
            " ('lake', 'absence', 2026, 'annual'), ('lake', 'immunization', 2025, 'annual'),"
            " ('lake', 'marks', 2025, 'annual')"
        )
    selection = home.reference_file("indicator_selection")
    duckdb.sql("select 'lake' as community_id, unnest(['absence', 'marks']) as indicator_id").write_parquet(
        str(selection)
    )
    rows = ", ".join(f"('{kind}', timestamp '{at}')" for kind, at in CHANGED)
    duckdb.sql(f"from (values {rows}) as t (kind, changed_at)").write_parquet(
        str(home.identity / "person_changes.parquet")
    )
    return home


def test_only_selected_indicators_and_years_with_values_are_told_of(home: Home) -> None:
    facts = release_facts(home, [], STARTED)
    assert facts["without_values"] == ["marks"]
    assert facts["incomplete"] == {"2025 annual": "absence"}
    said = " ".join(sentences(facts))
    assert "immunization" not in said
    assert "2026" not in said
    assert "1 indicator without any value: marks. What each needs" in said


def test_of_many_indicators_without_a_value_the_first_are_named_and_the_rest_counted(home: Home) -> None:
    facts = release_facts(home, [], STARTED) | {"without_values": [f"indicator_{n:02}" for n in range(30)]}
    (said,) = (sentence for sentence in sentences(facts) if "without any value" in sentence)
    assert "30 indicators without any value: indicator_00, " in said
    assert "indicator_07 and 22 more. What each needs" in said


def test_persons_that_changed_are_those_since_the_refresh_began(home: Home) -> None:
    facts = release_facts(home, [], STARTED)
    assert (facts["joined_persons"], facts["split_persons"]) == (2, 1)
    (home.identity / "person_changes.parquet").unlink()
    facts = release_facts(home, [], STARTED)
    assert (facts["joined_persons"], facts["split_persons"]) == (0, 0)


def refreshed(monkeypatch: pytest.MonkeyPatch, **result: Any) -> None:
    """A refresh that ends like this."""
    import orchestration.runs

    usual = {"success": True, "failures": [], "release_id": "r0001", "is_new": False, "database": "current"}
    monkeypatch.setattr(orchestration.runs, "refresh_in_process", lambda *_, **__: usual | result)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("joined", "split", "says"),
    [
        (12, 0, "What changed behind it: 12 persons joined with others."),
        (1, 2, "What changed behind it: 1 person joined with others, 2 persons split."),
        (0, 0, None),
    ],
)
def test_a_refresh_without_a_new_release_says_who_changed_behind_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    joined: int,
    split: int,
    says: str | None,
) -> None:
    import orchestration.commands.release_facts

    facts: dict[str, Any] = {
        **dict.fromkeys(("hidden", "without_values", "incomplete", "unmapped", "years_gone")),
        **dict.fromkeys(("refused_state_ids", "contradicted_state_ids"), 0),
        **dict.fromkeys(("left_out", "warnings", "held"), ()),
        "joined_persons": joined,
        "split_persons": split,
    }
    refreshed(monkeypatch)
    monkeypatch.setattr(orchestration.commands.release_facts, "release_facts", lambda *_: facts)
    refresh.refresh(False, "", False, False, False, False, False, False)
    said = capsys.readouterr().err
    assert "No published number changed in " in said
    assert ("What changed" in said) == bool(says)
    assert not says or says in said


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("release_id", "says"),
    [
        ("r0001", "Nothing was published; the last release is still current."),
        (None, "Nothing was published; there is no release yet."),
    ],
)
def test_a_failed_refresh_names_the_last_release_only_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], release_id: str | None, says: str
) -> None:
    failures = [{"step": "build_warehouse", "message": "A test failed."}]
    refreshed(monkeypatch, success=False, failures=failures, release_id=release_id)
    refresh.run_refresh()
    assert says in capsys.readouterr().err
