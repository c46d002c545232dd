"""Pages for everyone, made of a release: `site`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from orchestration.bars import Bars
from orchestration.console import UsageError, err, print_json

if TYPE_CHECKING:
    from ingestion.home import Home


def register(app: typer.Typer) -> None:
    app.command()(site)


def site(
    release: str | None = typer.Option(
        None, help="The release, such as r0003, of those that are kept; the current one if not given."
    ),
    output: Path | None = typer.Option(
        None, help="The folder, made anew or in place of an earlier site; `site` of the home if not given."
    ),
    community: str | None = typer.Option(None, help="Whose site, where a release holds several communities."),
    map_file: Path | None = typer.Option(
        None, "--map", help="Outlines of places, GeoJSON; map.geojson of the community's folder if not given."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """Make the pages of a release: open index.html from disk, or copy the folder to any web server.

    They are made of published tables alone, and of a map of the places if there is one, and ask no network
    for anything. A site that is there is replaced at once, and stays as it is if anything fails.

    Example: milepost site

    Example: milepost site --release r0002 --output /srv/www/riverbend

    Example: milepost site --map boundaries.geojson
    """
    from orchestration.settings import prepare_environment
    from publishing.access_log import record_access
    from publishing.site.build import build_site

    home = prepare_environment()
    folder, where = _release_and_output(home, release, output)
    bars = Bars({"pages": "Pages"})
    with bars.showing():
        built = build_site(
            folder,
            where,
            community,
            told=lambda done, total: bars.building("pages", done, total),
            map_of=lambda community_id: map_file or _own_map(community_id),
        )
    record_access(home, "site", release=built.release_id, pages=built.pages)
    facts: dict[str, Any] = vars(built)
    if as_json:
        print_json(facts | {"folder": str(built.folder)})
        return
    err.print(f"[green]{built.pages} pages of {built.release_id}[/] in {built.seconds} s: ", end="")
    err.print(str(built.folder / "index.html"), markup=False, soft_wrap=True)


def _own_map(community_id: str) -> Path | None:
    from ingestion.configuration.community import communities_folder
    from publishing.site.maps import FILE_NAME

    path = communities_folder() / community_id / FILE_NAME
    return path if path.is_file() else None


def _release_and_output(home: Home, release: str | None, output: Path | None) -> tuple[Path, Path]:
    """Where the release lies and where the site goes; UsageError where no such release is kept."""
    from orchestration.settings import first_steps
    from publishing.release_history import RELEASE_ID

    if not home.current_release.exists():
        raise UsageError(
            "Nothing was published yet",
            where=str(home.published),
            next_step=first_steps("Run", publish=True),
        )
    if release is None:
        folder = home.current_release.resolve()
    elif RELEASE_ID.match(release) and home.release_folder(release).is_dir():
        folder = home.release_folder(release)
    else:
        kept = sorted(path.name for path in home.published.iterdir() if RELEASE_ID.match(path.name))
        raise UsageError(
            f"No release '{release}' is kept",
            where=str(home.published),
            next_step=f"Kept are {', '.join(kept)}",
        )
    return folder, output or home.root / "site"
