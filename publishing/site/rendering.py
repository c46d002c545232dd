"""Templates of the site and what they may call; every text is escaped by Jinja."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publishing.site import wording
from publishing.site.evidence import grouped
from publishing.site.source import Row, file_name
from publishing.site.sparkline import sparkline
from publishing.site.standings import Standing

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent


@functools.cache
def environment() -> jinja2.Environment:
    """The templates; a name that is missing in one is an error, not an empty place."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":")}
    made.filters |= {
        "about": wording.about,
        "about_points": wording.about_points,
        "area_value": area_value,
        "day": lambda moment: moment.strftime("%Y-%m-%d"),
        "file_name": file_name,
        "grouped": grouped,
        "groupby_stage": by_stage,
        "percent": wording.percent,
        "plain": wording.plain,
        "share": lambda row: wording.share(
            row["suppression"], row["value"], row["value_low"], row["value_high"]
        ),
        "sparkline": sparkline,
        "thresholds": lambda text: (text or "").replace("_", " ") or "none",
    }
    made.globals |= {
        "STATES": wording.STATES,
        "STATUS": wording.STATUS,
        "WORDS": wording.WORDS,
        "area_interval": area_interval,
        "cell_words": cell_words,
        "columns": columns,
        "differences": differences,
        "interval": wording.interval,
        "scale": wording.scale,
        "signed": wording.signed,
    }
    return made


def by_stage(standings: list[Standing]) -> list[tuple[str, list[Standing]]]:
    """Standings by stage, in their order."""
    found: dict[str, list[Standing]] = {}
    for one in standings:
        found.setdefault(one.about["stage"], []).append(one)
    return list(found.items())


def cell_words(delivery: Mapping[str, Any]) -> str:
    """What became of a delivery, in words."""
    words = wording.STATES[delivery["state"]][1] if delivery["state"] in wording.STATES else delivery["state"]
    rows = delivery["rows_received"]
    return f"{words}, {rows:,} rows" if rows else words


def columns(extracts: list[Row], periods: list[Row]) -> list[int]:
    """Which periods any of these extracts has a delivery of."""
    return [place for place in range(len(periods)) if any(extract["cells"][place] for extract in extracts)]


def differences(rows: list[Row]) -> tuple[float, float]:
    """The scale of differences in points: the same to both sides of 0, in whole tens."""
    told = [row[name] for row in rows for name in ("low", "high", "difference")]
    ends = [abs(points) for points in told if points is not None]
    most = max(10.0, -(-max(ends, default=10.0) // 10) * 10)
    return -most, most


def area_value(row: Mapping[str, Any]) -> str:
    """A number about an area in the unit of its kind."""
    return _in_unit(row["value"], row["value_kind"])


def area_interval(row: Mapping[str, Any]) -> str:
    """From where to where the number lies; of a share without the unit, as everywhere."""
    ends = (_in_unit(row[end], row["value_kind"]) for end in ("value_low", "value_high"))
    low, high = (end.removesuffix(f"{wording.NO_BREAK}%") for end in ends)
    return f"{low} to {high}"


def _in_unit(value: float | None, kind: str | None) -> str:
    if value is None:
        return ""
    if kind == "share":
        return wording.percent(100 * value)
    if kind == "percent":
        return wording.percent(value)
    return f"${value:,.0f}" if kind == "dollars" else f"{value:,.10g}"


def day(moment: dt.datetime | None) -> str:
    """The day of a moment, as people sort it."""
    return moment.strftime("%Y-%m-%d") if moment else ""
