"""What must hold of the tables of a release: from the promise, and from what a published number is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from expectations.outgoing import OutgoingRule, must_not_be, unique_key
from publishing.release_contents import PromisedTable, references

LOOKED_AT = "outgoing_{}"
# counts of children: each is at least the community's minimum, or marked and NULL
COUNTS = ("denominator", "cohort_size", "n_matched", "old_denominator", "new_denominator")
# all other numbers of a row hide with them but these
OF_NO_CHILD = ("step_order", "rounded_to")
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE")
# tables that tell of no group of children: titles, deliveries, releases, sources of others
DESCRIPTIVE = frozenset(
    [
        *(
            "indicators",
            "subgroups",
            "geographies",
            "school_years",
            "load_quality",
            "releases",
            "area_values",
        ),
        *("gateway_status", "indicator_sources", "disclosure_rules"),
    ]
)
# computed of published rates alone: each row needs its rate, of these columns, in indicator_values
COMPUTED = {"indicator_gaps": "value", "indicator_trends": "value", "interim_projections": "interim_value"}
# what a held row has of its release
HELD = ("suppression", "denominator", "rounded_to", "numerator", "value")
SHARES = ("value", "rate", "share", "low", "high")
OF_ANY_SIZE = ("area_values",)  # dollars and medians
NO_CHILD_OR_MANY = ("gap_drivers",)  # a school may have no child of a subgroup
# tables of rows that may be held
OF_HELD = ("indicator_values", "indicator_gaps", "gap_drivers", "pathway_funnel")
# counts there are as the community shows them
ROUNDED = ("indicator_values", "pathway_funnel", "program_results", "restatements")
PAIRS = {"numerator": "denominator", "n_reached": "cohort_size"}
JUMP = 0.01  # of a community's rate, where nothing that it is made of changed
HALF_A_PERCENT = 0.005
LEAP = 0.10  # worth a look whatever the cause

Flags = dict[str, str]  # column of the looked-at table -> SQL, TRUE where a row breaks the rule


def rules_of_table(
    table: PromisedTable, promise: Mapping[str, PromisedTable]
) -> tuple[Flags, list[OutgoingRule]]:
    """The flags a looked-at copy of the table needs, and the rules about it."""
    name, flags, rules = LOOKED_AT.format(table.name), Flags(), list[OutgoingRule]()
    if table.key:
        rules.append(unique_key(name, table.key))
    rules += [_share(name, column) for column in _shares(table)]
    for flag, sql, explanation in (*_from_promise(table, promise), *_numbers(table), *_of_others(table)):
        flags[flag] = f"coalesce({sql}, false)"
        rules.append(must_not_be(name, flag, flag, explanation))
    for flag, sql, explanation in _worth_a_look(table):
        flags[flag] = f"coalesce({sql}, false)"
        rules.append(must_not_be(name, flag, flag, explanation, "warn"))
    return flags, rules


def _shares(table: PromisedTable) -> list[str]:
    if table.name in OF_ANY_SIZE:
        return []
    doubles = [name for name, (kind, _) in table.columns.items() if kind == "DOUBLE" and "points" not in name]
    return [name for name in doubles if {*name.split("_")} & {*SHARES} and not name.startswith("ratio")]


def _share(table: str, column: str) -> OutgoingRule:
    return OutgoingRule(
        table=table,
        name=f"{column}_is_a_share",
        expectation="expect_column_values_to_be_between",
        arguments={"column": column, "min_value": 0, "max_value": 1},
        severity="error",
        explanation=f"A {column} is a share from 0 to 1.",
        violations=f"count(*) filter (not {column} between 0 and 1)",
    )


def _from_promise(
    table: PromisedTable, promise: Mapping[str, PromisedTable]
) -> Iterator[tuple[str, str, str]]:
    required = [name for name in table.columns if name in {*table.key, *table.required}]
    if required:  # one rule: to ask Great Expectations of each column costs more than the scan
        missing = " or ".join(f"{name} is null" for name in required)
        yield "lacks_a_value", missing, f"Every row needs {', '.join(required)}."
    for number, check in enumerate(table.checks, start=1):
        yield f"breaks_check_{number}", f"not ({check})", f"Promised is: {check}."
    for to, columns in references(promise)[table.name].items():
        same = " and ".join(f"titles.{name} = beside.{name}" for name in columns)
        sql = f"not exists (select 1 from warehouse.published.{to} as titles where {same})"
        yield f"is_not_in_{to}", sql, f"Every {', '.join(columns)} needs its row in {to}."


def _numbers(table: PromisedTable) -> Iterator[tuple[str, str, str]]:
    """Ends of intervals, parts of wholes, and counts under the minimum."""
    columns = table.columns.keys()
    for low in (name for name in columns if name.endswith("_low") and table.name not in OF_ANY_SIZE):
        stem = low.removesuffix("_low")
        high = f"{stem}_high"
        middle = next((name for name in (stem, f"{stem}_value", f"{stem}_reached") if name in columns), None)
        sql = f"{low} > {high}" + (
            f" or {middle} < {low} - 1e-9 or {middle} > {high} + 1e-9" if middle else ""
        )
        yield f"{stem}_is_outside", sql, f"{low} is at most {middle or high}, which is at most {high}."
    for part, whole in PAIRS.items():
        if {part, whole} <= columns:
            sql = f"{part} > {whole} or {part} < 0"
            yield f"{part}_is_more_than_{whole}", sql, f"A {part} is from 0 to its {whole}."
    for count in (name for name in COUNTS if name in columns):
        none = f"{count} <> 0 and " if table.name in NO_CHILD_OR_MANY else ""
        # rounded, it may stand for one that is large enough
        most = " + rounded_by" if table.name in ROUNDED else ""
        # what is held was shown by the rules of its release
        now = "is_held is null and " if table.name in OF_HELD else ""
        sql = f"{now}{none}{count}{most} < minimum_denominator"
        yield f"{count}_is_too_small", sql, "A count under the community's minimum is hidden and marked."
    if "suppression" in columns and table.name not in OF_ANY_SIZE:
        yield from _hidden(table)


def _hidden(table: PromisedTable) -> Iterator[tuple[str, str, str]]:
    columns = table.columns.keys()
    counts = [name for name in COUNTS if name in columns]
    numbers = [
        name
        for name, (kind, _) in table.columns.items()
        if kind in NUMBERS and name not in table.key and name not in OF_NO_CHILD
    ]
    told = " or ".join(f"{name} is not null" for name in numbers)
    yield (
        "is_hidden_and_told",
        f"suppression in ('suppressed', 'not_received') and ({told})",
        "A number that is marked as hidden is NULL.",
    )
    others = [name for name in numbers if name not in COUNTS and not name.endswith(("_low", "_high"))]
    told = " or ".join(f"{name} is not null" for name in others)
    yield (
        "is_banded_and_told",
        f"suppression in ('coded_low', 'coded_high') and ({told})",
        "Of a number that is shown as a band, only the band is told.",
    )
    missing = " or ".join(f"{name} is null" for name in counts)
    if {"value_kind", "value"} <= columns:  # of percentages no count is told
        missing = f"if(value_kind = 'percent', value is null, {missing})"
    elif "participant_rate" in columns:
        missing = "participant_rate is null"  # a count beside which others would be told is not told
    yield "is_shown_and_missing", f"suppression = '' and ({missing})", "What is not marked is shown."


def _of_others(table: PromisedTable) -> Iterator[tuple[str, str, str]]:
    """Rows that do not agree with the marts, or with what else is published."""
    if table.name == "indicator_values":
        off = (
            "cell_denominator is null "
            "or suppression <> 'suppressed' and cell_denominator < minimum_denominator "
            "or denominator is not null and coalesce(rounded_to, 0) <> rounding "
            "or abs(denominator - cell_denominator) > greatest(rounding - cell_denominator, rounding / 2) "
            "or numerator <> cell_numerator or abs(value - cell_numerator / cell_denominator) "
            f"> if(value_kind = 'percent', {HALF_A_PERCENT}, 0) + 1e-9"
        )
        yield (
            "is_not_what_marts_say",
            f"suppression <> 'not_received' and held_since is null and ({off})",
            "A number that is shown is the one of marts.indicator_cells.",
        )
        unlike = " or ".join(f"{name} is distinct from past_{name}" for name in HELD)
        yield (
            "is_not_what_was_shown",
            f"held_since is not null and ({unlike})",
            "A number that is held is the one that its release showed.",
        )
        band = "cell_numerator / cell_denominator not between value_low - 1e-9 and value_high + 1e-9"
        yield (
            "is_not_in_its_band",
            f"value_kind = 'band' and held_since is null and {band}",
            "A band holds the rate behind it.",
        )
    elif table.name in COMPUTED:
        yield (
            "is_of_no_published_rate",
            f"published_value is null or abs({COMPUTED[table.name]} - published_value) > 1e-9",
            "What is computed of rates is computed of rates in indicator_values.",
        )
    elif table.name == "restatements":
        of_all = "geography_level = 'community' and disaggregate = 'all'"
        yield (
            "jumps_without_a_cause",
            f"cause = 'unexplained' and {of_all} "
            f"and (change = 'removed' or abs(new_value - old_value) > {JUMP})",
            f"A community's rate changed by more than {100 * JUMP:g} point, or is gone, and no delivery,"
            " definition, configuration, link or code did.",
        )
    elif table.name not in DESCRIPTIVE and not {*COUNTS} & table.columns.keys():
        yield (
            "tells_of_children_uncounted",
            "true",
            "A table has a count of children, held to the minimum, or is one of those that tell of none.",
        )


def _worth_a_look(table: PromisedTable) -> Iterator[tuple[str, str, str]]:
    if table.name == "restatements":
        yield (
            "changed_without_a_cause",
            "cause = 'unexplained'",
            "A value changed, and nothing that it is made of.",
        )
        leap = (
            f"geography_level = 'community' and disaggregate = 'all' and abs(new_value - old_value) > {LEAP}"
        )
        yield (
            "leaps",
            leap,
            f"A community's rate changed by more than {100 * LEAP:g} points; the cause is told.",
        )
