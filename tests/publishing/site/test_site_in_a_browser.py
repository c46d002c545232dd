"""The site in real headless Chromium: opened from disk, from a server, by phone, by keyboard, on paper, without scripts.

Expected numbers are worked out by hand from the rows of hand_made_release.
"""

from __future__ import annotations

import csv
import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publishing.site.build import MapOf, build_site
from tests.publishing.site.browsing import (
    DESKTOP,
    PHONE,
    Browser,
    choose,
    open_page,
    scrolls_sideways,
    table,
    violations,
)
from tests.publishing.site.hand_made_release import COMMUNITY, PROGRAM, SCHOOL, make_release

pytestmark = pytest.mark.xdist_group("site")
READING = "indicators/early_grade_reading.html"


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_page_opens_from_disk_fits_and_is_accessible(browser: Browser, site: Path, width: int) -> None:
    found: dict[str, list[str]] = {}
    names = sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))
    assert len(names) == 16
    with browser.page(width) as page:
        for name in names:
            open_page(page, site, name)
            problems = violations(page)
            problems += ["scrolls sideways"] if scrolls_sideways(page) else []
            problems += ["text became markup"] if "broken" in page.title().split(" · ")[0] else []
            problems += ["an image of a name"] if page.query_selector("img, i b, td em") else []
            problems += browser.troubles + browser.requests
            browser.troubles.clear()
            if problems:
                found[name] = problems
    assert found == {}


def test_the_page_shows_the_groups_of_a_split(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, READING)
        assert table(page, "#compare-table") == {
            "Asian": ["Asian 300 children", "70.0 % 64.6 to 74.9", "", ""],
            "White <em>": ["White <em> 110 children", "at most 8 %", "", ""],
            "Unknown": ["Unknown", "hidden", "", ""],
        }
        choose(page, "split", "gender")
        assert table(page, "#compare-table") == {
            "Female": ["Female 620 children", "60.0 % 56.1 to 63.8", "", ""],
            "Male": [
                "Male 620 children",
                "50.0 % 46.1 to 53.9",
                "",
                "−10.0 points, behind Female −15.5 to −4.5 62 children to close it",
            ],
        }
        assert (
            page.inner_text("#shown")
            == f"Shown: {COMMUNITY} · Gender · Annual · Usual · Schools: All children"
        )


def test_a_school_a_year_and_an_interim_collection_can_be_chosen(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, READING)
        choose(page, "place", label=SCHOOL)
        choose(page, "split", "gender")
        assert table(page, "#compare-table") == {"Male": ["Male 41 children", "31.7 % 19.6 to 47.0", "", ""]}
        choose(page, "place", label="01234")
        assert table(page, "#trend-table")["All children"] == ["All children", "61.0 % 54.4 to 67.2", ""]
        choose(page, "place", label=COMMUNITY)
        choose(page, "split", "gender")
        choose(page, "year", "2024")
        assert table(page, "#compare-table") == {"Male": ["Male 600 children", "40.0 % 36.2 to 44.0", "", ""]}
        choose(page, "collection", "fall")
        assert table(page, "#trend-table")["All children"][1] == "30.0 % 27.4 to 32.8"


def test_schools_are_shown_for_the_group_chosen(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, READING)
        assert table(page, "#places-table") == {
            "Second school": ["Second school 60 children", "at least 95 %", ""],
            SCHOOL: [f"{SCHOOL} 80 children", "25.0 % 16.8 to 35.5", ""],
        }
        choose(page, "split", "gender")
        choose(page, "group", "male")
        assert table(page, "#places-table") == {SCHOOL: [f"{SCHOOL} 41 children", "31.7 % 19.6 to 47.0", ""]}


def test_a_map_shows_the_places_of_the_level_chosen(browser: Browser, site: Path) -> None:
    drawn = "nodes => nodes.map(node => [node.tagName, node.getAttribute('class'), node.textContent])"
    marks = "#map figure > svg > [class^=shade], #map figure > svg > .hidden-number"
    with browser.page() as page:
        open_page(page, site, READING)
        # alone on the map, it is in the first of the five shades that begin at 25 %
        assert page.eval_on_selector_all(marks, drawn) == [["circle", "shade-0", f"{SCHOOL}: 25.0\u00a0%"]]
        assert page.inner_text("#map .note:last-child") == "Not on the map: Second school."
        assert page.inner_text("#map .legend li:first-child").strip() == "25 to 26 %"
        choose(page, "split", "gender")
        choose(page, "group", "female")
        assert page.query_selector("#map svg") is None  # no school tells of them
        choose(page, "group", "all")
        choose(page, "of", "zip")
        assert page.eval_on_selector_all(marks, drawn) == [["path", "shade-0", "01234: 61.0\u00a0%"]]
        assert table(page, "#places-table") == {"01234": ["01234 222 children", "61.0 % 54.4 to 67.2", ""]}
        assert page.inner_text("#places-table thead th:first-child") == "ZIP code"
        assert page.eval_on_selector_all(
            "#map figure > svg > text", "nodes => nodes.map(n => n.textContent)"
        ) == ["01234"]
        assert "of=zip" in page.url
        assert violations(page) == []
        assert browser.troubles == []


