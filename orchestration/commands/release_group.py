"""`milepost release`: what is done with a release that was made."""

from __future__ import annotations

import typer

from orchestration.commands import release_attack

release = typer.Typer(no_args_is_help=True, help="One release: what can be worked out of it.")


def register(app: typer.Typer) -> None:
    release_attack.register(release)
    app.add_typer(release, name="release")
