"""The definitions load without what only a run needs, and show the layers as groups."""

import json
import subprocess
import sys

import pytest

from ingestion.contracts.entities import CANONICAL, load_entities

CODE = """
import json, sys
from orchestration.definitions import defs
made = defs()
repository = made.get_repository_def()
graph = repository.asset_graph
print(json.dumps({
    "heavy": sorted({"great_expectations", "dbt.cli.main", "pandas", "pyarrow"} & set(sys.modules)),
    "groups": sorted({graph.get(key).group_name for key in graph.get_all_asset_keys()}),
    "keys": sorted(key.to_user_string() for key in graph.get_all_asset_keys()),
    "checks": sorted(f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys),
    "unexplained": sorted(str(key) for key in graph.get_all_asset_keys() if not graph.get(key).description),
    "jobs": sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")),
    "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
    "schedules": sorted(schedule.name for schedule in repository.schedule_defs),
}))
"""
pytestmark = [pytest.mark.usefixtures("home"), pytest.mark.xdist_group("orchestration")]


@pytest.fixture
def shown() -> dict[str, list[str]]:
    from orchestration.warehouse import prepared_manifest

    prepared_manifest()  # a first parse needs dbt; every later start reads its result
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE], capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_layers_are_groups_and_everything_is_explained(shown: dict[str, list[str]]) -> None:
    assert shown["heavy"] == []
    layers = {
        "raw",
        "staging",
        "intermediate",
        "marts",
        "disclosure",
        "published",
        "identity",
        "codes",
        "reference",
    }
    standards = {e.standard for e in load_entities().values()} - {CANONICAL}
    assert set(shown["groups"]) == layers | {f"raw_{standard}" for standard in standards}
    assert shown["unexplained"] == []
    for entity in load_entities():
        assert f"raw/{entity}" in shown["keys"]
        assert f"raw/{entity}:gate" in shown["checks"]
        assert f"raw/{entity}:deliveries_due" in shown["checks"]
    for key in (
        "identity/person_links",
        "identity/address_keys",
        "identity/place_links",
        "identity/places",
        "disclosure/cell_suppression",
        "published/release",
    ):
        assert key in shown["keys"]
    assert shown["jobs"] == ["deliveries_due", "fetch", "load", "refresh"]
    assert shown["sensors"] == ["inbox", "tell_of_failures"]
    assert shown["schedules"] == ["deliveries_due", "refresh_after_due_dates", "refresh_when_new"]
