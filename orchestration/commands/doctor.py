"""A deployment's worst day: `doctor` looks at what may be wrong."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted
from orchestration.console import Exit, print_json, print_table

if TYPE_CHECKING:
    from ingestion.home import Home

TOOLS = ("milepost", "dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
ENOUGH_DISK_GB = 2
Finding = tuple[str, bool, str]


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(as_json: bool = typer.Option(False, "--json", help="Print the findings as JSON.")) -> None:
    """Look at versions, folders, configuration, agreements, the vault, locks and the release.

    It says what needs attention, and changes nothing.

    Example: milepost doctor
    """
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    findings = [
        *_versions(),
        *_places(home),
        *_configuration(),
        *_agreements(home),
        *_purges(home),
        *_places_that_wait(home),
        *_vault(home),
        *_state(home),
    ]
    if as_json:
        print_json([{"what": what, "ok": ok, "finding": found} for what, ok, found in findings])
    else:
        print_table("", ["what", "ok", "finding"], findings)
    if not all(ok for _, ok, _ in findings):
        raise typer.Exit(Exit.REJECTED)


def _versions() -> list[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    found = [("python", sys.version_info >= (3, 11), sys.version.split()[0])]
    for tool in TOOLS:
        try:
            found.append((tool, True, version(tool)))
        except PackageNotFoundError:
            found.append((tool, False, "not installed; run `make setup`"))
    return found


def _places(home: Home) -> list[Finding]:
    existing = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    key = home.person_id_key
    key_is_private = not key.exists() or not key.stat().st_mode & 0o077
    return [
        _home(home),
        ("free disk", free >= ENOUGH_DISK_GB, f"{free:.0f} GB"),
        (
            "person key",
            key_is_private,
            "private" if key_is_private else f"others can read it: chmod 600 {key}",
        ),
    ]


def _home(home: Home) -> Finding:
    """Whether the home is its owner's alone; one that was there before the first load may not be."""
    if not home.root.exists():
        return ("home", True, f"{home.root} (made by the first load)")
    if home.root.stat().st_mode & 0o077:
        found = f"others can look into {home.root}, which holds children's records: chmod 700 {home.root}"
        return ("home", False, found)
    return ("home", True, str(home.root))


def _configuration() -> list[Finding]:
    from ingestion.errors import MilepostError
    from orchestration.settings import load_configuration

    try:
        communities = load_configuration()
    except MilepostError as error:
        return [("configuration", False, str(error))]
    names = ", ".join(community.community for community in communities)
    return [
        (
            "configuration",
            True,
            f"{counted(len({c.bundle or c.extract_id for c in communities.contracts.values()}), 'contract')}"
            f" of {names} ({communities.folder})",
        )
    ]


def _agreements(home: Home) -> list[Finding]:
    """Agreements that have expired while their rows count; nothing where the configuration is wrong."""
    from ingestion.errors import MilepostError
    from orchestration.agreements import expired_in_force
    from orchestration.received import states
    from orchestration.settings import load_configuration

    try:
        communities = load_configuration()
    except MilepostError:
        return []
    return [
        (
            f"agreement {found.agreement}",
            False,
            f"of {found.community}, expired on {found.expired}; loaded under it and in no release since:"
            f" {', '.join(f'{n} of {extract}' for extract, n in found.in_force.items())}. Renew it in"
            f" agreements.yml, or destroy what came under it: `milepost purge --agreement {found.agreement}`",
        )
        for found in expired_in_force(communities, states(home), dt.date.today())
    ]


def _purges(home: Home) -> list[Finding]:
    """Purges that were begun and not finished, and whether the list of opt-outs opens."""
    from identity.opt_outs import open_withheld
    from ingestion.errors import MilepostError
    from orchestration.purging.receipts import pending

    found = [
        ("purge", False, f"of {one.title}, begun on {one.began_at[:10]}, was not finished: run it again")
        for one in pending(home)
    ]
    try:
        open_withheld(home)
    except MilepostError as error:
        found.append(("opt-outs", False, str(error)))
    return found


def _vault(home: Home) -> list[Finding]:
    """Whether the vault is there, or should be, and whether its key is the one."""
    from identity.vault_check import look_at_vault

    state = look_at_vault(home)
    there = str(home.vault) if state.is_there else "not made yet: the first `milepost refresh` makes it"
    opens = (
        "opens the vault" if state.is_there and not state.vault else "not tried: there is no vault to open"
    )
    if state.is_in_use:
        opens = "not tried: another process has the vault open"
    return [
        ("vault", not state.vault, str(state.vault or there)),
        ("vault key", not state.key, str(state.key or opens)),
        *_key_of_others(home),
    ]


def _key_of_others(home: Home) -> list[Finding]:
    """A finding only where others than its owner can read the vault's key."""
    from ingestion.vault_key import KEY_VARIABLE, key_file

    file = None if os.environ.get(KEY_VARIABLE) else key_file(home)
    if file is None or not file.is_file() or not file.stat().st_mode & 0o077:
        return []
    return [("vault key's file", False, f"others can read it: chmod 600 {file}")]


def _places_that_wait(home: Home) -> list[Finding]:
    """Rows of same_places.csv about accounts that nobody has sent; they may rightly wait: no failure."""
    from orchestration.commands.places import waiting

    return [("same_places.csv", True, sentence) for sentence in waiting(home)]


def _state(home: Home) -> list[Finding]:
    from orchestration.process_group import running_group
    from orchestration.writer import is_locked, lock_holder_file

    holder = lock_holder_file(home)
    refreshing = (home.locks / "warehouse.lock").exists() and is_locked(home.locks / "warehouse.lock")
    release = home.current_release
    group = running_group(home.dagster / "dev.pid")
    return [
        ("refresh", True, f"running ({holder.read_text()})" if refreshing and holder.exists() else "idle"),
        ("Dagster UI", True, f"running, process group {group}" if group else "not running"),
        ("release", True, release.resolve().name if release.exists() else "none yet: run `milepost refresh`"),
    ]
