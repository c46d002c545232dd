"""dbt run in this process on one home, with a manifest that was parsed once for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingestion.home import Home
from orchestration.warehouse import released_warehouse
from publishing.dbt_project import DBT_PROJECT
from publishing.entity_files import write_entity_files
from publishing.registry_tables import write_union_macro


def parse_project(home: Home, project: Path = DBT_PROJECT) -> Any:
    """The manifest of the project, with the indicators that are registered and the entities there are."""
    write_union_macro(project)
    write_entity_files(project)
    result = run_dbt(None, home, "parse", project=project)
    assert result.success, result.exception
    return result.result


def run_dbt(manifest: Any, home: Home, *arguments: str, project: Path = DBT_PROJECT) -> Any:
    """The result of a dbt command; the warehouse file is let go afterwards."""
    from dbt.cli.main import dbtRunner

    with _environment(home):
        return dbtRunner(manifest=manifest).invoke([*arguments, *_places(home, project)])


def problems(result: Any) -> str:
    """What went wrong in a run, for an assertion's message."""
    if result.exception:
        return str(result.exception)
    failed = [node for node in result.result if node.status not in ("success", "pass", "skipped", "no-op")]
    return "\n".join(f"{node.node.name}: {node.message}" for node in failed)


@contextmanager
def _environment(home: Home) -> Iterator[None]:
    before = os.environ.get("MILEPOST_HOME")
    os.environ["MILEPOST_HOME"] = str(home.root)
    try:
        with released_warehouse():
            yield
    finally:
        if before is None:
            del os.environ["MILEPOST_HOME"]
        else:
            os.environ["MILEPOST_HOME"] = before


def _places(home: Home, project: Path) -> list[str]:
    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
    return [*folders, "--target-path", str(home.dbt_target), "--log-path", str(home.dbt_logs), "--quiet"]