PERCENTAGES = """
update indicator_values set denominator = null, numerator = null, value = round(value, 2), value_low = null,
    value_high = null, value_kind = 'percent'
where suppression = '' and disaggregate = 'gender'
"""
RANGE = """
update indicator_values set denominator = 1240, numerator = null, value = null, value_low = 0.5, value_high = 0.6,
    value_kind = 'band', suppression = 'rounded'
where indicator_id = 'early_grade_reading' and school_year = 2025 and collection = 'annual' and disaggregate = 'all'
    and geography_level in ('community', 'zip')
"""


def test_percentages_and_ranges_are_told_as_such(browser: Browser, map_of: MapOf, tmp_path: Path) -> None:
    release = make_release(tmp_path / "release", PERCENTAGES, RANGE)
    build_site(release, tmp_path / "site", map_of=map_of)
    with browser.page() as page:
        open_page(page, tmp_path / "site", READING)
        assert page.inner_text(".facts dd.value") == "50 to 60\u00a0%"
        assert table(page, "#trend-table")["All children"][-2] == "50 to 60 %"
        choose(page, "split", "gender")
        shown = table(page, "#compare-table")
        assert (shown["Female"][:2], shown["Male"][:2]) == (["Female", "60 %"], ["Male", "50 %"])
        choose(page, "of", "zip")
        assert table(page, "#places-table") == {"01234": ["01234 1,240 children", "50 to 60 %", ""]}
        assert page.text_content("#map figure > svg > path title") == "01234: 50 to 60\u00a0%"
        open_page(page, tmp_path / "site", "index.html")
        assert "50 to 60\u00a0%" in page.inner_text("main")
        open_page(page, tmp_path / "site", "about.html")
        assert table(page, "main")["40 to 60 %"][-1] == "2"
        assert browser.troubles == []


def test_another_definition_is_never_mixed_in(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, "indicators/chronic_absence.html")
        assert table(page, "#trend-table")["All children"][1] == "20.0 % 18.9 to 21.1"
        choose(page, "version", "days")
        assert table(page, "#trend-table")["All children"][1] == "12.3 % 11.4 to 13.2"


def test_what_was_chosen_can_be_linked_to(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, READING + "#split=gender&level=school&place=s%3A1")
        assert table(page, "#compare-table") == {"Male": ["Male 41 children", "31.7 % 19.6 to 47.0", "", ""]}
        open_page(page, site, READING + "#split=nothing&place=nowhere&year=1")
        assert "All children" in table(page, "#trend-table")


def test_nothing_is_drawn_across_a_hidden_year_and_it_is_not_0(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, READING + "#split=all")
        assert table(page, "#trend-table")["All children"][1:5] == [
            "50.0 % 47.2 to 52.8",
            "hidden",
            "52.4 % 49.6 to 55.1",  # 52.35, and 0.52350 in binary is a little more
            "55.4 % 52.7 to 58.2 preliminary",
        ]
        lines = page.eval_on_selector_all(
            "#panels .series", "lines => lines.map(l => l.getAttribute('points'))"
        )
        assert [len(points.split()) for points in lines] == [2]
        assert page.locator("#panels .point").count() == 3
        assert page.locator("#panels .point.preliminary").count() == 1
        assert page.locator("#panels text.word", has_text="hidden").count() == 1


def test_a_number_not_received_says_so(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, "index.html")
        card = page.locator(".card", has_text="Kindergarten readiness").inner_text()
        assert "not received" in card
        assert "last shown: 44.0\u00a0% in 2023-24" in card
        assert "No data yet" in page.locator(".card", has_text="Employment").inner_text()
        open_page(page, site, "indicators/kindergarten_readiness.html")
        assert table(page, "#trend-table")["All children"][1:3] == ["44.0 % 40.8 to 47.3", "not received"]


