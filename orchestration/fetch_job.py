"""The job `fetch`, and a schedule of it per source."""

from typing import Any

import dagster as dg

from ingestion.home import Home
from ingestion.wording import counted
from orchestration.fetches import fetch_sources, source_names
from orchestration.notification import told_without_values
from orchestration.settings import timezone

NIGHTLY = "0 2 * * *"  # before `refresh_when_new`


def fetch_job(home: Home) -> dg.JobDefinition:
    """The job `fetch`: sources into the inbox, from where the sensor `inbox` has them loaded."""
    names = dg.Field([str], default_value=[], is_required=False, description="Sources; all without any.")

    @dg.op(config_schema={"sources": names})
    @told_without_values()
    def fetch_files(context: dg.OpExecutionContext) -> None:
        """Fetch what is new at the sources of the run's configuration."""
        done = fetch_sources(home, context.op_config["sources"])
        for fetched in done:
            context.log.info(f"{fetched.source}: {counted(len(fetched.files), 'file')} fetched")
        problems = [str(problem) for fetched in done for problem in fetched.problems]
        if problems:
            what = f"{counted(len(problems), 'trouble')}: {problems[0]}"
            raise dg.Failure(what, allow_retries=False)

    @dg.job(
        name="fetch",
        description="Fetch what is new at the communities' sources into the inbox.",
        executor_def=dg.in_process_executor,
        tags={"layer": "raw"},
    )
    def fetch() -> None:
        fetch_files()

    return fetch


def fetch_schedules(fetch: Any) -> list[dg.ScheduleDefinition]:
    """A nightly schedule per source, each off until somebody switches it on."""
    return [
        dg.ScheduleDefinition(
            name=f"fetch_{name}",
            job=fetch,
            cron_schedule=NIGHTLY,
            execution_timezone=timezone(),
            run_config={"ops": {"fetch_files": {"config": {"sources": [name]}}}},
            description=f"Nightly: what is new at the source {name}.",
        )
        for name in source_names()
    ]
