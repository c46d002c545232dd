"""Building a site: names that are markup, indicators without data, folders that are not ours, kills."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from lxml import html

from publishing.site.build import MapOf, build_site
from publishing.site.source import SiteError, file_name
from tests.publishing.site.hand_made_release import COMMUNITY, SCHOOL, make_release

ROOT = Path(__file__).parents[3]
OWN_SCRIPTS = re.compile(r"(\.\./)?assets/\w+\.js")


def contents(folder: Path) -> dict[str, str]:
    """Every file of a folder with its hash."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_names_stay_text_on_pages_and_in_scripts(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = html.parse(str(path), html.HTMLParser(encoding="utf-8"))
        assert COMMUNITY in page.findtext(".//title"), path.name
        for script in page.iter("script"):
            assert script.get("type") == "application/json" or OWN_SCRIPTS.fullmatch(script.get("src")), (
                path.name
            )
        assert not page.xpath("//img | //*[@onerror]"), path.name
        assert not [a for a in page.xpath("//@src | //@href") if re.match(r"(?!data:)[a-z]+:|//", a)], (
            path.name
        )
    lists = (site / "assets" / "lists.js").read_text(encoding="utf-8")
    assert "<" not in lists
    places = json.loads(lists.removeprefix("milepost.lists=").rstrip(";\n"))["places"]
    assert (places["community tal"], places["school s:1"]) == (COMMUNITY, SCHOOL)


def test_ids_that_are_no_names_stay_in_the_folder(tmp_path: Path) -> None:
    strange = "../../up <&> 'x'"
    release = make_release(
        tmp_path / "release",
        *(
            f"update {table} set indicator_id = '{strange.replace(chr(39), chr(39) * 2)}' where indicator_id = 'chronic_absence'"
            for table in ("indicators", "indicator_values")
        ),
    )
    build_site(release, tmp_path / "site")
    name = file_name(strange)
    assert re.fullmatch(r"x[0-9a-f]+", name)
    assert (tmp_path / "site" / "indicators" / f"{name}.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == [
        "release",
        "site",
    ]
    page = html.parse(
        str(tmp_path / "site" / "indicators" / f"{name}.html"), html.HTMLParser(encoding="utf-8")
    )
    assert json.loads(page.findtext(".//script[@id='page']"))["id"] == strange


def test_an_indicator_without_data_has_a_page_that_says_so(site: Path) -> None:
    page = html.parse(str(site / "indicators" / "employment.html"))
    assert "Nothing is published of this indicator yet" in page.findtext(".//main/p[@class='notice']")
    assert not page.xpath("//script | //a[@download]")
    assert not (site / "data" / "employment").exists()


def test_a_release_without_any_number_has_a_site(tmp_path: Path) -> None:
    emptied = (
        "indicator_values",
        "indicator_gaps",
        "indicator_trends",
        "pathway_funnel",
        "program_results",
        "load_quality",
        "gateway_status",
    )
    release = make_release(tmp_path / "release", *(f"delete from {table}" for table in emptied))
    assert build_site(release, tmp_path / "site").pages == 16
    assert (tmp_path / "site" / "index.html").read_text(encoding="utf-8").count("No data yet") == 7


