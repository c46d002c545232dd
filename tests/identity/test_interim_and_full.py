"""An interim step, which works out anew what has news, leaves the same as one that works out everything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from accounts_of_partners import child, cohort, persons, send

from identity.linking import link_persons
from identity.matches import match
from identity.vault import open_vault
from ingestion.home import Home

FILES = ("person_links", "links", "address_keys")
DERIVED = ("account", "mention", "grouped", "contradicted", "home", "record", "normalised", "pair")
ANA = {"first_name": "Ana", "last_name": "Gomez"}
OAK = {"address": "12 Oak St", "zip_code": "46201"}


def told(home: Home) -> dict[str, Any]:
    """All that a step leaves but the moments at which it did so."""
    found: dict[str, Any] = {
        name: duckdb.sql(f"from '{home.identity / name}.parquet'").fetchall() for name in FILES
    }
    found["counts"] = json.loads((home.identity / "linked.json").read_text())["counts"]
    with open_vault(home, read_only=True) as con:
        for table in DERIVED:
            found[table] = sorted(map(repr, con.execute(f"from vault.{table}").fetchall()))
        for table, moments in (
            ("member", "since, joined_at"),
            ("person", "since"),
            ("alias", "since"),
            ("change", "changed_at"),
        ):
            found[table] = con.execute(
                f"select * exclude ({moments}) from vault.{table} order by all"
            ).fetchall()
    return found


def link(home: Home) -> None:
    link_persons(
        home, accept_match_rates=True, accept_reissued_numbers=True, accept_contradicted_state_ids=True
    )


def copy_to_do_in_full(home: Home, root: Path) -> Home:
    """A copy of a home whose files in raw/ are the very same, and whose next step takes nothing from before."""
    shutil.copytree(home.root, root, ignore=shutil.ignore_patterns("raw"))
    subprocess.run(["cp", "-al", str(home.raw), str(root / "raw")], check=True)
    (Home(root).identity / "linked.json").unlink(missing_ok=True)
    return Home(root)


def at_oak_street(children: list[dict[str, str]], without_zip: tuple[int, ...] = ()) -> list[dict[str, str]]:
    """Children two to a house, so that one of them may tell the ZIP code that the other does not."""
    return [
        {**one, "address": f"{10 + i // 2} Oak St", "zip_code": "" if i in without_zip else "46201"}
        for i, one in enumerate(children)
    ]


def begin(home: Home) -> None:
    send(home, "north", *at_oak_street(cohort("N", 0, 60)))
    send(home, "clinic", *cohort("C", 20, 40), child("Y", **ANA))


def third_partner_comes(home: Home) -> None:
    send(home, "zoo", *at_oak_street(cohort("Z", 50, 30), without_zip=(1, 3, 5)))


def other_zip_codes_at_the_same_places(home: Home) -> None:
    children = at_oak_street(cohort("Z", 50, 30), without_zip=(1, 5))
    send(
        home,
        "zoo",
        *({**one, "zip_code": one["zip_code"] and "11111"} for one in children),
        collection="fall",
    )


def some_children_are_gone_and_one_tells_a_state_id(home: Home) -> None:
    send(home, "clinic", *cohort("C", 20, 30), child("Y", **ANA), child("M", state_student_id="S1"))


def a_state_id_is_shared_and_a_namesake_comes(home: Home) -> None:
    namesake = child("X", **ANA, birth_date="2014-03-09", **OAK)
    send(home, "north", *at_oak_street(cohort("N", 0, 60)), namesake, child("K", state_student_id="S1"))


def gone_children_are_back_and_one_is_linked(home: Home) -> None:
    send(home, "clinic", *cohort("C", 20, 40), child("Y", **ANA, birth_date="2014-03-09", **OAK))


def a_third_of_a_cluster_goes(home: Home) -> None:
    send(home, "zoo", *at_oak_street(cohort("Z", 50, 10)))


def a_collection_is_withdrawn(home: Home) -> None:
    (home.raw / "person" / "zoo.person" / "2025-fall.parquet").unlink()


def a_partner_merges_two_of_its_records(home: Home) -> None:
    merged = {"replaced_by_student_id": "N3"}
    children = at_oak_street(cohort("N", 0, 60))
    send(home, "north", *({**one, **merged} if one["student_id"] == "N2" else one for one in children))


def a_birth_date_takes_a_link_apart(home: Home) -> None:
    children = cohort("C", 20, 40)
    send(
        home,
        "clinic",
        *({**one, "birth_date": "1999-12-31"} if i == 7 else one for i, one in enumerate(children)),
    )


def a_partner_is_gone(home: Home) -> None:
    (home.raw / "person" / "zoo.person" / "2025-annual.parquet").unlink()


def of_state_id(number: str, i: int) -> dict[str, str]:
    """A child with the state id S2, who is another one for each i."""
    return {**cohort("", i, 1)[0], "student_id": number, "state_student_id": "S2"}


def two_agree_on_a_state_id(home: Home) -> None:
    send(home, "south", of_state_id("A", 3))
    send(home, "east", of_state_id("B", 3), school_year=2024)


def others_come_with_it_for_another_child(home: Home) -> None:
    send(home, "west", of_state_id("C", 57), *cohort("W", 60, 10), school_year=2023)


def one_who_agreed_is_gone_and_both_lose_it(home: Home) -> None:
    (home.raw / "person" / "east.person" / "2024-annual.parquet").unlink()


def another_year_changes_nothing(home: Home) -> None:
    (home.raw / "person" / "west.person" / "2023-annual.parquet").unlink()
    send(home, "west", of_state_id("C", 57), *cohort("W", 60, 10), school_year=2025)


def who_contradicted_is_gone(home: Home) -> None:
    (home.raw / "person" / "west.person" / "2025-annual.parquet").unlink()


NEWS: tuple[Callable[[Home], None], ...] = (
    third_partner_comes, other_zip_codes_at_the_same_places, some_children_are_gone_and_one_tells_a_state_id,
    a_state_id_is_shared_and_a_namesake_comes, gone_children_are_back_and_one_is_linked,
    a_third_of_a_cluster_goes, a_collection_is_withdrawn, a_partner_merges_two_of_its_records,
    a_birth_date_takes_a_link_apart, a_partner_is_gone, two_agree_on_a_state_id,
    others_come_with_it_for_another_child, one_who_agreed_is_gone_and_both_lose_it,
    another_year_changes_nothing, who_contradicted_is_gone,
)  # fmt: skip


def test_after_each_news_all_is_as_if_everything_had_been_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    took_news_only: list[bool] = []

    def watched(*given: Any, **named: Any) -> bool:
        took_news_only.append(match(*given, **named))
        return took_news_only[-1]

    monkeypatch.setattr("identity.linking.match", watched)
    home = Home(tmp_path / "interim")
    begin(home)
    link(home)
    contradicted = []
    for news in NEWS:
        news(home)
        in_full = copy_to_do_in_full(home, tmp_path / news.__name__)
        took_news_only.clear()
        link(home)
        link(in_full)
        assert took_news_only == [True, False], news.__name__
        ours, theirs = told(home), told(in_full)
        assert {name for name in ours if ours[name] != theirs[name]} == set(), news.__name__
        contradicted.append(len(ours["contradicted"]))
    # C by A and B; A by C, who tells it earlier; A and C each by the other
    assert contradicted[-5:] == [0, 2, 2, 2, 0]


def test_where_a_second_partner_comes_all_are_compared_and_linked(tmp_path: Path) -> None:
    home = Home(tmp_path / "interim")
    send(home, "north", *cohort("N", 0, 60))
    link(home)
    send(home, "clinic", *cohort("C", 20, 40))
    in_full = copy_to_do_in_full(home, tmp_path / "in_full")
    link(home)
    link(in_full)
    found = persons(home)
    assert all(found["clinic", f"C{i}"] == found["north", f"N{i}"] for i in range(20, 60))
    ours, theirs = told(home), told(in_full)
    for one in (ours, theirs):  # fitted twice, and remembered with what was found
        one.pop("pair")
    assert ours == theirs


KILLED = """
import importlib, os, signal, sys
from pathlib import Path
from identity.linking import link_persons
from ingestion.home import Home
module, function = sys.argv[2].rsplit(".", 1)
module = importlib.import_module(module)
setattr(module, function, lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL))
link_persons(Home(Path(sys.argv[1])))
"""
MOMENTS = (
    "identity.matches._cluster_news", "identity.linking.keep_homes", "identity.linking.keep_grouped",
    "identity.linking.export", "identity.export._add_kept", "identity.export.write_lists",
)  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_in_an_interim_step_and_run_again_all_is_as_if_nothing_had_happened(
    tmp_path: Path, moment: str
) -> None:
    home = Home(tmp_path / "interim")
    begin(home)
    link(home)
    third_partner_comes(home)
    in_full = copy_to_do_in_full(home, tmp_path / "in_full")
    link(in_full)
    done = subprocess.run([sys.executable, "-c", KILLED, str(home.root), moment], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    link(home)
    assert told(home) == told(in_full)


def test_addresses_of_who_is_gone_are_kept_nowhere(tmp_path: Path) -> None:
    home = Home(tmp_path)
    begin(home)
    third_partner_comes(home)
    send(home, "clinic", child("G", **ANA, address="77 Only Ct", zip_code="46201"), school_year=2024)
    link(home)
    send(home, "clinic", child("G", **ANA), school_year=2024)
    link(home)
    with open_vault(home, read_only=True) as con:
        tables = con.execute(
            "select table_name from duckdb_columns() where database_name = 'vault' and column_name = 'address'"
        ).fetchall()
        assert {"account", "home", "normalised"} <= {name for (name,) in tables}
        for (table,) in tables:
            count = con.execute(
                f"select count(*) from vault.{table} where address ilike '77%only%'"
            ).fetchone()
            assert count == (0,), table
