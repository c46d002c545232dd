"""The picture in the terminal: read from the current release, and readable."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from publishing.picture import release_picture, sparkline, trend_text, value_text
from publishing.release import publish

if TYPE_CHECKING:
    from conftest import SmallWarehouse


@pytest.mark.xdist_group("published")
def test_a_built_warehouse_is_published_and_its_picture_drawn(here: SmallWarehouse) -> None:
    made = publish(here.home)
    assert made.rows["indicator_values"] > 500
    console = Console(file=StringIO(), width=200)
    console.print(release_picture(here.home))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for words in (
        "Chronic absence",
        "Early grade reading",
        "2021-22",
        "Points",
        "not received",
        "north",
        "2,400",
    ):
        assert words in text
    # in a narrow terminal titles are wrapped, and no number is cut
    narrow = Console(file=StringIO(), width=64)
    narrow.print(release_picture(here.home))
    assert "…" not in narrow.file.getvalue()  # type: ignore[attr-defined]


def test_a_sparkline_has_a_bar_per_year_and_a_gap_where_nothing_is_shown() -> None:
    assert sparkline([0.1, None, 0.2]) == "▁ █"
    assert sparkline([0.3, 0.3]) == "▁▁"
    assert sparkline([None]) == ""


def test_values_are_rates_bands_or_hidden() -> None:
    assert value_text(0.25, 0.2, 0.31, "rate") == "25.0 (20.0–31.0)"
    assert value_text(None, 0.0, 0.05, "band") == "≤ 5"
    assert value_text(None, 0.95, 1.0, "band") == "≥ 95"
    assert value_text(None, None, None, None) == "hidden"
    assert value_text(None, None, None, "not_received") == "not received"


def test_a_trend_is_one_phrase() -> None:
    assert trend_text("improved", -3.21).plain == "better -3.2"
    assert trend_text("baseline", None).plain == "–"
