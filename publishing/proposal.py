"""What a proposed definition would change: all years counted both ways, before it is adopted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from ingestion.configuration.community_file import SMALLEST_MINIMUM
from ingestion.configuration.disaggregates import DISAGGREGATES
from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.sql_text import literal
from ingestion.warehouse_file import attach_warehouse
from ingestion.yaml_file import near_miss
from publishing.registry import Definition, Indicator

DEFINITIONS = "read_parquet('reference/indicator_definitions.parquet')"


class ProposalError(MilepostError):
    """The proposed definition cannot be tried; nothing was changed."""


@dataclass(frozen=True)
class Change:
    """A school year and subgroup of the community, as the definition in force and the proposed one count it.

    Counts are None where either has fewer than ten children; `n_changed` are children who count for the one
    and not for the other, or come to something else.
    """

    community_id: str
    school_year: int
    subgroup: str
    denominator: int | None
    value: float | None
    proposed_denominator: int | None
    proposed_value: float | None
    difference_points: float | None
    n_changed: int | None


def proposed(
    indicator: Indicator, version: str | None, changes: Mapping[str, str]
) -> tuple[Definition, Definition]:
    """The definition in force (`version`, else the default one) and the same with other parameters.

    ProposalError where the version or a parameter is not one of the indicator's.
    """
    known = {definition.version: definition for definition in indicator.definitions}
    default = next(definition for definition in indicator.definitions if definition.is_default)
    if version is not None and version not in known:
        raise ProposalError(
            f"'{version}' is no version of {indicator.id}", next_step=near_miss(version, known)
        )
    base = known[version] if version else default
    parameters = {name for definition in indicator.definitions for name in definition.parameters}
    for name in changes:
        if name not in parameters:
            raise ProposalError(
                f"'{name}' is no parameter of {indicator.id}",
                rule=f"it has {', '.join(sorted(parameters)) or 'none'}",
                next_step=near_miss(name, parameters),
            )
    return base, base.model_copy(update={"parameters": {**base.parameters, **changes}})


def compare(
    home: Home, indicator: Indicator, base: Definition, proposal: Definition, by: str = "all"
) -> list[Change]:
    """All school years of the annual collection, by the subgroups of `by`, as the two definitions count them.

    The warehouse is read, never written; the indicator's own model counts twice.
    """
    if by not in ("all", *DISAGGREGATES):
        raise ProposalError(f"no disaggregate is called '{by}'", next_step=near_miss(by, DISAGGREGATES))
    with working_database(home) as con:
        con.execute("set file_search_path = ?", [str(home.root)])
        attach_warehouse(con, home)
        row = con.execute(
            "select sql from duckdb_views() where database_name = 'warehouse' and schema_name = 'marts' "
            "and view_name = ?",
            [indicator.id],
        ).fetchone()
        if row is None:
            raise ProposalError(
                f"{indicator.id} was not built yet",
                where=str(home.warehouse),
                next_step="Run `milepost refresh`",
            )
        model = str(row[0]).partition(" AS ")[2].rstrip(";")
        for name, definition in (("as_is", base), ("proposed", proposal)):
            con.execute(f"create temp table {name}_definition as {_definition_sql(indicator.id, definition)}")
            sql = model.replace(DEFINITIONS, f"{name}_definition")
            try:
                con.execute(f"create temp table {name} as select * from ({sql}) where collection = 'annual'")
            except duckdb.ConversionException as error:
                said = ", ".join(f"{key} = {value}" for key, value in definition.parameters.items())
                raise ProposalError(f"{indicator.id} cannot be counted with {said}") from error
        subgroup = "'all'" if by == "all" else f"coalesce(students.{by}, 'unknown')"
        rows = con.execute(_COMPARED.format(subgroup=subgroup, least=SMALLEST_MINIMUM)).fetchall()
    return [Change(*row) for row in rows]


def _definition_sql(indicator_id: str, definition: Definition) -> str:
    texts = definition.texts
    names, values = (", ".join(map(literal, part)) for part in (texts.keys(), texts.values()))
    return (
        f"select {literal(indicator_id)} as indicator_id, "
        f"{literal(definition.version)} as definition_version, "
        f"{definition.first_year or 'null'}::integer as first_year, "
        f"{definition.last_year or 'null'}::integer as last_year, "
        f"map([{names}]::varchar[], [{values}]::varchar[]) as parameters, true as is_default"
    )


_COMPARED = """
    with counted_twice as (
        select
            coalesce(as_is.community_id, proposed.community_id) as community_id,
            coalesce(as_is.person_id, proposed.person_id) as person_id,
            coalesce(as_is.school_year, proposed.school_year) as school_year,
            as_is.is_success as was, proposed.is_success as would_be
        from as_is
        full outer join proposed using (community_id, person_id, school_year, collection)
    ),
    counted as (
        select
            twice.community_id, twice.school_year, {subgroup} as subgroup,
            count(was) as n, count(*) filter (where was) as x,
            count(would_be) as m, count(*) filter (where would_be) as y,
            count(*) filter (where was is distinct from would_be) as n_changed
        from counted_twice as twice
        left join warehouse.marts.fct_student_year as students
            on twice.community_id = students.community_id and twice.person_id = students.person_id
            and twice.school_year = students.school_year and students.collection = 'annual'
        group by all
    )
    select
        community_id, school_year, subgroup,
        if(is_shown, n, null), if(is_shown, x / n, null), if(is_shown, m, null), if(is_shown, y / m, null),
        if(is_shown, 100 * (y / m - x / n), null), if(is_shown, n_changed, null)
    from (select *, n >= {least} and m >= {least} as is_shown from counted)
    order by community_id, school_year, subgroup
"""
