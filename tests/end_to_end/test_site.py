"""The site of the demo's release: every number on every page against the release, asked beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lxml import html

from tests.conftest import Deployment
from tests.publishing.site.browsing import (
    DESKTOP,
    PHONE,
    Browser,
    open_page,
    scrolls_sideways,
    table,
    violations,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

Truth = tuple[Deployment, duckdb.DuckDBPyConnection]
LARGEST_PAGE, LARGEST_FILE = 300_000, 600_000
COURSE = """
select school_year, value, value_low, value_high, suppression
from indicator_values join indicators using (indicator_id, definition_version)
where indicator_id = ? and is_default and collection = 'annual' and geography_level = 'community' and disaggregate = 'all'
order by school_year
"""
CELLS = """
select subgroup_title, denominator, value, value_low, value_high, suppression
from indicator_values join subgroups using (disaggregate, subgroup)
where indicator_id = ? and definition_version = ? and school_year = ? and collection = 'annual'
    and geography_level = ? and geography_id = ? and disaggregate = ?
order by sort_order
"""


@pytest.fixture(scope="module")
def site(demo: Truth, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo_site") / "pages"
    return folder, json.loads(demo[0].run("site", "--output", str(folder), "--json"))


@pytest.fixture(scope="module")
def release(demo: Truth) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo[0].home / "published" / "current.duckdb"), read_only=True) as con:
        con.execute("use published")
        yield con


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser.started() as one:
        yield one


def matches(text: str, value: float | None, low: float | None, high: float | None, marker: str) -> bool:
    """Whether a cell of a page says what a row of the release holds, to half a tenth of a percent."""
    if marker in ("suppressed", "not_received"):
        return text == {"suppressed": "hidden", "not_received": "not received"}[marker]
    told = [float(number.replace("−", "-")) for number in re.findall(r"[−\d.]+", text)]
    if marker:
        assert low is not None
        assert high is not None
        band = ("at most", high) if marker == "coded_low" else ("at least", low)
        return text.startswith(band[0]) and told == [round(100 * band[1])]
    return len(told) == 3 and told == pytest.approx(
        [100 * number for number in (value, low, high)], abs=0.0501
    )  # type: ignore[operator]


def test_it_is_small_and_quick(site: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = site
    assert facts["seconds"] < 60  # 3 s on a machine of its own
    assert facts["pages"] > 45
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert [
        path
        for path, size in sizes.items()
        if size > (LARGEST_PAGE if path.suffix == ".html" else LARGEST_FILE)
    ] == []


def test_the_course_of_every_indicator_is_that_of_the_release(
    site: tuple[Path, dict[str, Any]], release: duckdb.DuckDBPyConnection
) -> None:
    compared, wrong = 0, []
    for path in sorted((site[0] / "indicators").glob("*.html")):
        rows = release.execute(COURSE, [path.stem]).fetchall()
        page = html.parse(str(path), html.HTMLParser(encoding="utf-8"))
        cells = page.xpath("//table[@id='trend-table']/tbody/tr[1]/td")
        texts = [" ".join(" ".join(cell.itertext()).replace("preliminary", "").split()) for cell in cells]
        assert len(texts) == len(rows), path.stem
        compared += len(rows)
        wrong += [
            (path.stem, row, text)
            for row, text in zip(rows, texts, strict=True)
            if not matches(text, *row[1:])
        ]
    assert compared > 100
    assert wrong == []


@pytest.mark.parametrize(
    ("level", "split"),
    [
        ("community", "race_ethnicity"),
        ("district", "gender"),
        ("school", "economic_disadvantage"),
        ("zip", "race_ethnicity"),
    ],
)
def test_what_is_chosen_is_what_the_release_holds(
    site: tuple[Path, dict[str, Any]],
    release: duckdb.DuckDBPyConnection,
    browser: Browser,
    level: str,
    split: str,
) -> None:
    places = release.execute(
        "select geography_id from indicator_values where indicator_id = 'chronic_absence' and school_year = 2024"
        " and definition_version = 'ten_percent' and collection = 'annual' and geography_level = ? and disaggregate = ?"
        " group by all order by count(value) desc, geography_id limit 2",
        [level, split],
    ).fetchall()
    assert places
    with browser.page() as page:
        for (place,) in places:
            rows = release.execute(
                CELLS, ["chronic_absence", "ten_percent", 2024, level, place, split]
            ).fetchall()
            page.goto("about:blank")  # the same page with another choice would not be read again
            chosen = f"#level={level}&place={place}&split={split}&year=2024"
            open_page(page, site[0], "indicators/chronic_absence.html" + chosen)
            shown = table(page, "#compare-table")
            assert [*shown] == [title for title, *_ in rows]
            for title, children, *number in rows:
                name, share = shown[title][:2]
                assert matches(share, *number), (place, title)
                assert name == (f"{title} {children:,} children" if children is not None else title)
        assert browser.troubles == []
        assert browser.requests == []


def test_pages_of_real_size_are_accessible_and_fit_a_phone(
    site: tuple[Path, dict[str, Any]], browser: Browser
) -> None:
    found = {}
    for width in (DESKTOP, PHONE):
        with browser.page(width) as page:
            for name in ("index.html", "indicators/chronic_absence.html", "programs.html", "deliveries.html"):
                open_page(page, site[0], name)
                found[name, width] = [
                    *violations(page),
                    *browser.troubles,
                    *(["wide"] if scrolls_sideways(page) else []),
                ]
    assert {name: problems for name, problems in found.items() if problems} == {}
