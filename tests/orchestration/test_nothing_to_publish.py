"""A first release of nothing is refused, wherever the refresh was started; a later one is news."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.home import Home
from orchestration.cli import app
from orchestration.received import has_nothing_to_publish, is_behind, states
from orchestration.refreshing import NothingAccepted, refuse_nothing
from tests.orchestration.conftest import GOOD, NO_SCHOOL

Drop = Callable[[str, str], Path]
pytestmark = pytest.mark.xdist_group("orchestration")
NOTHING = "No delivery was accepted yet, so there is nothing to publish."


def refused(home: Home) -> str:
    """What a refresh says that must be refused, and publish nothing."""
    done = CliRunner().invoke(app, ["refresh"])
    assert done.exit_code == 2, done.output
    assert not home.current_release.exists()
    assert not home.warehouse.exists()
    return " ".join(done.output.split())


def test_nothing_is_published_where_nothing_was_accepted(home: Home, drop: Drop) -> None:
    assert f"{NOTHING} Run `milepost load`, then `milepost refresh`" in refused(home)
    bad = drop("attendance_2024.csv", NO_SCHOOL)
    CliRunner().invoke(app, ["receive", str(bad)])
    assert f"{NOTHING} Run `milepost load`, which loads what was received" in refused(home)
    assert CliRunner().invoke(app, ["load", str(bad)]).exit_code == 1
    assert f"{NOTHING} `milepost status` says why deliveries were rejected" in refused(home)
    assert not is_behind(home), "nor by night"


def test_what_was_withdrawn_before_a_first_release_is_not_there(home: Home, drop: Drop) -> None:
    CliRunner().invoke(app, ["load", str(drop("attendance_2024.csv", GOOD))])
    assert not has_nothing_to_publish(home)
    assert is_behind(home)
    (load_id,) = [state.load_id for state in states(home)]
    assert CliRunner().invoke(app, ["withdraw", load_id]).exit_code == 0
    assert NOTHING in refused(home)
    home.published.mkdir()
    (home.published / "releases.jsonl").write_text('{"release_id": "r0001"}\n')
    refuse_nothing(home)  # readers are to see that it is gone
    assert is_behind(home)


def test_a_refresh_that_dagster_starts_is_refused_too(home: Home) -> None:
    from orchestration.jobs import resources
    from orchestration.refreshing import refresh_job
    from orchestration.settings import dagster_instance

    job = refresh_job({"nodes": {}, "sources": {}}, home)
    with pytest.raises(NothingAccepted):
        job.execute_in_process(instance=dagster_instance(home), resources=resources(home))
    assert not home.warehouse.exists()
