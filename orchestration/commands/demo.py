"""The made-up community Riverbend, from files to published indicators: `demo`."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(children: int = typer.Option(12_000, help="Children a year.", min=200)) -> None:
    """Load and publish the made-up community Riverbend.

    Example: milepost demo --children 2000
    """
