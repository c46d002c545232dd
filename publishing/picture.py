"""The picture in the terminal after a build, drawn from the current release alone."""

from collections.abc import Iterable
from typing import Any

import duckdb
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingestion.home import Home

BARS = "▁▂▃▄▅▆▇█"
STATUS = {
    "improved": ("▲ improved", "green"),
    "worsened": ("▼ worsened", "red"),
    "maintained": ("● maintained", ""),
}

# the whole community, annual values, the default definition version
_LATEST = """
select v.community_id, i.title, v.indicator_id, v.definition_version, v.school_year, v.value, v.value_low,
    v.value_high, v.value_kind, v.denominator, t.status, t.change_points, t.baseline_year, series.history
from published.indicator_values as v
inner join published.indicators as i on v.indicator_id = i.indicator_id
    and v.definition_version = i.definition_version and i.is_default
left join published.indicator_trends as t on v.community_id = t.community_id
    and v.indicator_id = t.indicator_id and v.definition_version = t.definition_version
    and v.collection = t.collection
    and v.geography_level = t.geography_level and v.geography_id = t.geography_id
    and v.disaggregate = t.disaggregate and v.subgroup = t.subgroup and v.school_year = t.school_year
inner join (
    select community_id, indicator_id, definition_version, list(value order by school_year) as history
    from published.indicator_values
    where collection = 'annual' and geography_level = 'community' and disaggregate = 'all'
    group by all
) as series on v.community_id = series.community_id and v.indicator_id = series.indicator_id
    and v.definition_version = series.definition_version
where v.collection = 'annual' and v.geography_level = 'community' and v.disaggregate = 'all'
qualify row_number() over (
    partition by v.community_id, v.indicator_id, v.definition_version order by v.school_year desc
) = 1
order by v.community_id, i.title
"""
_WIDEST_GAPS = """
select g.community_id, g.indicator_id, g.definition_version, g.school_year, s.subgroup_title,
    r.subgroup_title, g.gap_points, g.children_to_close
from published.indicator_gaps as g
inner join published.subgroups as s on g.disaggregate = s.disaggregate and g.subgroup = s.subgroup
inner join published.subgroups as r on g.disaggregate = r.disaggregate and g.reference_subgroup = r.subgroup
where g.reference = 'best_off' and g.gap_status = 'behind' and g.collection = 'annual'
    and g.geography_level = 'community' and not s.is_pair
qualify row_number() over (
    partition by g.community_id, g.indicator_id, g.definition_version, g.school_year
    order by abs(g.gap_points) desc, s.sort_order
) = 1
"""
_DELIVERIES = """
select partner_id, state, count(*), sum(rows_received), sum(rows_quarantined)
from (select distinct partner_id, load_id, state, rows_received, rows_quarantined from published.load_quality)
group by all order by all
"""


def release_picture(home: Home) -> RenderableType:
    """Indicators, then deliveries, of the current release."""
    return Group(indicators_picture(home), deliveries_picture(home))


def indicators_picture(home: Home) -> Table:
    """Per indicator of each community: latest value with its interval, course, trend, widest gap."""
    gaps = {row[:4]: row[4:] for row in _rows(home, _WIDEST_GAPS)}
    table = Table(title="Indicators, whole community", title_justify="left", expand=False)
    for heading in ("Indicator", "Year", "Value", "Course", "Since the first year", "Widest gap"):
        table.add_column(heading, no_wrap=heading in ("Year", "Course"))
    for row in _rows(home, _LATEST):
        community, title, indicator, version, year, value, low, high, kind, count, *trend, history = row
        table.add_row(
            title,
            school_year_title(year),
            value_text(value, low, high, kind, count),
            sparkline(history),
            trend_text(*trend),
            gap_text(gaps.get((community, indicator, version, year))),
        )
    return table


def deliveries_picture(home: Home) -> Table:
    """Per partner: deliveries by what became of them, rows read and rows held back."""
    table = Table(title="Deliveries", title_justify="left", expand=False)
    table.add_column("Partner")
    for heading in (
        "Accepted",
        "With quarantine",
        "Rejected",
        "Replaced or withdrawn",
        "Rows",
        "Rows held back",
    ):
        table.add_column(heading, justify="right")
    columns = {"accepted": 0, "restored": 0, "accepted_with_quarantine": 1, "rejected": 2}
    partners: dict[str, list[int]] = {}
    for partner, state, deliveries, rows, quarantined in _rows(home, _DELIVERIES):
        counts = partners.setdefault(partner, [0] * 6)
        counts[columns.get(state, 3)] += deliveries
        counts[4] += rows or 0
        counts[5] += quarantined or 0
    for partner, counts in partners.items():
        style = "red" if counts[2] else "yellow" if counts[1] else ""
        table.add_row(partner, *(f"{count:,}" if count else "–" for count in counts), style=style)
    return table


def sparkline(values: Iterable[float | None]) -> str:
    """One bar per value between the smallest and the largest of them; a gap where a value is not shown."""
    shown = list(values)
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1
    return "".join(
        " " if value is None else BARS[round((value - low) / span * (len(BARS) - 1))] for value in shown
    )


def value_text(
    value: float | None, low: float | None, high: float | None, kind: str | None, denominator: int | None
) -> str:
    """A rate with its interval, a band as one bound, or that the number is hidden."""
    if kind == "rate" and value is not None and low is not None and high is not None:
        return f"{100 * value:.1f} % ({100 * low:.1f}–{100 * high:.1f}) of {denominator:,}"
    if kind == "band" and low is not None and high is not None:
        return f"≤ {100 * high:.0f} %" if low == 0 else f"≥ {100 * low:.0f} %"
    return "hidden"


def trend_text(status: str | None, change_points: float | None, baseline_year: int | None) -> Text:
    """Improved, maintained or worsened, with the points since the baseline year."""
    if status not in STATUS or change_points is None or baseline_year is None:
        return Text("–")
    words, style = STATUS[status]
    return Text(f"{words} {change_points:+.1f} points since {school_year_title(baseline_year)}", style=style)


def gap_text(gap: tuple[Any, ...] | None) -> str:
    if gap is None:
        return "none that is clear"
    subgroup, reference, points, children = gap
    return f"{subgroup} {points:+.1f} points from {reference} ({children:,} children)"


def school_year_title(school_year: int) -> str:
    return f"{school_year - 1}-{school_year % 100:02d}"


def _rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        return con.execute(sql).fetchall()