def test_files_of_numbers_hold_the_release(site: Path, release: Path) -> None:
    """Every number of every file against the release, asked beside it in another way."""
    told = {}
    for path in (site / "data").glob("*/*.js"):
        key, tree = re.fullmatch(
            r"milepost\.take\((.*?),(\{.*\})\);\n", path.read_text(encoding="utf-8")
        ).groups()  # type: ignore[union-attr]
        if path.parent.name == "path":
            continue
        version, collection, level = json.loads(key).split(".")
        for place, splits in json.loads(tree)["values"].items():
            for split, groups in splits.items():
                for group, years in groups.items():
                    for year, cell in years.items():
                        told[path.parent.name, version, int(year), collection, level, place, split, group] = (
                            cell
                        )
    with duckdb.connect(str(release / "release.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select indicator_id, definition_version, school_year, collection, geography_level, geography_id,"
            " disaggregate, subgroup, denominator, value, value_low, value_high, suppression from published.indicator_values"
        ).fetchall()
    assert len(rows) == 19
    assert told.keys() == {row[:8] for row in rows}
    for *key, children, value, low, high, marker in rows:
        cell = told[tuple(key)]
        if marker == "":
            assert cell[0] == children
            assert cell[1:4] == pytest.approx([100 * value, 100 * low, 100 * high], abs=0.0501)
        elif marker in ("suppressed", "not_received"):
            assert cell == [marker]
        else:
            assert cell == [marker, children, pytest.approx(100 * (high if marker == "coded_low" else low))]


def test_the_same_release_gives_the_same_bytes(
    release: Path, site: Path, map_of: MapOf, tmp_path: Path
) -> None:
    build_site(release, tmp_path / "again", map_of=map_of)
    assert contents(tmp_path / "again") == contents(site)


def test_everyone_may_read_it(site: Path) -> None:
    assert {oct(path.stat().st_mode & 0o777) for path in site.rglob("*") if path.is_file()} == {"0o644"}
    assert oct(site.stat().st_mode & 0o777) == "0o755"


def test_a_folder_that_is_no_site_is_not_replaced(release: Path, tmp_path: Path) -> None:
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter_1.txt").write_text("three years of work")
    with pytest.raises(SiteError, match=r"no site of Milepost.*--output"):
        build_site(release, precious)
    assert contents(tmp_path).keys() == {"thesis/chapter_1.txt"}


@pytest.mark.parametrize("where", ["a_file/site", "/proc/site"])
def test_an_output_that_cannot_be_written_is_told(release: Path, tmp_path: Path, where: str) -> None:
    (tmp_path / "a_file").write_text("")
    with pytest.raises(SiteError, match=r"cannot be written.*Name a folder that you may write to"):
        build_site(release, tmp_path / where)


def test_there_is_no_such_release(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="no such release"):
        build_site(tmp_path / "nowhere", tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_of_several_communities_one_must_be_named(tmp_path: Path) -> None:
    other = "insert into geographies by name select 'berg' as community_id, 'community' as geography_level, 'berg' as geography_id, 'Berg' as title"
    release = make_release(tmp_path / "release", other)
    with pytest.raises(SiteError, match=r"several communities.*--community: berg, tal"):
        build_site(release, tmp_path / "site")
    with pytest.raises(SiteError, match="No community is called 'see'"):
        build_site(release, tmp_path / "site", "see")
    build_site(release, tmp_path / "site", "berg")
    pages = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*.html"))
    assert "Berg" in pages
    assert "55.4" not in pages


def test_a_failed_build_leaves_the_site_before(
    release: Path, site: Path, map_of: MapOf, tmp_path: Path
) -> None:
    build_site(release, tmp_path / "site", map_of=map_of)

    def fail(_done: int, _total: int) -> None:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        build_site(release, tmp_path / "site", told=fail)
    assert contents(tmp_path / "site") == contents(site)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == ["site"]


KILLED = """
import sys, time
from pathlib import Path
from publishing.site.build import build_site
def wait(done, total):
    print("writing", flush=True)
    time.sleep(60)
build_site(Path(sys.argv[1]), Path(sys.argv[2]), told=wait)
"""


def test_a_killed_build_leaves_the_site_before(
    release: Path, site: Path, map_of: MapOf, tmp_path: Path
) -> None:
    build_site(release, tmp_path / "site", map_of=map_of)
    command = [sys.executable, "-c", KILLED, str(release), str(tmp_path / "site")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)
    assert contents(tmp_path / "site") == contents(site)
    assert (tmp_path / ".site.new").exists()
    build_site(release, tmp_path / "site", map_of=map_of)
    assert contents(tmp_path / "site") == contents(site)
    assert not (tmp_path / ".site.new").exists()


def test_a_reader_never_finds_it_missing(release: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    build_site(release, target)
    missing, looks, stop = [], [0], threading.Event()

    def look() -> None:
        while not stop.is_set():
            looks[0] += 1
            if not os.path.exists(target / "index.html"):  # noqa: PTH110
                missing.append(looks[0])

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(2):
        build_site(release, target)
    stop.set()
    reader.join()
    assert looks[0] > 1000
    assert missing == []


def test_two_do_not_build_one_site_at_once(release: Path, tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".site.lock"),
        pytest.raises(SiteError, match="Another process builds this site"),
    ):
        build_site(release, tmp_path / "site")
