"""`milepost releases` and `milepost release`: what was published, and what is done to a release."""

from __future__ import annotations

from typing import Any

import typer

from orchestration.commands.deliveries import JSON
from orchestration.console import UsageError, err, print_json, print_table

release = typer.Typer(
    no_args_is_help=True, help="One release: what it holds, what changed in it, out of force."
)


def register(app: typer.Typer) -> None:
    app.command()(releases)
    release.command()(show)
    app.add_typer(release, name="release")


def releases(as_json: bool = JSON) -> None:
    """List the releases, the newest first, with notes.

    Example: milepost releases
    """
    from ingestion.home import Home
    from publishing.release_history import current_manifest, read_history

    home = Home.from_environment()
    current = (current_manifest(home) or {}).get("release_id")
    found = [
        {
            **entry,
            "is_current": entry["release_id"] == current,
            "is_kept": home.release_folder(entry["release_id"]).exists(),
        }
        for entry in reversed(read_history(home))
    ]
    if as_json:
        print_json(found)
        return
    if not found:
        err.print("Nothing was published yet.")
        return
    columns = ("release_id", "created_at", "data_as_of", "is_current", "is_kept", "notes")
    print_table(
        "Releases", [name.replace("_", " ") for name in columns], [[e[c] for c in columns] for e in found]
    )


def show(release_id: str = typer.Argument("current", help="Such as r0003."), as_json: bool = JSON) -> None:
    """What a release holds: tables, rows, hashes, notes.

    Example: milepost release show r0003
    """
    from ingestion.home import Home

    manifest = manifest_of(Home.from_environment(), release_id)
    if as_json:
        print_json(manifest)
        return
    rows = [(name, facts["rows"], facts["sha256"][:16]) for name, facts in manifest["tables"].items()]
    print_table(f"Release {manifest['release_id']}", ["table", "rows", "sha-256"], rows)


def manifest_of(home: Any, release_id: str) -> dict[str, Any]:
    """The manifest of a release that is kept; UsageError for any other."""
    import json

    from publishing.release_contents import MANIFEST

    path = home.release_folder(release_id) / MANIFEST
    if not path.exists():
        raise UsageError(
            f"There is no release {release_id}",
            where=str(home.published),
            next_step="`milepost releases` lists them",
        )
    found: dict[str, Any] = json.loads(path.read_text())
    return found
