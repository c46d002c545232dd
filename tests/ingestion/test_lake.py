"""What is in force changes in one instant, or not at all: through kills, full disks and withdrawals."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_killed import killed_before

import ingestion.lake.lake
from ingestion.contracts.entities import load_entities
from ingestion.errors import DeliveryError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery, load_id_of
from ingestion.lake.files import loaded_by
from ingestion.lake.lake import (
    ensure_empty_files,
    promote,
    put_together_in_force,
    recover,
    stage,
    take_snapshot,
    withdraw,
)
from ingestion.lake.ledger import Ledger

EXTRACT = "mill_schools.attendance"
FIRST, SECOND, THIRD = "first", "second", "third"
YEARS = (2023, 2024, 2025)


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the code under test catches it."""


class Lake:
    """A home and deliveries of one extract whose rows tell their name."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)

    def delivery(self, name: str, year: int = 2025) -> Delivery:
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        return Delivery(
            load_id=load_id_of(EXTRACT, year, "annual", sha256, "f"),
            extract_id=EXTRACT,
            community="millbrook",
            partner="mill_schools",
            entity="attendance",
            school_year=year,
            collection="annual",
            sha256=sha256,
            file_name=f"{name}.csv",
            landed=self.home.landed_file(sha256, f"{name}.csv"),
            fingerprint="f",
        )

    def promote(self, name: str, year: int = 2025, **facts: Any) -> Path:
        with duckdb.connect() as con:
            con.execute(
                f"create table accepted as select '{name}' as student_id, 'North' as school_id,"
                " 180::decimal(18, 4) as days_enrolled, 2::bigint as _row_number"
            )
            return promote(self.home, con, "accepted", self.delivery(name, year), **facts)

    def promote_together(self, name: str) -> None:
        """A delivery of each of three years, as the tables of one archive come into force."""
        staged = []
        for year in YEARS:
            with duckdb.connect() as con:
                con.execute(
                    f"create table accepted as select '{name}' as student_id, 2::bigint as _row_number"
                )
                staged.append(stage(self.home, con, "accepted", self.delivery(name, year)))
        put_together_in_force(self.home, staged)

    def withdraw(self, name: str, year: int = 2025) -> str | None:
        back = withdraw(self.home, self.delivery(name, year).load_id, reason="wrong file")
        return back.delivery.file_name.removesuffix(".csv") if back else None

    def rows(self, year: int = 2025) -> list[str]:
        """Names of the deliveries whose rows are in force."""
        raw = self.home.raw_file("attendance", EXTRACT, year, "annual")
        if not raw.exists():
            return []
        return [row[0] for row in duckdb.sql(f"select student_id from '{raw}'").fetchall()]

    def end_state(self) -> dict[str, Any]:
        """Everything that may not depend on where a kill fell."""
        ledger = Ledger(self.home.ledger)
        return {
            "in force": self.rows(),
            "status": {state.delivery.file_name: state.status for state in ledger.state()},
            "superseded": sorted(path.name for path in self.home.superseded.glob("*")),
            "staged": sorted(path.name for path in self.home.staged.glob("*")),
            "raw": sorted(str(path.relative_to(self.home.raw)) for path in self.home.raw.rglob("*.parquet")),
        }


def types(table: duckdb.DuckDBPyRelation) -> dict[str, str]:
    return dict(zip(table.columns, map(str, table.types), strict=True))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")


def test_a_raw_file_has_the_entitys_columns_and_says_whose_rows_they_are(lake: Lake) -> None:
    raw = lake.promote(FIRST, outcome="accepted_with_quarantine", quarantined=3, seconds=0.5)
    found = duckdb.sql(f"from '{raw}'")
    assert (
        dict(zip(found.columns, map(str, found.types), strict=True))
        == load_entities()["attendance"].raw_columns
    )
    load_id = lake.delivery(FIRST).load_id
    whose = ("millbrook", "mill_schools", EXTRACT, 2025, "annual")
    assert found.fetchall() == [(*whose, "first", "North", 180, None, load_id, "first.csv", 2)]
    assert loaded_by(raw) == load_id
    (state,) = Ledger(lake.home.ledger).state()
    assert (state.status, state.rows, state.quarantined, state.seconds) == (
        "accepted_with_quarantine",
        1,
        3,
        0.5,
    )


def test_a_second_delivery_supersedes_the_first_and_keeps_it(lake: Lake) -> None:
    first = lake.promote(FIRST).read_bytes()
    lake.promote(SECOND)
    assert lake.rows() == [SECOND]
    assert lake.home.superseded_file(lake.delivery(FIRST).load_id).read_bytes() == first
    assert lake.end_state()["status"] == {"first.csv": "superseded", "second.csv": "accepted"}


def test_promoting_again_changes_nothing(lake: Lake) -> None:
    raw = lake.promote(FIRST)
    before, ledger = raw.stat(), lake.home.ledger.read_bytes()
    lake.promote(FIRST)
    # not the whole of it: that a file was read moves the time of its last reading
    assert (raw.stat().st_ino, raw.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert lake.home.ledger.read_bytes() == ledger


def test_other_years_are_left_alone(lake: Lake) -> None:
    lake.promote(FIRST, 2024)
    lake.promote(SECOND, 2025)
    assert (lake.rows(2024), lake.rows(2025)) == ([FIRST], [SECOND])


def test_withdrawing_puts_back_what_was_in_force_before(lake: Lake) -> None:
    first = lake.promote(FIRST).read_bytes()
    raw = lake.promote(SECOND)
    assert lake.withdraw(SECOND) == FIRST
    assert raw.read_bytes() == first
    assert lake.end_state()["superseded"] == [f"{lake.delivery(SECOND).load_id}.parquet"]
    assert [e["event"] for e in Ledger(lake.home.ledger).events()][-2:] == ["withdrawn", "restored"]
    state = lake.end_state()
    assert lake.withdraw(SECOND) == FIRST
    assert lake.end_state() == state


def test_withdrawing_the_only_one_empties_its_place(lake: Lake) -> None:
    lake.promote(FIRST)
    assert lake.withdraw(FIRST) is None
    assert lake.rows() == []
    assert lake.end_state()["status"] == {"first.csv": "withdrawn"}


def test_a_withdrawn_delivery_never_comes_back_by_another_withdrawal(lake: Lake) -> None:
    for name in (FIRST, SECOND, THIRD):
        lake.promote(name)
    assert lake.withdraw(SECOND) == THIRD
    assert lake.rows() == [THIRD]
    assert lake.withdraw(THIRD) == FIRST
    assert lake.rows() == [FIRST]


def test_an_unknown_delivery_cannot_be_withdrawn(lake: Lake) -> None:
    with pytest.raises(DeliveryError, match="unknown delivery 'ffff'"):
        withdraw(lake.home, "ffff")


# ---- kills

STEPS = ("write_staged", "keep_file", "put_in_force", "Ledger.append", "sync_folder")


def dying(monkeypatch: pytest.MonkeyPatch, step: str, after: bool) -> None:
    """The first call of `step` from now on dies, before or after doing its work."""
    name = step.rpartition(".")[2]
    modules: list[Any] = [ingestion.lake.lake, ingestion.lake.swaps, ingestion.lake.files]
    owners = [Ledger] if step == "Ledger.append" else [owner for owner in modules if hasattr(owner, name)]
    real: Callable[..., Any] = getattr(owners[0], name)

    def dies(*args: Any, **kwargs: Any) -> None:
        if after:
            real(*args, **kwargs)
        raise Killed

    for owner in owners:
        monkeypatch.setattr(owner, name, dies)


def killed(action: Callable[[], Any], step: str, after: bool) -> bool:
    with pytest.MonkeyPatch.context() as monkeypatch:
        dying(monkeypatch, step, after)
        try:
            action()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_promotion_killed_at_any_step_and_run_again_ends_the_same(
    tmp_path: Path, step: str, after: bool
) -> None:
    smooth, torn = Lake(tmp_path / "smooth"), Lake(tmp_path / "torn")
    for lake in (smooth, torn):
        lake.promote(FIRST)
    smooth.promote(SECOND)
    assert killed(lambda: torn.promote(SECOND), step, after)
    assert torn.rows() in ([FIRST], [SECOND])
    torn.promote(SECOND)
    assert torn.end_state() == smooth.end_state()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_after_a_killed_promotion_recovery_makes_files_and_ledger_agree(
    tmp_path: Path, step: str, after: bool
) -> None:
    lake = Lake(tmp_path)
    lake.promote(FIRST)
    assert killed(lambda: lake.promote(SECOND), step, after)
    rows = lake.rows()
    recover(lake.home)
    state = lake.end_state()
    assert state["in force"] == rows
    assert state["staged"] == []
    assert [name for name, status in state["status"].items() if status == "accepted"] == [f"{rows[0]}.csv"]
    assert recover(lake.home) == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["keep_file", "put_in_force", "Ledger.append", "sync_folder"])
@pytest.mark.parametrize("by", ["running it again", "recovery"])
def test_a_withdrawal_killed_at_any_step_can_be_finished(
    tmp_path: Path, step: str, after: bool, by: str
) -> None:
    lake = Lake(tmp_path)
    lake.promote(FIRST)
    lake.promote(SECOND)
    assert killed(lambda: lake.withdraw(SECOND), step, after)
    if by == "recovery":
        recover(lake.home)
    assert lake.withdraw(SECOND) == FIRST
    assert lake.rows() == [FIRST]
    assert lake.end_state()["status"] == {"first.csv": "accepted", "second.csv": "withdrawn"}
    assert recover(lake.home) == []


def test_a_delivery_promoted_right_before_a_kill_is_not_lost_to_the_next_one(lake: Lake) -> None:
    lake.promote(FIRST)
    assert killed(lambda: lake.promote(SECOND), "Ledger.append", after=False)
    lake.promote(THIRD)
    assert lake.withdraw(THIRD) == SECOND
    assert lake.withdraw(SECOND) == FIRST


def test_a_promotion_really_killed_anywhere_ends_the_same(tmp_path: Path) -> None:
    smooth = Lake(tmp_path / "smooth")
    smooth.promote(FIRST)
    smooth.promote(SECOND)
    for number in count(1):
        torn = Lake(tmp_path / f"torn-{number}")
        torn.promote(FIRST)
        if not killed_before(number, torn.home.root, "promote", SECOND):
            break
        assert torn.rows() in ([FIRST], [SECOND])
        torn.promote(SECOND)
        recover(torn.home)
        assert torn.end_state() == smooth.end_state(), f"killed before effect {number}"
    assert number > 3


def test_deliveries_of_an_archive_really_killed_anywhere_are_in_force_together_or_not_at_all(
    tmp_path: Path,
) -> None:
    smooth = Lake(tmp_path / "smooth")
    smooth.promote_together(FIRST)
    smooth.promote_together(SECOND)
    take_snapshot(smooth.home)
    split = 0
    for number in count(1):
        torn = Lake(tmp_path / f"torn-{number}")
        torn.promote_together(FIRST)
        if not killed_before(number, torn.home.root, "promote_together", SECOND):
            break
        split += len({rows for year in YEARS for rows in torn.rows(year)}) > 1
        snapshot = Lake(take_snapshot(torn.home).root)
        assert [snapshot.rows(year) for year in YEARS] in ([[FIRST]] * 3, [[SECOND]] * 3), number
        assert [snapshot.rows(year) for year in YEARS] == [torn.rows(year) for year in YEARS]
        torn.promote_together(SECOND)
        recover(torn.home)
        assert torn.end_state() == smooth.end_state(), f"killed before effect {number}"
    assert split >= 2, "no kill fell between the first and the last of the archive"


# ---- full disks


def fill_disk(monkeypatch: pytest.MonkeyPatch, noticed_by: str) -> None:
    """No space left, first noticed at one of the places that write."""

    def no_space(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def half_a_copy(*args: Any) -> None:
        args[-1].write_bytes(b"PAR1 half a file")
        raise duckdb.IOException("Could not write file: No space left on device")

    if noticed_by == "copy":
        monkeypatch.setattr(ingestion.lake.lake, "write_staged", half_a_copy)
    else:
        monkeypatch.setattr(os, noticed_by, no_space)


@pytest.mark.parametrize("noticed_by", ["copy", "link", "replace", "write"])
def test_a_full_disk_leaves_in_force_what_was(lake: Lake, noticed_by: str) -> None:
    lake.promote(FIRST)
    before = lake.end_state()
    ledger = lake.home.ledger.read_bytes()
    with pytest.MonkeyPatch.context() as monkeypatch:
        fill_disk(monkeypatch, noticed_by)
        with pytest.raises(DeliveryError, match="No space left on device") as refused:
            lake.promote(SECOND)
    assert "What was in force before still is" in str(refused.value)
    assert lake.end_state() == before
    assert lake.home.ledger.read_bytes() == ledger
    lake.promote(SECOND)
    assert lake.rows() == [SECOND]


# ---- the same by chance

ACTIONS = st.lists(st.tuples(st.sampled_from(["promote", "withdraw"]), st.sampled_from("abc")), max_size=8)


@settings(max_examples=10, deadline=None)
@given(ACTIONS, st.sampled_from(STEPS), st.booleans())
def test_whatever_happened_files_and_ledger_tell_the_same(
    actions: list[tuple[str, str]], step: str, after: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake, order = Lake(Path(folder)), list[str]()
        for action, name in actions:
            if action == "withdraw" and Ledger(lake.home.ledger).load(lake.delivery(name).load_id) is None:
                continue
            act = lake.promote if action == "promote" else lake.withdraw
            killed(lambda act=act, name=name: act(name), step, after)
            act(name)
            if action == "withdraw":
                order = [other for other in order if other != name]
            elif order[-1:] != [name]:
                order = [*(other for other in order if other != name), name]
            assert lake.rows() == order[-1:]
        recover(lake.home)
        assert lake.rows() == order[-1:]
        assert recover(lake.home) == []


def test_every_entity_has_a_typed_file_without_rows(lake: Lake) -> None:
    ensure_empty_files(lake.home)
    for name, entity in load_entities().items():
        found = duckdb.sql(f"from '{lake.home.raw}/{name}/empty.parquet'")
        assert types(found) == entity.raw_columns
        assert found.fetchall() == []
    written = lake.home.empty_raw_file("person").stat().st_mtime_ns
    ensure_empty_files(lake.home)
    assert lake.home.empty_raw_file("person").stat().st_mtime_ns == written


def test_the_empty_files_are_no_deliveries(lake: Lake) -> None:
    ensure_empty_files(lake.home)
    lake.promote(FIRST)
    assert recover(lake.home) == []
    union = f"read_parquet('{lake.home.raw}/attendance/**/*.parquet', union_by_name = true)"
    assert duckdb.sql(f"select count(*) from {union}").fetchall() == [(1,)]
