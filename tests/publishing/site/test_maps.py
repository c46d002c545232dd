"""Map files: where a place is drawn, worked out by hand, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from publishing.site.build import build_site
from publishing.site.maps import CANVAS, MARGIN, read_map
from publishing.site.source import SiteError

ZIP = {"geography_level": "zip", "geography_id": "01234"}
# a degree square around 60 degrees north, where a degree of longitude is half as long as one of latitude
SQUARE = [[10, 59.5], [11, 59.5], [11, 60.5], [10, 60.5], [10, 59.5]]
HOLE = [[10.4, 59.9], [10.6, 59.9], [10.6, 60.1], [10.4, 59.9]]


def feature(geometry: Any, properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def written(folder: Path, *features: Any) -> Path:
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_degree_is_as_wide_as_it_is_at_the_latitude(tmp_path: Path) -> None:
    found = read_map(written(tmp_path, feature({"type": "Polygon", "coordinates": [SQUARE, HOLE]}, ZIP)))
    low, half, high = MARGIN, MARGIN + CANVAS // 2, MARGIN + CANVAS
    assert found["size"] == [half + MARGIN, high + MARGIN]
    drawing = found["levels"]["zip"]["01234"]
    outline = f"M{low} {high}L{half} {high}L{half} {low}L{low} {low}L{low} {high}Z"
    # four tenths of 500 and of 1000 units from the south-west corner
    hole = "M220 620L320 620L320 420L220 620Z"
    assert drawing == {"at": [270, 520], "d": outline + hole}


def test_parts_and_points(tmp_path: Path) -> None:
    island = [[[10.9, 60.4], [10.95, 60.4], [10.95, 60.45], [10.9, 60.4]]]
    school = {"geography_level": "school", "geography_id": "s:1"}
    found = read_map(
        written(
            tmp_path,
            feature({"type": "MultiPolygon", "coordinates": [island, [SQUARE]]}, ZIP),
            feature({"type": "Point", "coordinates": [10.5, 60, 12.5]}, school),
        )
    )["levels"]
    assert found["school"] == {"s:1": {"at": [270, 520]}}
    # the largest part comes first, and its middle is the place's
    assert found["zip"]["01234"]["at"] == [270, 520]
    assert found["zip"]["01234"]["d"].startswith("M20 1020L520 1020")
    assert found["zip"]["01234"]["d"].count("M") == 2


def test_a_place_smaller_than_a_unit_is_still_there(tmp_path: Path) -> None:
    tiny = [[10, 60], [10.00001, 60], [10.00001, 60.00001], [10, 60]]
    found = read_map(
        written(
            tmp_path,
            feature({"type": "Polygon", "coordinates": [SQUARE]}, ZIP),
            feature({"type": "Polygon", "coordinates": [tiny]}, {**ZIP, "geography_id": "2"}),
        )
    )
    assert found["levels"]["zip"]["2"]["d"] == "M20 520h2v2h-2Z"


POINT = {"type": "Point", "coordinates": [1, 2]}


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([feature(POINT, ZIP), feature(POINT, ZIP)], "feature 2: the zip '01234' is in the map twice"),
        ([feature(POINT, {"geography_level": "county", "geography_id": "1"})], 'geography_level is "county"'),
        ([feature(POINT, None)], "geography_level is null"),
        ([feature(POINT, {"geography_level": "zip", "geography_id": 1234})], "an id is text"),
        ([feature({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, ZIP)], 'geometry is "LineString"'),
        ([feature(None, ZIP)], "the geometry is null"),
        # metres, as of a map in another projection
        ([feature({"type": "Point", "coordinates": [492000, 4980000]}, ZIP)], "WGS 84"),
        ([feature({"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2]]]}, ZIP)], "of a Polygon"),
        ([feature({"type": "Polygon", "coordinates": []}, ZIP)], "of a Polygon"),
        ([feature({"type": "Point"}, ZIP)], "of a Point"),
        ([feature({"type": "Point", "coordinates": [float("nan"), 1]}, ZIP)], "of a Point"),
        ([7], "geography_level is null"),
        ([feature(POINT, ["zip"])], "geography_level is null"),
        ([feature(POINT, {**ZIP, "geography_level": ["zip"]})], 'geography_level is ["zip"]'),
        ([feature({"type": "Point", "coordinates": [10**400, 1]}, ZIP)], "of a Point"),
        ([], "has no features"),
    ],
)
def test_what_is_wrong_is_said_with_the_feature(tmp_path: Path, features: list[Any], said: str) -> None:
    path = written(tmp_path, *features)
    with pytest.raises(SiteError) as raised:
        read_map(path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "Topology"}', "\ud800"])
def test_a_file_that_is_no_map(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.geojson"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SiteError, match=r"GeoJSON|FeatureCollection"):
        read_map(path)


def test_a_wrong_map_leaves_the_site_that_is_there(release: Path, tmp_path: Path) -> None:
    build_site(release, tmp_path / "site")
    before = sorted(path.name for path in (tmp_path / "site").rglob("*"))
    wrong = written(tmp_path, 7)
    with pytest.raises(SiteError, match="feature 1"):
        build_site(release, tmp_path / "site", map_of=lambda _: wrong)
    assert sorted(path.name for path in (tmp_path / "site").rglob("*")) == before
    assert "shapes.js" not in before
