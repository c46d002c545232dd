"""A map of a community's places: outlines and points of a GeoJSON file (RFC 7946), laid out on one canvas.

The file is the community's own `map.geojson`. Each feature has the properties `geography_level` and
`geography_id`, as the release has them, and a Polygon, a MultiPolygon or, such as for a school, a Point.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from publishing.site.source import SiteError
from publishing.site.wording import OF_LEVELS

FILE_NAME = "map.geojson"
CANVAS = 1000  # units along the longer side; whole ones are finer than a screen shows
MARGIN = 20
SHAPES = ("Polygon", "MultiPolygon", "Point")
Position = tuple[float, float]
Rings = list[list[Position]]


def read_map(path: Path) -> dict[str, Any]:
    """What the pages' script draws: `size` of the canvas, and `levels`, level -> place -> its drawing.

    A drawing has `at`, the middle of its largest part, and, if it is an area, `d`, its outline as an SVG path
    to fill by the even-odd rule. SiteError where the file is no such map, naming the feature.
    """
    places: dict[tuple[str, str], Rings] = {}
    for number, feature in enumerate(_features(path), start=1):
        where = f"{path}, feature {number}"
        place = _place(feature, where)
        if place in places:
            raise SiteError(
                f"the {place[0]} '{place[1]}' is in the map twice",
                where=where,
                next_step="Make one MultiPolygon of its parts",
            )
        places[place] = _rings(feature.get("geometry"), where)
    canvas = _Canvas(position for rings in places.values() for ring in rings for position in ring)
    levels: dict[str, dict[str, Any]] = {}
    for (level, place_id), rings in sorted(places.items()):
        levels.setdefault(level, {})[place_id] = _drawing(rings, canvas)
    return {"size": canvas.size, "levels": levels}


class _Canvas:
    """Degrees to units: as wide as a degree is at the middle latitude, north up."""

    def __init__(self, positions: Iterable[Position]) -> None:
        longitudes, latitudes = zip(*positions, strict=True)
        self._west, self._north = min(longitudes), max(latitudes)
        self._shrink = math.cos(math.radians((self._north + min(latitudes)) / 2))
        width = (max(longitudes) - self._west) * self._shrink
        height = self._north - min(latitudes)
        self._scale = CANVAS / (max(width, height) or 1)
        self.size = [round(side * self._scale) + 2 * MARGIN for side in (width, height)]

    def place(self, position: Position) -> tuple[int, int]:
        longitude, latitude = position
        x = (longitude - self._west) * self._shrink * self._scale
        return round(x) + MARGIN, round((self._north - latitude) * self._scale) + MARGIN


def _drawing(rings: Rings, canvas: _Canvas) -> dict[str, Any]:
    # what falls on one unit is one corner, as several of a coast do
    drawn = [[corner for corner, _ in groupby(map(canvas.place, ring))] for ring in rings]
    drawn.sort(key=_extent, reverse=True)
    left, top, right, bottom = _box(drawn[0])
    middle = {"at": [(left + right) // 2, (top + bottom) // 2]}
    if len(rings[0]) == 1:
        return middle
    paths = ("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in drawn if len(ring) > 2)
    return {**middle, "d": "".join(paths) or f"M{left} {top}h2v2h-2Z"}  # smaller than a unit, and still there


def _box(ring: list[tuple[int, int]]) -> tuple[int, int, int, int]:
    xs, ys = zip(*ring, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _extent(ring: list[tuple[int, int]]) -> int:
    left, top, right, bottom = _box(ring)
    return (right - left) * (bottom - top)


def _features(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        problem = f"the map cannot be read: {error.__class__.__name__}"
        raise SiteError(problem, where=str(path), next_step="Export it as GeoJSON (RFC 7946)") from error
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or not features:
        raise SiteError(
            "the map has no features",
            where=str(path),
            next_step="Export it as a FeatureCollection (RFC 7946)",
        )
    return features


def _place(feature: Any, where: str) -> tuple[str, str]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    told = properties if isinstance(properties, dict) else {}
    level, place_id = (told.get(name) for name in ("geography_level", "geography_id"))
    if not isinstance(level, str) or level not in OF_LEVELS:
        raise SiteError(
            f"geography_level is {json.dumps(level)}",
            where=where,
            next_step=f"Use one of {', '.join(OF_LEVELS)}",
        )
    if not isinstance(place_id, str) or not place_id:
        raise SiteError(
            f"geography_id is {json.dumps(place_id)}",
            where=where,
            rule="an id is text, since its first digits may be zeros",
            next_step="Write it in quotes, as the table geographies has it",
        )
    return level, place_id


def _rings(geometry: Any, where: str) -> Rings:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in SHAPES:
        raise SiteError(
            f"the geometry is {json.dumps(kind)}", where=where, next_step=f"Use one of {', '.join(SHAPES)}"
        )
    try:
        coordinates = geometry["coordinates"]
        polygons = {"Point": [[[coordinates]]], "Polygon": [coordinates]}.get(kind, coordinates)
        rings = [[*map(_position, ring)] for polygon in polygons for ring in polygon]
        if not rings or not all(len(ring) > 3 or kind == "Point" for ring in rings):
            raise ValueError
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise SiteError(
            f"the coordinates are not those of a {kind} in degrees",
            where=where,
            next_step="Export the map in longitude and latitude, WGS 84 (EPSG:4326)",
        ) from error
    return rings


def _position(found: Any) -> Position:
    longitude, latitude = float(found[0]), float(found[1])
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError
    return longitude, latitude
