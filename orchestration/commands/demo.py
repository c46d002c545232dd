"""The made-up community Riverbend, from files to published indicators: `demo`."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted
from orchestration.commands.deliveries import run_load
from orchestration.commands.outcomes import tell_outcomes, unchanged_of
from orchestration.commands.refresh import run_refresh
from orchestration.console import Exit, UsageError, err, out, print_table

if TYPE_CHECKING:
    from ingestion.home import Home
    from synthetic import Manifest

COMMUNITY = "riverbend"
QUERY = (
    "select school_year, subgroup, value, suppression from indicator_values"
    " where indicator_id = 'chronic_absence' and definition_version = 'ten_percent' and collection = 'annual'"
    " and geography_level = 'community' and disaggregate = 'race_ethnicity' order by all"
)


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(children: int = typer.Option(12_000, help="Children enrolled a year.", min=500)) -> None:
    """Load and publish the made-up community Riverbend: its files, the gate, the warehouse, a release.

    Running it again loads nothing that is unchanged.

    Example: milepost demo --children 2000
    """
    from orchestration.settings import load_configuration, prepare_environment

    started = time.perf_counter()
    home = prepare_environment().create()
    if COMMUNITY not in load_configuration().communities:
        raise UsageError(
            f"The demo needs the community {COMMUNITY}",
            where=str(load_configuration().folder),
            next_step="Unset MILEPOST_COMMUNITIES for the demo",
        )
    with _step(f"Writing Riverbend, {children:,} children a year"):
        manifest = _written(home.root / "demo", children)
    with _step(
        f"Putting {counted(len(manifest.deliveries) + len(manifest.rejected), 'file')} into the inbox"
    ):
        files = _dropped(home, manifest)
    _load(home, files)
    with _step("Building and publishing", done_only=True):
        if not run_refresh()["success"]:
            raise typer.Exit(Exit.INTERNAL)
    _picture(home)
    _links(home, manifest)
    _next_steps(home, time.perf_counter() - started)


def _links(home: Home, manifest: Manifest) -> None:
    """What only a made-up community can tell of its links: how many are right, and how many are missed."""
    from orchestration.commands.demo_links import COLUMNS, linked_by_sector

    rows = linked_by_sector(home.person_links, home.reference_file("partners"), manifest.table("who_is_who"))
    print_table("Children linked across partners, against the truth", COLUMNS, rows)


@contextmanager
def _step(title: str, done_only: bool = False) -> Iterator[None]:
    """A spinner while it works, then one line with its seconds."""
    started = time.perf_counter()
    if done_only:
        yield
    else:
        with err.status(f"{title} ..."):
            yield
    _done(title, started)


def _done(title: str, started: float) -> None:
    err.print(f"[green]✓[/] {title} [dim]{time.perf_counter() - started:.1f} s[/]")


def _written(folder: Path, children: int) -> Manifest:
    """The community's files; those of the same size from an earlier demo are used again."""
    from synthetic import Expected, File, Manifest, write_community

    path = folder / "manifest.json"
    if path.exists() and (facts := json.loads(path.read_text()))["children_per_year"] == children:
        groups = {
            group: tuple(
                File(**{**file, "expected": tuple(Expected(**e) for e in file["expected"])})
                for file in facts[group]
            )
            for group in ("deliveries", "rejected")
        }
        return Manifest(folder, facts["seed"], children, **groups, truth=tuple(facts["truth"]))
    shutil.rmtree(folder, ignore_errors=True)
    return write_community(folder, children_per_year=children)


def _dropped(home: Home, manifest: Manifest) -> list[Path]:
    """The files in the inbox, in the order they are sent; the bad ones last."""
    dropped = []
    for source in [*manifest.paths, *manifest.rejected_paths]:
        target = home.inbox / COMMUNITY / source.relative_to(manifest.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.stat().st_mtime_ns != source.stat().st_mtime_ns:
            shutil.copy2(source, target)
        dropped.append(target)
    return dropped


def _load(home: Home, files: list[Path]) -> None:
    from orchestration.received import receive_files, waiting_deliveries

    with _step(f"Receiving {counted(len(files), 'file')}"):
        deliveries, refused = receive_files(home, files)
        waiting = waiting_deliveries(home, deliveries, everything=False)
    started = time.perf_counter()
    outcomes, errors = run_load(waiting)
    # not len(waiting): how many deliveries are in a file of several years only its load tells
    _done(f"Loading {counted(len(outcomes), 'delivery', 'deliveries')} through the gate", started)
    tell_outcomes(home, outcomes, unchanged_of(deliveries, waiting))
    for error in refused:
        err.print(f"[red]Not taken in:[/] {error}", soft_wrap=True)
    if errors:
        raise errors[0]


def _picture(home: Home) -> None:
    from publishing.picture import release_picture

    out.print(release_picture(home))


def _next_steps(home: Home, seconds: float) -> None:
    err.print(f"\nDone in {seconds:.0f} s. Where to look next:")
    pages = sorted(home.feedback.glob("*/*.html"), key=lambda page: page.stat().st_mtime)
    steps = [
        ("what a partner is told of a bad file", str(pages[-1]) if pages else str(home.feedback)),
        ("the release, for any tool that reads DuckDB", str(home.current_database)),
        ("who has sent what", "milepost status"),
        ("lineage, deliveries, checks and runs", "milepost dev   (or: make dev)"),
        ("a query to paste", f'milepost query "{QUERY}"'),
    ]
    for what, where in steps:
        err.print(f"  [bold]{what}[/]")
        err.print(f"    {where}", markup=False, soft_wrap=True)
