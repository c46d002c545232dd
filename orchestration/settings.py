"""Where this deployment lives: folders, environment, Dagster instance; the same for UI and command line."""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.home import Home

if TYPE_CHECKING:
    import dagster as dg

    from ingestion.configuration.community import Communities
    from ingestion.errors import ContractError

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
DAGSTER_YAML = Path(__file__).with_name("dagster.yaml")
TIMEZONE_VARIABLE = "MILEPOST_TIMEZONE"
OWNERS = ("team:data-engineering",)

# None of the tools below us reports anything to its maker.
_SILENCED = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",  # dlt's, which warns of columns that we read as text
}


def timezone() -> str:
    """The time zone that schedules speak in."""
    return os.environ.get(TIMEZONE_VARIABLE) or "UTC"


def prepare_environment(home: Home | None = None) -> Home:
    """Set what child processes and libraries read from the environment; returns the home, creates nothing."""
    os.umask(0o077)  # whatever is written holds children's records, or tells of them: its owner's alone
    home = home or Home.from_environment()
    os.environ["MILEPOST_HOME"] = str(home.root)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    for name, value in _SILENCED.items():
        os.environ.setdefault(name, value)
    return home


def first_steps(verb: str, *, publish: bool = False) -> str:
    """What to do in a home where nothing is yet; the demo is no step where a configuration is named."""
    own = "`milepost load`, then `milepost refresh`" if publish else "`milepost load`"
    is_own = bool(os.environ.get("MILEPOST_COMMUNITIES"))
    return f"{verb} {own}" if is_own else f"{verb} `milepost demo`, or with files of your own {own}"


def load_configuration() -> Communities:
    """Every community and contract of this deployment, parsed again only when one of its files changed."""
    from ingestion.configuration.community import communities_folder

    folder = communities_folder()
    files = [(path, path.stat()) for path in sorted(folder.glob("*/**/*")) if path.is_file()]
    stamps = tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in files)
    return _configuration(folder, stamps)


@lru_cache(maxsize=1)
def _configuration(folder: Path, _stamps: tuple[tuple[str, int, int], ...]) -> Communities:
    from ingestion.configuration.community import load_communities
    from ingestion.errors import ContractError

    try:
        return load_communities(folder)
    except ContractError as error:
        raise _with_what_it_stops(error) from error


def _with_what_it_stops(error: ContractError) -> ContractError:
    """The same error, which says that it stops the files of every partner."""
    from ingestion.errors import ContractError

    stops = "no file is loaded, of whichever partner"
    if all("/extracts/" in one.where for one in error.singles()):
        stops += "; `milepost check FILE` works for files of the others"
    if error.problems:
        return ContractError(f"{error.what}. Until they are mended {stops}", problems=error.problems)
    step = error.next_step + ("" if error.next_step.endswith(("?", ".")) else ".")
    step = f"{step} Until then {stops}" if error.next_step else f"Until it is mended {stops}"
    return ContractError(error.what, where=error.where, rule=error.rule, next_step=step)


def sound_configuration() -> tuple[Communities, list[ContractError]]:
    """The configuration without the contracts that are wrong, and what is wrong with those."""
    from ingestion.configuration.community import communities_folder, load_communities

    wrong: list[ContractError] = []
    return load_communities(communities_folder(), wrong), wrong


def dagster_instance(home: Home) -> dg.DagsterInstance:
    """The instance of this home; on first use its folder, its dagster.yaml and its databases are made.

    The databases are touched here, by one process, because webserver and daemon that create them at the same
    moment leave one of them without its tables.
    """
    from filelock import FileLock

    prepare_environment(home)
    home.create()
    home.dagster.mkdir(parents=True, exist_ok=True)
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "dagster.lock"):
        is_made = (
            home.dagster / "made"
        )  # written last: a kill before it leaves databases without their tables
        first_use = not is_made.exists()
        if first_use:
            _remove_databases(home.dagster)
            if not (home.dagster / "dagster.yaml").exists():
                shutil.copyfile(DAGSTER_YAML, home.dagster / "dagster.yaml")
        made = (home.dagster / "dagster.yaml").stat()
        # both: a file system may give the number of a removed file to the next one
        instance = _instance(home.dagster, (made.st_ino, made.st_mtime_ns))
        if first_use:
            from orchestration.partitions import introduce

            instance.get_runs(limit=1)
            introduce(instance, home)
            is_made.touch()
    return instance


def _remove_databases(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif ".db" in path.name:
            path.unlink()


@lru_cache(maxsize=1)
def _instance(_folder: Path, _made: tuple[int, int]) -> dg.DagsterInstance:
    """Opened once in a process, as long as it is the same one: it reads all of its migrations each time."""
    import dagster as dg

    return dg.DagsterInstance.get()
