"""Who sees colours otherwise reads the site's pictures as well: shades stay apart, lines differ by their dashes.

What people with each kind of colour blindness see is simulated after Machado, Oliveira and Fernandes, "A
Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15 (2009), severity 1.0.
"""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import publishing.site

CSS = (Path(publishing.site.__file__).parent / "assets" / "site.css").read_text(encoding="utf-8")
# CIE 1976 distance in Lab: 2.3 is just seen by who looks for it, 10 at a glance
AT_A_GLANCE = 10.0
SEEN_BY = {
    "everyone else": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# of sRGB (IEC 61966-2-1), and its white
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """CIE Lab of a colour such as #0b5685, as it is seen through a matrix of linear RGB."""
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = TO_XYZ @ np.clip(seen @ linear, 0, 1) / WHITE
    fx, fy, fz = (t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def distance(one: str, other: str, seen: np.ndarray) -> float:
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def rule(selector: str) -> dict[str, str]:
    """Property -> value of the first rule of a selector."""
    (said,) = re.findall(rf"^{re.escape(selector)} \{{ (.*?) \}}", CSS, re.MULTILINE)[:1]
    return dict(re.findall(r"([\w-]+): ([^;]+);", said))


def test_the_distance_is_that_of_the_books() -> None:
    """Black and white are 100 apart; red and green, 170 for most, come near each other in deuteranopia."""
    for seen in SEEN_BY.values():
        assert distance("#000000", "#ffffff", seen) == pytest.approx(100, abs=0.1)
    assert distance("#ff0000", "#00ff00", SEEN_BY["everyone else"]) == pytest.approx(170.6, abs=0.5)
    # of one lightness, and told apart by most alone
    assert distance("#a06060", "#6f7560", SEEN_BY["everyone else"]) > 2 * AT_A_GLANCE
    assert distance("#a06060", "#6f7560", SEEN_BY["deuteranopia"]) < AT_A_GLANCE


@pytest.mark.parametrize("who", SEEN_BY)
def test_any_two_shades_of_a_map_are_told_apart(who: str) -> None:
    shades = [rule(f".shade-{number}")["fill"] for number in range(5)]
    near = [pair for pair in combinations(shades, 2) if distance(*pair, SEEN_BY[who]) < AT_A_GLANCE]
    assert near == []
    lightness = [lab(shade, SEEN_BY[who])[0] for shade in shades]
    assert lightness == sorted(lightness, reverse=True), "the darker, the more, for everybody"


def test_what_is_not_told_by_colour_is_told_by_pattern() -> None:
    """A line of everyone, of a target and of a subgroup; a band; a benchmark that is met, or not."""
    dashes = [rule(f".panel .{line}").get("stroke-dasharray") for line in ("series", "everyone", "target")]
    assert len(set(dashes)) == len(dashes)
    assert "stroke-dasharray" in rule(".map .ground, .map .legend .ground")
    assert rule(".hidden-number")["fill"].startswith("url(")
    assert "repeating" in rule(".band")["background"]
    assert "dotted" in rule(".range .reference")["border-left"]
    assert rule(".steps > .unmet")["border-left-style"] == "dashed"
