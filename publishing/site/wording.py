"""How numbers of a release are put into words; the page's scripts take the same words from here."""

from __future__ import annotations

import math
from typing import Any

LEVELS = {
    "community": "Community",
    "district": "Districts",
    "school": "Schools",
    "neighborhood": "Neighborhoods",
    "zip": "ZIP codes",
    "tract": "Census tracts",
}
# one of them
OF_LEVELS = {
    "district": "District",
    "school": "School",
    "neighborhood": "Neighborhood",
    "zip": "ZIP code",
    "tract": "Census tract",
}
# what stands where no rate may: with the ends of the band or range in whole percent, where there are any
WORDS = {
    "suppressed": "hidden",
    "not_received": "not received",
    "coded_low": "at most {} %",
    "coded_high": "at least {} %",
    "rounded": "{} to {} %",
    "none": "no data",
}
STATUS = {
    "improved": ("▲", "Improved"),
    "worsened": ("▼", "Worsened"),
    "maintained": ("●", "Maintained"),
    "baseline": ("○", "First year"),
}
STATES = {
    "accepted": ("✓", "accepted"),
    "accepted_with_quarantine": ("◐", "accepted, rows held back"),
    "rejected": ("✕", "rejected"),
    "received": ("…", "received"),
    "superseded": ("↻", "replaced"),
    "withdrawn": ("–", "withdrawn"),
}
MATURITY = {"preliminary": "preliminary", "interim": "year to date"}
NO_BREAK = "\u00a0"


def share(suppression: str | None, value: float | None, low: float | None, high: float | None) -> str:
    """A share in percent, or the word for what is known of it; all of them in percent."""
    if suppression is None:
        return WORDS["none"]
    if suppression:
        told = {"coded_low": (high,), "coded_high": (low,), "rounded": (low, high)}.get(suppression, ())
        ends = (whole(end) for end in told if end is not None)
        return WORDS[suppression].format(*ends).replace(" %", f"{NO_BREAK}%")
    # without an interval there are whole percents alone
    return percent(value) if low is not None or value is None else f"{whole(value)}{NO_BREAK}%"


def percent(value: float | None) -> str:
    """`52.3 %`, of percent."""
    return "" if value is None else f"{value:.1f}{NO_BREAK}%"


def whole(value: float) -> str:
    """A band's end: whole percents."""
    return f"{value:.0f}"


def interval(low: float | None, high: float | None) -> str:
    """`49.0 to 55.5`."""
    return "" if low is None or high is None else f"{signed(low, '')} to {signed(high, '')}"


def signed(points: float | None, plus: str = "+") -> str:
    """`+5.0`, `−2.3`: with a minus that is as wide as the plus."""
    if points is None:
        return ""
    sign = "−" if points < 0 else plus if points > 0 else ""
    return f"{sign}{abs(points):.1f}"


def about(share: float | None) -> str:
    """`about 55 %`: a share that was rounded to whole percents or wider steps, so as to tell no count."""
    return "" if share is None else f"about {whole(share)}{NO_BREAK}%"


def about_points(points: float | None) -> str:
    """`about −10`: a difference of two such shares."""
    return "" if points is None else f"about {signed(round(points)).removesuffix('.0')}"


def plain(name: str | None) -> str:
    """`ten_percent` -> `Ten percent`: names that have no title."""
    text = (name or "").replace("_", " ")
    return text[:1].upper() + text[1:]


def scale(rows: list[dict[str, Any]], least: float = 20) -> tuple[float, float]:
    """From which to which percent a plot of these rows goes: whole tens around all intervals and bands."""
    told = ("value", "value_low", "value_high")
    ends = [row[column] for row in rows for column in told if row[column] is not None]
    if not ends:
        return 0, 100
    first, last = math.floor(min(ends) / 10) * 10, math.ceil(max(ends) / 10) * 10
    while last - first < least:
        first, last = max(0, first - 10), min(100, last + 10)
    return first, last
