"""A site built from a release: pages, files of numbers, assets; all of it, or nothing."""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.spreadsheets import neutral
from publishing.site import evidence
from publishing.site.maps import read_map
from publishing.site.pages import CSV_HEADER, Site
from publishing.site.pathways import pathway_files
from publishing.site.rendering import FOLDER
from publishing.site.series import in_script, series_files
from publishing.site.source import Row, Source, file_name, opened
from publishing.site.standings import Standing, standings
from publishing.site.swap import MARK, replacing
from publishing.site.tables import Tables, tables
from publishing.site.wording import LEVELS

Told = Callable[[int, int], None]
MapOf = Callable[[str], Path | None]


@dataclass(frozen=True)
class BuiltSite:
    """A site that was built: where, of which release, how much of it."""

    folder: Path
    release_id: str
    community_id: str
    pages: int
    files: int
    bytes: int
    seconds: float


def build_site(
    release: Path,
    output: Path,
    community: str | None = None,
    told: Told = lambda _done, _total: None,
    map_of: MapOf = lambda _community_id: None,
) -> BuiltSite:
    """Build the site of the release in folder `release` into `output`, in place of one that is there.

    `map_of` a community's id is its map file, if it has one. Raises SiteError, and leaves what is there as it
    is, where the release or the community is not there, the map is none, or `output` holds something else
    than a site, or cannot be written.
    """
    started = time.monotonic()
    with opened(release, community) as source, replacing(output) as folder:
        map_file = map_of(source.community_id)
        if map_file is not None:
            shapes = json.dumps(read_map(map_file), separators=(",", ":"))
            _put(folder, "assets/shapes.js", f"milepost.shapes={in_script(shapes)};\n")
        has_areas = bool(evidence.areas(source))
        site = Site(source, standings(source), has_areas=has_areas, has_map=map_file is not None)
        pages = _write(site, folder, told)
        about = {"release_id": site.release_id, "community_id": source.community_id, "pages": pages}
        (folder / MARK).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        _readable(folder)
        found = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in found)
        built = (output.absolute(), site.release_id, source.community_id, pages, len(found), size)
    return BuiltSite(*built, seconds=round(time.monotonic() - started, 2))


def _write(site: Site, folder: Path, told: Told) -> int:
    source = site.source
    shutil.copytree(FOLDER / "assets", folder / "assets", dirs_exist_ok=True)
    _put(folder, "assets/lists.js", f"milepost.lists={in_script(json.dumps(_lists(source)))};\n")
    files: dict[str, dict[str, str]] = {}
    for one in series_files(source):
        _put(folder, one.path, one.text)
        files.setdefault(one.indicator_id, {})[one.key] = f"../{one.path}"
    for one in pathway_files(source):
        _put(folder, one.path, one.text)
    n_pages = 0
    for file, text in site.simple_pages():
        _put(folder, file, text)
        n_pages += 1
    of_indicators, places = tables(source), _places(source)
    for done, standing in enumerate(site.standings, start=1):
        indicator = standing.indicator_id
        csv_path = f"data/{file_name(indicator)}/shown.csv"
        page = site.indicator_page(
            standing, of_indicators, files.get(indicator, {}), places.get(indicator, []), csv_path
        )
        _put(folder, f"indicators/{file_name(indicator)}.html", page)
        if standing.last is not None:
            _put(folder, csv_path, "\ufeff" + shown_csv(source, standing, of_indicators))
        told(done, len(site.standings))
        n_pages += 1
    return n_pages


def _put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _readable(folder: Path) -> None:
    """The site is for everyone: a web server may run as another user."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _lists(source: Source) -> dict[str, Any]:
    """Titles and orders that all pages share."""
    subgroups = source.rows(
        "select disaggregate, disaggregate_title, subgroup, subgroup_title from subgroups order by sort_order"
    )
    collections = [row["collection"] for row in source.rows("select distinct collection from school_years")]
    years = source.rows("select distinct school_year, title from school_years order by school_year")
    places = source.rows(
        "select geography_level, geography_id, title from geographies order by title, geography_id"
    )
    return {
        "levels": LEVELS,
        "places": {f"{row['geography_level']} {row['geography_id']}": row["title"] for row in places},
        "years": {str(row["school_year"]): row["title"] for row in years},
        "collections": [
            (one, one.replace("_", " ").capitalize())
            for one in sorted(collections, key=lambda one: (one != "annual", evidence.in_the_year(one)))
        ],
        "disaggregates": list({row["disaggregate"]: row["disaggregate_title"] for row in subgroups}.items()),
        "subgroups": [
            (row["disaggregate"], row["disaggregate_title"], row["subgroup"], row["subgroup_title"])
            for row in subgroups
        ],
    }


def _places(source: Source) -> dict[str, list[list[str]]]:
    """The places each indicator has numbers of, by title."""
    found: dict[str, list[list[str]]] = {}
    for row in source.rows(
        "select indicator_id, geography_level, geography_id, any_value(title) as title"
        " from indicator_values left join geographies using (geography_level, geography_id)"
        " group by all order by indicator_id, title, geography_id"
    ):
        found.setdefault(row["indicator_id"], []).append([row["geography_level"], row["geography_id"]])
    return found


def shown_csv(source: Source, standing: Standing, of_indicators: Tables) -> str:
    """The numbers that the page shows before anything is chosen, in the columns of its download."""
    indicator = standing.indicator_id
    place = {
        "geography_level": "community",
        "geography_id": source.community_id,
        "disaggregate": "all",
        "subgroup": "all",
        "collection": "annual",
        "definition_version": standing.about["definition_version"],
    }
    subgroups = of_indicators.subgroups.get(indicator, [])
    courses = [{**row, **place} for row in standing.course]
    rows = [
        *courses,
        *(r for r in subgroups if r["disaggregate"] != "all"),
        *of_indicators.places.get(indicator, []),
    ]
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(CSV_HEADER)
    lines.writerows(_line(row) for row in rows)
    return text.getvalue()


def _line(row: Row) -> list[Any]:
    names = {"percent": "value", "percent_low": "value_low", "percent_high": "value_high"}
    names |= {"gap_points": "gap", "gap_points_low": "gap_low", "gap_points_high": "gap_high"}
    cells = [row.get(names.get(column, column)) for column in CSV_HEADER]
    return [*map(neutral, cells)]
