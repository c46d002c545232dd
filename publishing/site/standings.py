"""Where each indicator of the community stands: last value, course, change, target, widest gap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from publishing.site.source import Row, Source, file_name

WHOLE_COMMUNITY = "collection = 'annual' and geography_level = 'community'"
# several versions may be the default, each in years of its own: the last of them is shown
IN_FORCE = """
select indicator_id, definition_version, title, stage, outcome, unit, better, timing, place, ew_indicator,
    caveats, owner, required_entities
from indicators
where is_default and stage <> 'pathway'
qualify row_number() over (partition by indicator_id order by first_year desc nulls last) = 1
"""
COURSE = f"""
select v.indicator_id, v.school_year, y.title as year, denominator, percent(v.value) as value, suppression,
    percent(value_low) as value_low, percent(value_high) as value_high, v.data_maturity, t.status,
    t.baseline_year, points(change_points) as change, points(change_points_low) as change_low,
    points(change_points_high) as change_high, target_year, percent(target_value) as target,
    points(distance_to_target_points) as to_go, points(pace_needed_points_per_year) as pace
from indicator_values as v
inner join ({IN_FORCE}) using (indicator_id, definition_version)
inner join school_years as y using (school_year, collection)
left join indicator_trends as t using (indicator_id, definition_version, school_year, collection,
    geography_level, geography_id, disaggregate, subgroup)
where {WHOLE_COMMUNITY} and disaggregate = 'all'
order by indicator_id, school_year
"""
WIDEST = f"""
select indicator_id, school_year, g.disaggregate, g.subgroup, s.subgroup_title, s.disaggregate_title,
    r.subgroup_title as reference_title,
    points(abs(gap_points)) as gap, points(least(abs(gap_points_low), abs(gap_points_high))) as low,
    points(greatest(abs(gap_points_low), abs(gap_points_high))) as high, children_to_close
from indicator_gaps as g
inner join ({IN_FORCE}) using (indicator_id, definition_version)
inner join subgroups as s using (disaggregate, subgroup)
inner join subgroups as r on g.disaggregate = r.disaggregate and g.reference_subgroup = r.subgroup
where {WHOLE_COMMUNITY} and reference = 'best_off' and gap_status = 'behind' and not s.is_pair
qualify row_number() over (
    partition by indicator_id, school_year order by abs(gap_points) desc, s.sort_order
) = 1
"""


@dataclass(frozen=True)
class Standing:
    """One indicator by its definition in force.

    `course` has a row per school year of the whole community, oldest first; `widest_gap` is of the last.
    Numbers are in percent or points.
    """

    about: Row
    course: list[Row] = field(default_factory=list)
    widest_gap: Row | None = None

    @property
    def indicator_id(self) -> str:
        name: str = self.about["indicator_id"]
        return name

    @property
    def file(self) -> str:
        """What its page is called, without an ending."""
        return file_name(self.indicator_id)

    @property
    def last(self) -> Row | None:
        """The last school year, shown or not."""
        return self.course[-1] if self.course else None

    @property
    def last_shown(self) -> Row | None:
        """The last school year with a rate."""
        return next((row for row in reversed(self.course) if row["value"] is not None), None)

    @property
    def is_outcome(self) -> bool:
        outcome: Any = self.about["outcome"]
        return bool(outcome == self.indicator_id)


def standings(source: Source) -> list[Standing]:
    """Every registered indicator by stage and title; without values where none is published."""
    courses: dict[str, list[Row]] = {}
    for row in source.rows(COURSE):
        courses.setdefault(row["indicator_id"], []).append(row)
    gaps = {(row["indicator_id"], row["school_year"]): row for row in source.rows(WIDEST)}
    found = []
    for about in source.rows(f"{IN_FORCE} order by title"):
        course = courses.get(about["indicator_id"], [])
        year = course[-1]["school_year"] if course else None
        found.append(Standing(about, course, gaps.get((about["indicator_id"], year))))
    return sorted(
        found, key=lambda one: (_place(one.about["stage"], STAGES), not one.is_outcome, one.about["title"])
    )


# as a child meets them; a registry with others has them after these
OUTCOMES = (
    "kindergarten_readiness",
    "early_grade_reading",
    "middle_grade_math",
    "high_school_graduation",
    "postsecondary_enrollment",
    "postsecondary_completion",
    "employment",
)
STAGES = (
    "birth",
    "early childhood",
    "kindergarten",
    "early grades",
    "kindergarten to grade 12",
    "middle grades",
    "high school",
    "postsecondary",
    "career",
)


def outcomes(found: list[Standing]) -> list[Standing]:
    """Those that are their own outcome, as a child meets them."""
    return sorted(
        (one for one in found if one.is_outcome), key=lambda one: _place(one.indicator_id, OUTCOMES)
    )


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
