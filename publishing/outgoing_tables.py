"""The copies of published tables that the outgoing gate looks at: each row beside what it must agree with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from expectations.outgoing import OutgoingRule, must_not_be
from ingestion.configuration.community_file import SMALLEST_MINIMUM
from ingestion.sql_text import literal
from publishing.outgoing_rules import COMPUTED, HELD, LOOKED_AT, ROUNDED
from publishing.release_contents import PromisedTable
from publishing.release_inputs import KEY

if TYPE_CHECKING:
    import duckdb

    from ingestion.home import Home

NAMES = LOOKED_AT.format("texts")
# tables of counts of indicator_values: what its keys are there, where they are called otherwise
OF_VALUES = {
    "gap_drivers": {"geography_level": "'school'"},
    "pathway_funnel": {
        "indicator_id": "shown.pathway",
        "definition_version": "shown.step",
        "school_year": "shown.cohort_year",
        "collection": "'annual'",
    },
}
# columns whose name says that a row is of one child, family or home
OF_A_PERSON = r"(^|_)(person|persons|student|students|child_id|household|guardian|address|birth_date)(_|$)"
SOCIAL_SECURITY = r"(^|[^0-9-])[0-9]{3}-[0-9]{2}-[0-9]{4}([^0-9-]|$)"
MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
WRITTEN_BY_HAND = (
    "owner",
    "notes",
    "citation",
    "caveats",
    "withdrawal_reason",
)  # whom to ask may stand there


def look_at(
    con: duckdb.DuckDBPyConnection, home: Home, table: PromisedTable, flags: Mapping[str, str]
) -> None:
    """Make the table outgoing_<name>: the published columns, and a flag for each rule."""
    columns = ", ".join(f"shown.{name}" for name in table.columns)
    joined, more = _beside(home, table)
    flagged = "".join(f", {sql} as {flag}" for flag, sql in flags.items())
    con.execute(
        f"create or replace table {LOOKED_AT.format(table.name)} as "
        f"with beside as (select {columns}{more} from warehouse.published.{table.name} as shown {joined}) "
        f"select {', '.join(table.columns)}{flagged} from beside"
    )


def _beside(home: Home, table: PromisedTable) -> tuple[str, str]:
    """Joins and columns that the flags of a table speak of."""
    joined, more = "", ""
    if "community_id" in table.columns:
        communities = home.reference_file("communities")
        source = (
            literal(str(communities)) if communities.exists() else "(select null as community_id, null as m)"
        )
        minimum = "minimum_denominator" if communities.exists() else "m"
        joined = (
            f" left join (select community_id as of_community, {minimum} as minimum from {source}) "
            "as communities on shown.community_id = communities.of_community"
        )
        more = f", coalesce(communities.minimum, {SMALLEST_MINIMUM}) as minimum_denominator"
    if table.name in ROUNDED:
        step = "shown.rounded_to" if "rounded_to" in table.columns else _step(home)
        more += f", coalesce({step} / 2, 0) as rounded_by"
    if table.name == "program_results":
        more += f", {_shows(home)} as shows"
    same = " and ".join(f"shown.{name} = other.{name}" for name in KEY)
    if table.name == "indicator_values":
        joined += f" left join ({_cells(home)}) as other on {same}{_was_shown(home)}"
        more += (
            ", other.denominator as cell_denominator, other.numerator::double as cell_numerator"
            f", {', '.join(f'past.{name} as past_{name}' for name in HELD)}, {_rounding(home)} as rounding"
            ", shown.held_since as is_held"
        )
    elif table.name in COMPUTED:
        joined += f" left join warehouse.published.indicator_values as other on {same}"
        more += ", other.value as published_value, other.held_since as is_held"
    elif keys := OF_VALUES.get(table.name):
        same = " and ".join(f"{keys.get(name, f'shown.{name}')} = other.{name}" for name in KEY)
        joined += f" left join warehouse.published.indicator_values as other on {same}"
        more += ", other.held_since as is_held"
    return joined, more


def _cells(home: Home) -> str:
    """What the marts say of each row: a cell, or those that are folded into one at their level."""
    cells = "select {}, denominator, numerator from warehouse.marts.indicator_cells"
    keys = ", ".join(KEY)
    folds = home.reference_file("disclosure_folds")
    if not folds.exists():
        return cells.format(keys)
    folded = keys.replace("subgroup", "folded_subgroup")
    return (
        f"{cells.format(keys)} union all by name select {folded} as subgroup, "
        "sum(denominator)::bigint as denominator, sum(numerator)::bigint as numerator "
        f"from ({cells.format(keys)}) inner join {literal(str(folds))} "
        "using (community_id, geography_level, disaggregate, subgroup) group by all"
    )


def _was_shown(home: Home) -> str:
    """Join of what the release showed since which a row is held."""
    past = "select *, 0 as first_release, 0 as last_release "
    past += "from warehouse.published.indicator_values where false"
    if home.shown_values.exists():
        past = (
            "select *, substr(first_release_id, 2)::bigint as first_release, "
            f"substr(last_release_id, 2)::bigint as last_release from {literal(str(home.shown_values))}"
        )
    same = " and ".join(f"shown.{name} = past.{name}" for name in KEY)
    return (
        f" left join ({past}) as past on {same} "
        "and substr(shown.held_since, 2)::bigint between past.first_release and past.last_release"
    )


def _rounding(home: Home) -> str:
    """SQL of what denominators of a row are rounded to; 0 where they are as they are."""
    counted = "rules.shows = 'counts' and other.denominator < rules.rounded_under"
    return _of_rules(home, "max(rounded_to)", "0", counted)


def _step(home: Home) -> str:
    return _of_rules(home, "max(rounded_to)", "0", "rules.shows = 'counts'")


def _shows(home: Home) -> str:
    return _of_rules(home, "max(shows)", "'counts'", "true")


def _of_rules(home: Home, chosen: str, otherwise: str, where: str) -> str:
    """SQL of what a row's community decided, where it did."""
    rules = home.reference_file("disclosure_rules")
    if not rules.exists():
        return otherwise
    of_community = f"from {literal(str(rules))} as rules where rules.community_id = shown.community_id"
    return f"coalesce((select {chosen} {of_community} and {where}), {otherwise})"


