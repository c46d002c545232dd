"""The picture in the terminal after a build, drawn from the current release alone."""

from collections.abc import Iterable
from typing import Any

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingestion.home import Home

BARS = "▁▂▃▄▅▆▇█"
STATUS = {
    "improved": ("better", "green"),
    "worsened": ("worse", "red"),
    "maintained": ("same", ""),
}

STAGES = [
    "birth",
    "early childhood",
    "kindergarten",
    "early grades",
    "middle grades",
    "kindergarten to grade 12",
    "high school",
    "postsecondary",
    "career",
]
# the whole community, annual values, the default definition version
_LATEST = f"""
select v.community_id, i.title, v.indicator_id, v.definition_version, v.school_year, v.value, v.value_low,
    v.value_high, if(v.suppression = 'not_received', v.suppression, v.value_kind),
    v.denominator, t.status, t.change_points, series.history
from published.indicator_values as v
inner join published.indicators as i on v.indicator_id = i.indicator_id
    and v.definition_version = i.definition_version and i.is_default and i.stage <> 'pathway'
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
order by v.community_id, list_position({STAGES}, i.stage), i.title
"""
# the outcomes, and whatever has a target
_AIMED_AT = """
select community_id, indicator_id from published.indicator_trends where target_year is not null
union
select distinct community_id, indicator_id
from published.indicator_values inner join published.indicators using (indicator_id)
where indicator_id = outcome
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
select partner_id, state, count(*), sum(rows_received)
from (select distinct partner_id, load_id, state, rows_received from published.load_quality)
group by all order by all
"""


def release_picture(home: Home) -> RenderableType:
    """Indicators, their widest gaps, then deliveries, of the current release; fits 80 columns."""
    return Group(indicators_picture(home), gaps_picture(home), deliveries_picture(home))


def indicators_picture(home: Home) -> Table:
    """Per indicator of each community: latest value, its course, its change since the first year."""
    table = _table("Indicators, whole community")
    for heading in ("Indicator", "Year", "% (95 % CI)", "Of", "Course", "Change"):
        # where it is too wide, titles go over two lines, and numbers stay whole
        is_title = heading == "Indicator"
        table.add_column(heading, no_wrap=not is_title, justify="right" if heading == "Of" else "left")
    for row in _rows(home, _LATEST):
        _, title, _, _, year, value, low, high, kind, count, *trend, history = row
        table.add_row(
            title,
            school_year_title(year),
            value_text(value, low, high, kind),
            f"{count:,}" if count else "–",
            sparkline(history),
            trend_text(*trend),
        )
    return table


def gaps_picture(home: Home) -> Table:
    """Per outcome, and indicator with a target: the subgroup that is furthest behind the best-off one."""
    table = _table("Widest gaps")
    for heading in ("Indicator", "Furthest behind", "Points", "Best off", "Children to close"):
        table.add_column(
            heading,
            justify="right" if heading in ("Points", "Children to close") else "left",
            no_wrap=heading == "Points",
        )
    gaps = {row[:4]: row[4:] for row in _rows(home, _WIDEST_GAPS)}
    aimed_at = {(community, indicator) for community, indicator in _rows(home, _AIMED_AT)}
    for community, title, indicator, version, year, *_ in _rows(home, _LATEST):
        if (community, indicator) not in aimed_at:
            continue
        gap = gaps.get((community, indicator, version, year))
        if gap is None:
            table.add_row(title, "none that is clear", "–", "–", "–")
        else:
            subgroup, reference, points, children = gap
            table.add_row(title, subgroup, f"{points:+.1f}", reference, f"{children:,}")
    return table


def deliveries_picture(home: Home) -> Table:
    """Per partner: deliveries by what became of them, and rows read."""
    table = _table("Deliveries (partly: accepted, some rows held back)")
    table.add_column("Partner", no_wrap=True)
    for heading in ("Accepted", "Partly", "Rejected", "Replaced", "Rows, about"):
        table.add_column(heading, justify="right", no_wrap=True)
    columns = {"accepted": 0, "restored": 0, "accepted_with_quarantine": 1, "rejected": 2}
    partners: dict[str, list[int]] = {}
    for partner, state, deliveries, rows in _rows(home, _DELIVERIES):
        counts = partners.setdefault(partner, [0] * 5)
        counts[columns.get(state, 3)] += deliveries
        counts[4] += rows or 0
    for partner, counts in partners.items():
        style = "red" if counts[2] else "yellow" if counts[1] else ""
        table.add_row(partner, *(f"{count:,}" if count else "–" for count in counts), style=style)
    return table


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )


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


def value_text(value: float | None, low: float | None, high: float | None, kind: str | None) -> str:
    """A rate with its interval, a band as one bound, or that the number is hidden or not there yet."""
    if kind == "not_received":
        return "not received"
    if kind == "rate" and value is not None and low is not None and high is not None:
        return f"{100 * value:.1f} ({100 * low:.1f}–{100 * high:.1f})"
    if kind == "band" and low is not None and high is not None:
        return f"≤ {100 * high:.0f}" if low == 0 else f"≥ {100 * low:.0f}"
    return "hidden"


def trend_text(status: str | None, change_points: float | None) -> Text:
    """Better, same or worse beyond chance, with the points since the first year that is shown."""
    if status not in STATUS or change_points is None:
        return Text("–")
    sign, style = STATUS[status]
    return Text(f"{sign} {change_points:+.1f}", style=style)


def school_year_title(school_year: int) -> str:
    return f"{school_year - 1}-{school_year % 100:02d}"


def _rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        return con.execute(sql).fetchall()
