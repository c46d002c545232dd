"""`milepost export`: a release brought to where other tools read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted, listed
from orchestration.bars import Bars
from orchestration.commands.deliveries import JSON
from orchestration.console import UsageError, err, print_json

if TYPE_CHECKING:
    from publishing.postgres.connection import Patience
    from publishing.postgres.export import Export
    from publishing.postgres.readers import Audience

export = typer.Typer(no_args_is_help=True, help="Bring a release to where other tools read it.")


def register(app: typer.Typer) -> None:
    export.command()(postgres)
    app.add_typer(export, name="export")


def postgres(
    release: str = typer.Option("", help="The release, such as r0007; else the current one."),
    with_marts: bool = typer.Option(
        False,
        "--with-marts",
        help="Children's records too, without names, in schema `marts` for `analyst` alone.",
    ),
    roles: bool = typer.Option(False, "--roles", help="Make the roles of readers, and nothing else."),
    force: bool = typer.Option(False, "--force", help="Load it again even if it is there already."),
    timeout: int = typer.Option(900, help="Seconds that one statement may take.", min=1),
    wait: int = typer.Option(60, help="Seconds to wait, in all, for sessions that hold a lock.", min=0),
    as_json: bool = JSON,
) -> None:
    """Bring a release into schema `published` of a PostgreSQL database, all at once.

    MILEPOST_POSTGRES names the database (postgresql://user@host/database), or libpq's PGHOST, PGDATABASE and
    PGUSER do; PGPASSWORD or PGPASSFILE the password. Who sees what is in docs/connecting.md.

    Readers keep the release before until this one is whole. Killed anywhere, run again it ends in one state.

    Example: milepost export postgres

    Example: milepost export postgres --release r0007 --json

    Example: milepost export postgres --roles
    """
    from publishing.postgres.connection import Patience

    patience = Patience(statement_seconds=timeout, wait_seconds=wait)
    if roles:
        if release or with_marts or force:
            raise UsageError(
                "--roles goes alone", next_step="Run it without --release, --with-marts, --force"
            )
        _make_roles(patience, as_json)
        return
    _export(release or None, with_marts, force, patience, as_json)


def _export(release: str | None, with_marts: bool, force: bool, patience: Patience, as_json: bool) -> None:
    from orchestration.settings import prepare_environment
    from publishing.access_log import record_access
    from publishing.postgres.export import Listener, export_release

    home = prepare_environment()
    bars = Bars()
    with bars.showing():
        done = export_release(
            home,
            _audience(),
            release_id=release,
            with_marts=with_marts,
            force=force,
            patience=patience,
            listener=Listener(bars.building, bars.waiting),
        )
    rows = sum(done.rows.values()) + sum(done.marts_rows.values())
    record_access(home, "export postgres", release=done.release_id, rows=rows, marts=str(with_marts).lower())
    if as_json:
        print_json({**asdict(done), "seconds": round(done.seconds, 2)})
        return
    for sentence in _sentences(done):
        err.print(sentence, markup=False, soft_wrap=True)


def _make_roles(patience: Patience, as_json: bool) -> None:
    from publishing.postgres.export import export_roles

    audience = _audience()
    where, new = export_roles(audience, patience)
    if as_json:
        print_json({"where": where, "roles": list(audience.roles), "new_roles": new})
    else:
        err.print(f"{where}: {counted(len(audience.roles), 'role')}, {len(new)} of them new.", markup=False)


def _audience() -> Audience:
    from ingestion.configuration.community import communities_folder, load_communities
    from publishing.postgres.readers import audience_of

    return audience_of(load_communities(communities_folder(), aside=[]))


def _sentences(done: Export) -> list[str]:
    """What was done, and what a person has to do about the rest."""
    rows = counted(sum(done.rows.values()), "row")
    tables = counted(len(done.rows), "table")
    there = "is in force" if done.is_new else "was there already; nothing was loaded"
    said = [f"{done.where}: release {done.release_id} ({tables}, {rows}) {there}. {done.seconds:.1f} s."]
    if done.marts_rows:
        said.append(
            f"Schema marts: {counted(sum(done.marts_rows.values()), 'row')}, for the role analyst alone."
        )
    if done.new_roles:
        said.append(f"New roles, to be granted to logins: {listed(done.new_roles)}.")
    if done.shut_tables:
        said.append(
            f"Nobody may read {listed(done.shut_tables)}: publishing/postgres/readers.yml does not name"
            f" {'them' if len(done.shut_tables) > 1 else 'it'}."
        )
    if done.still_read:
        said.append(f"Still read by a session, so the next export drops it: {listed(done.still_read)}.")
    if done.stood_on:
        said.append(
            f"Views of somebody's own stand on {listed(done.stood_on)}, a release before: make them again on"
            " schema published, then the next export drops it."
        )
    return said
