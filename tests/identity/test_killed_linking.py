"""Killed anywhere in linking, and run again: the same vault and the same links as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from accounts_of_partners import cohort, persons, send

from identity.linking import link_persons
from identity.vault import open_vault
from ingestion.home import Home


def deliver(home: Home) -> None:
    send(home, "north", *cohort("N", 0, 60))
    send(home, "clinic", *cohort("C", 20, 60))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    home = Home(tmp_path_factory.mktemp("undisturbed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILEPOST_PERSON_KEY", "a key for tests")
        deliver(home)
        link_persons(home)
        return persons(home)


KILLED = """
import os, signal, sys
from pathlib import Path
import importlib
from ingestion.home import Home
from identity.linking import link_persons
module, function = sys.argv[2].rsplit(".", 1)
module = importlib.import_module(module)
real = getattr(module, function)
def die(*given, **named):
    if sys.argv[3] == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, function, die)
link_persons(Home(Path(sys.argv[1])))
"""
MOMENTS = [
    "identity.matching.train", "identity.matching.score", "identity.matching.cluster",
    "identity.linking.assign_persons", "identity.linking.keep_accounts", "identity.linking.keep_matches",
    "identity.linking.keep_persons", "identity.linking.export", "identity.export._write",
]  # fmt: skip


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_run_again_links_are_as_undisturbed(
    tmp_path: Path,
    undisturbed: dict[tuple[str, str], str],
    moment: str,
    when: str,
) -> None:
    home = Home(tmp_path)
    deliver(home)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(home.root), moment, when], env=os.environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    link_persons(home)
    assert persons(home) == undisturbed
    with open_vault(home, read_only=True) as con:
        kept = con.execute(
            "select (select count(*) from vault.account), (select count(*) from vault.member), "
            "(select count(distinct version) from vault.model), (select count(*) from vault.change)"
        ).fetchone()
    assert kept == (120, 120, 1, 0)


def test_the_cohort_of_these_tests_is_linked_as_it_was_made(
    undisturbed: dict[tuple[str, str], str],
) -> None:
    both = [i for i in range(20, 60) if undisturbed["north", f"N{i}"] == undisturbed["clinic", f"C{i}"]]
    assert both == list(range(20, 60))
    assert len(set(undisturbed.values())) == 80
