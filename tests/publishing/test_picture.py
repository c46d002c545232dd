"""The picture in the terminal: read from the current release, and readable."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from publishing.picture import gap_text, release_picture, sparkline, trend_text, value_text
from publishing.release import publish

if TYPE_CHECKING:
    from conftest import SmallWarehouse


@pytest.mark.xdist_group("published")
def test_a_built_warehouse_is_published_and_its_picture_drawn(warehouse: SmallWarehouse) -> None:
    made = publish(warehouse.home)
    assert made.rows["indicator_values"] > 500
    console = Console(file=StringIO(), width=200)
    console.print(release_picture(warehouse.home))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("Chronic absence", "Early grade reading", "2021-22", "points", "north", "2,400"):
        assert words in text
    print(text)


def test_a_sparkline_has_a_bar_per_year_and_a_gap_where_nothing_is_shown() -> None:
    assert sparkline([0.1, None, 0.2]) == "▁ █"
    assert sparkline([0.3, 0.3]) == "▁▁"
    assert sparkline([None]) == ""


def test_values_are_rates_bands_or_hidden() -> None:
    assert value_text(0.25, 0.2, 0.31, "rate", 1234) == "25.0 % (20.0–31.0) of 1,234"
    assert value_text(None, 0.0, 0.05, "band", 100) == "≤ 5 %"
    assert value_text(None, 0.95, 1.0, "band", 100) == "≥ 95 %"
    assert value_text(None, None, None, None, None) == "hidden"


def test_trends_and_gaps_are_one_phrase() -> None:
    assert trend_text("improved", -3.21, 2020).plain == "▲ improved -3.2 points since 2019-20"
    assert trend_text("baseline", None, 2020).plain == "–"
    assert gap_text(("Male", "Female", 12.34, 56)) == "Male +12.3 points from Female (56 children)"
    assert gap_text(None) == "none that is clear"