def test_the_download_is_what_the_page_shows(browser: Browser, site: Path, tmp_path: Path) -> None:
    with browser.page() as page:
        open_page(page, site, READING)
        choose(page, "split", "gender")
        with page.expect_download() as download:
            page.click("#download")
        download.value.save_as(tmp_path / "numbers.csv")
    assert download.value.suggested_filename == "early_grade_reading.csv"
    rows = list(csv.DictReader((tmp_path / "numbers.csv").read_text(encoding="utf-8-sig").splitlines()))
    shown = {
        (r["school_year"], r["geography_id"], r["disaggregate"], r["subgroup"]): (
            r["denominator"],
            r["percent"],
            r["suppression"],
        )
        for r in rows
    }
    assert shown == {
        ("2022", "tal", "all", "all"): ("1200", "50", ""),
        ("2023", "tal", "all", "all"): ("", "", "suppressed"),
        ("2024", "tal", "all", "all"): ("1234", "52.4", ""),
        ("2025", "tal", "all", "all"): ("1240", "55.4", ""),
        ("2025", "tal", "gender", "female"): ("620", "60", ""),
        ("2024", "tal", "gender", "male"): ("600", "40", ""),
        ("2025", "tal", "gender", "male"): ("620", "50", ""),
        ("2025", "s:1", "all", "all"): ("80", "25", ""),
        ("2025", "s:2", "all", "all"): ("60", "", "coded_high"),
    }
    (male,) = [row for row in rows if (row["school_year"], row["subgroup"]) == ("2025", "male")]
    assert (male["gap_points"], male["gap_points_low"], male["reference_subgroup"]) == (
        "-10",
        "-15.5",
        "female",
    )


def test_a_pathway_is_followed_for_the_class_and_group_chosen(browser: Browser, site: Path) -> None:
    def funnels() -> list[str]:
        return [" ".join(text.split()) for text in page.locator(".funnel").all_inner_texts()]

    with browser.page() as page:
        open_page(page, site, "pathways.html")
        whole = (
            "All children class of 2023-24, 400 children First step 75.0 % 70.5 to 79.0 Last step at most 6 %"
        )
        assert funnels() == [whole]
        choose(page, "split", "gender")
        assert funnels() == [
            "Female class of 2023-24, 200 children First step 80.0 % 73.9 to 85.0 Last step hidden"
        ]
        choose(page, "cohort", "2023")
        assert funnels() == ["All children class of 2022-23, 380 children First step 50.0 % 45.0 to 55.0"]


def test_without_scripts_the_community_is_there(browser: Browser, site: Path) -> None:
    with browser.page(scripts=False) as page:
        page.goto((site / READING).as_uri())
        text = " ".join(page.inner_text("main").split())
        for shown in (
            "52.4 % 49.6 to 55.1",
            "White <em> 110 children at most 8 %",
            "Unknown hidden",
            "Second school",
        ):
            assert shown in text
        assert not page.is_visible("#choices")
        page.goto((site / "pathways.html").as_uri())
        assert "75.0\u00a0%" in page.inner_text(".funnel")
        page.goto((site / "programs.html").as_uri())
        assert PROGRAM in page.inner_text("main")
        text = " ".join(page.inner_text("main").split())
        assert "This does not prove that the program did it." in text
        assert "+12.0 points 1.5 to 22.5 not alike before" in text
        # without a count the shares are rounded and have no interval; in a first year there is no year before
        assert (
            "not told about 70 % about 40 % about +30 points rounded; may be chance whether alike before is not known"
            in text
        )
        page.goto((site / "deliveries.html").as_uri())
        found = table(page, "#rules ~ .scroll")
        assert found["Eastside"] == [
            "Eastside",
            "Enrollment",
            "2024-25 annual",
            "File can be read",
            "stops the delivery",
            "the file",
        ]


def test_on_a_phone_the_change_of_an_indicator_is_in_sight(browser: Browser, site: Path) -> None:
    with browser.page(390) as page:
        page.goto((site / "indicators.html").as_uri())
        assert "points since" in page.inner_text(".stages")
        wider = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
        assert page.eval_on_selector_all(".stages .scroll", wider) == []


def test_on_paper_there_is_no_navigation_and_nothing_is_folded(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, "gateways.html")
        assert not page.is_visible("details table")
        page.emulate_media(media="print")
        assert page.is_visible("details table")
        assert not page.is_visible("nav")


def test_all_choices_can_be_made_by_keyboard(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        open_page(page, site, READING)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        for name in ("place", "split"):
            page.keyboard.press("Tab")
            while page.evaluate("document.activeElement.tagName") == "A":
                page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.name") == name
        page.keyboard.press("ArrowDown")
        page.wait_for_function("document.getElementById('shown').textContent.includes('Gender')")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_it_is_the_same_from_a_web_server(browser: Browser, site: Path) -> None:
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}/"
        with browser.page() as page:
            page.goto(here + READING)
            page.wait_for_function("document.getElementById('shown').textContent")
            choose(page, "place", label="01234")
            page.wait_for_function("document.getElementById('trend-table').innerText.includes('61.0')")
            assert browser.troubles == []
            assert [address for address in browser.requests if not address.startswith(here)] == []
        server.shutdown()