def look_at_names(con: duckdb.DuckDBPyConnection, home: Home, promise: Mapping[str, PromisedTable]) -> None:
    """Make the table outgoing_texts: every published text, once per table and column, and every name."""
    con.execute(f"create or replace table {NAMES} (table_name varchar, column_name varchar, said varchar)")
    for table in promise.values():
        texts = [name for name, (kind, _) in table.columns.items() if kind == "VARCHAR"]
        for name in texts:
            con.execute(
                f"insert into {NAMES} select distinct {literal(table.name)}, {literal(name)}, {name} "
                f"from warehouse.published.{table.name} where {name} is not null"
            )
    for table in promise.values():
        rows = ", ".join(f"({literal(table.name)}, {literal(name)}, null)" for name in table.columns)
        con.execute(f"insert into {NAMES} values {rows}")
    persons = "false"
    if home.person_links.exists():
        links = literal(str(home.person_links))
        persons = f"coalesce(said in (select person_id from {links}), false)"
    by_hand = ", ".join(map(literal, WRITTEN_BY_HAND))
    con.execute(
        f"create or replace table {NAMES} as select *, {persons} as is_a_person, "
        f"coalesce(regexp_matches(column_name, {literal(OF_A_PERSON)}), false) as is_named_for_a_person, "
        f"coalesce(regexp_matches(said, {literal(SOCIAL_SECURITY)}), false) as is_a_social_security_number, "
        f"coalesce(regexp_matches(said, {literal(MAIL)}) and column_name not in ({by_hand}), false) "
        f"as is_a_mail_address from {NAMES}"
    )


def rules_of_names() -> list[OutgoingRule]:
    """No child is named, by whatever column, and no row is one's."""
    return [
        must_not_be(NAMES, "no_person_is_named", "is_a_person", "A text is the person_id of a child."),
        must_not_be(
            NAMES,
            "no_column_is_a_persons",
            "is_named_for_a_person",
            "A column is named as if its rows were of one child, family or home.",
        ),
        must_not_be(
            NAMES, "no_social_security_number", "is_a_social_security_number", "A text has that form."
        ),
        must_not_be(NAMES, "no_mail_address", "is_a_mail_address", "A text has a mail address.", "warn"),
    ]
