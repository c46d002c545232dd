"""Everything Dagster shows and runs, listed; each kind of thing has its own module."""

import warnings

import dagster as dg

from ingestion.contracts.entities import load_entities
from ingestion.home import Home
from orchestration.fetch_job import fetch_job, fetch_schedules
from orchestration.jobs import due_job, load_job, resources
from orchestration.partitions import raw_key
from orchestration.progress import Progress
from orchestration.published import delivery_records, surrounding_assets
from orchestration.raw import raw_assets
from orchestration.refreshing import refresh_job
from orchestration.schedules import schedules
from orchestration.sensors import due_check, failure_sensor, inbox_sensor
from orchestration.settings import prepare_environment
from orchestration.warehouse import prepared_manifest, warehouse_assets

# partitioned checks are in preview and sensors in beta; the versions are pinned, and tests hold what we use
for category in (dg.PreviewWarning, dg.BetaWarning):
    warnings.filterwarnings("ignore", category=category)


def definitions(home: Home, progress: Progress | None = None) -> dg.Definitions:
    """The definitions over one home; `progress` listens when the run happens in the caller's process."""
    manifest = prepared_manifest()
    load, refresh, due = load_job(home), refresh_job(manifest, home), due_job()
    fetch = fetch_job(home)
    return dg.Definitions(
        assets=[
            *raw_assets(home),
            *delivery_records(manifest, [raw_key(entity) for entity in load_entities()]),
            *surrounding_assets(manifest, home),
            warehouse_assets(manifest, home),
        ],
        asset_checks=[due_check(home)],
        jobs=[fetch, load, refresh, due],
        schedules=[*schedules(home, refresh, due), *fetch_schedules(fetch)],
        sensors=[inbox_sensor(home, load), failure_sensor()],
        resources={**resources(home), **({"progress": progress} if progress else {})},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads, for the home of its environment."""
    return definitions(prepare_environment())
