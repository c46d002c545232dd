"""Rules between the fields of a contract, and between a contract, its entity and its community."""

import calendar
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from ingestion.contracts.columns import Column, Origin
from ingestion.contracts.conformed import not_conformed, unknown_code
from ingestion.contracts.contract import ContractFile
from ingestion.contracts.date_formats import format_problem
from ingestion.contracts.entities import Entity, load_entities
from ingestion.contracts.file_names import PLACEHOLDERS, unknown_placeholders
from ingestion.contracts.sql_expression import check_expression
from ingestion.yaml_file import Location, YamlFile, near_miss

Finding = tuple[Location, str, str]  # place in the file, what is wrong, next step

PLACEHOLDER = "?"  # what a draft has where a person is to fill in a header
YES_AND_NO = "Say which of the partner's values mean yes and no: `true: [...]` and `false: [...]`"
# how text may be parsed on its way into a canonical type
PARSES_INTO = {
    "text": {"text"},
    "integer": {"integer"},
    "decimal": {"decimal", "integer"},
    "date": {"date"},
    "boolean": {"boolean"},
    "code": {"code", "text"},
    "codes": {"codes", "code", "text"},
}


class Covering(Protocol):
    """An agreement, as far as a contract has to know it."""

    @property
    def parties(self) -> Collection[str]: ...

    def covers(self, *names: str | None) -> bool:
        """Whether it covers an extract by one of these names."""


class Surroundings(Protocol):
    """The community that a contract stands in."""

    @property
    def community(self) -> str: ...

    @property
    def partners(self) -> Mapping[str, object]: ...

    @property
    def collections(self) -> Mapping[str, object]: ...

    @property
    def agreements(self) -> Mapping[str, Covering]: ...


def contract_problems(
    contract: ContractFile, source: YamlFile, community: Surroundings | None
) -> list[Finding]:
    """Every rule the contract breaks; `source` tells what was written, also where it could not be parsed."""
    entities = load_entities()
    findings = [*_file_problems(contract, source), *_sql_problems(contract), *_alias_problems(contract)]
    if community is not None:
        findings += _community_problems(contract, community)
    entity = entities.get(contract.entity)
    if entity is None:
        findings.append(
            (("entity",), f"unknown entity '{contract.entity}'", near_miss(contract.entity, entities))
        )
    else:
        findings += _entity_problems(contract, source, entity)
    return findings


def _file_problems(contract: ContractFile, source: YamlFile) -> Iterator[Finding]:
    expected = contract.file_stem
    if source.path.stem != expected:
        yield (
            ("partner",),
            f"the file of {expected.replace('__', '.')} is not named after it",
            f"Name it {expected}.yml",
        )
    place = "file" if contract.file else "files"
    for pattern in contract.patterns:
        for name in unknown_placeholders(pattern):
            yield (place,), f"unknown placeholder '{{{name}}}' in {place}", near_miss(name, PLACEHOLDERS)
        if "{school_year}" in pattern and contract.school_year:
            yield ("school_year",), *_said_twice("year", "school_year")
        if "{collection}" in pattern and contract.collection:
            yield ("collection",), *_said_twice("collection", "collection")
    for position, form in enumerate(contract.school_year.formats if contract.school_year else ()):
        if wrong := format_problem(form):
            yield ("school_year", "format", position), *wrong
    for name, month_day in contract.expects.items():
        month, day = (int(part) for part in month_day.split("-"))
        if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(2001, month)[1]):
            yield ("expects", name), f"the due date of '{name}' is no day of the year", "Write it as MM-DD"
    if contract.reader.footer is not None:
        try:
            re.compile(contract.reader.footer)
        except re.error as error:
            yield ("reader", "footer"), f"footer is not a regular expression ({error})", "Correct it"


def _said_twice(what: str, field: str) -> tuple[str, str]:
    step = f"Write * for {{{field}}} in the pattern, so that the file's column says it, or take out {field}:"
    return f"the {what} is in the file's name and in {field}", step


def _sql_problems(contract: ContractFile) -> Iterator[Finding]:
    texts: list[tuple[Location, str | None]] = [
        (("columns", name, "sql"), column.sql) for name, column in contract.columns.items()
    ]
    texts += [((name, "sql"), origin.sql) for name, origin in _period_origins(contract)]
    if contract.rows and contract.rows.where:
        texts.append((("rows", "where"), contract.rows.where))
    for place, sql in texts:
        problem = check_expression(sql).problem if sql is not None else ""
        if problem:
            yield place, f"the expression {'.'.join(map(str, place))} {problem}", "Correct the expression"


def _period_origins(contract: ContractFile) -> list[tuple[str, Origin]]:
    both = (("school_year", contract.school_year), ("collection", contract.collection))
    return [(name, origin) for name, origin in both if origin]


def _alias_problems(contract: ContractFile) -> Iterator[Finding]:
    """A header feeds one column: a second use is nearly always a slip of copy and paste."""
    owner: dict[str, str] = {}
    for name, column in contract.columns.items():
        if PLACEHOLDER in column.headers:
            what = f"the placeholder '{PLACEHOLDER}' of the column '{name}' is still there"
            yield (
                ("columns", name, "from"),
                what,
                "Put the file's header for it, or an `sql:` over headers, in its place",
            )
        for header in column.headers:
            folded = header.strip().lower()
            if header == PLACEHOLDER:
                continue
            first = owner.setdefault(folded, name)
            if first != name:
                step = "Keep it in one; a second use is written as sql: '\"Header\"'"
                yield ("columns", name, "from"), f"'{header}' already feeds the column '{first}'", step
    for header in contract.ignore:
        if header.strip().lower() in owner:
            used_by = owner[header.strip().lower()]
            yield ("ignore",), f"'{header}' is ignored, yet feeds the column '{used_by}'", "Keep one of them"


def _entity_problems(contract: ContractFile, source: YamlFile, entity: Entity) -> Iterator[Finding]:
    # as written, since what could not be parsed was left out; a layout writes none
    declared = set(source.data.get("columns") or contract.columns)
    for name, column in contract.columns.items():
        if name in entity.columns:
            yield from _column_problems(name, column, entity)
        else:
            step = near_miss(name, entity.columns)
            yield ("columns", name), f"'{name}' is not a column of the entity {entity.entity}", step
    for name in entity.required_columns:
        if name not in declared:
            what = f"the column '{name}', which every {entity.entity} extract must have, is missing"
            yield ("columns", name), what, "Say where it comes from"
    for position, name in enumerate(contract.key):
        if name not in declared:
            step = near_miss(name, contract.columns)
            yield ("key", position), f"the key column '{name}' is not declared under columns", step


def _column_problems(name: str, column: Column, entity: Entity) -> Iterator[Finding]:
    canonical = entity.columns[name].type
    allowed = PARSES_INTO[canonical]
    kind = column.type or canonical
    if kind not in allowed:
        what = f"'{name}' is declared as {kind}, but is {canonical} in the entity {entity.entity}"
        yield ("columns", name, "type"), what, f"Leave type out, or use {' or '.join(sorted(allowed))}"
    if entity.columns[name].required and "required" in column.model_fields_set and not column.required:
        what = f"'{name}' is always required in the entity {entity.entity}, whatever a contract says"
        yield ("columns", name, "required"), what, "Take it out; `rows: where` leaves rows out"
    for written, field, kinds in (
        ("format", "formats", {"date"}),
        ("true", "true_values", {"boolean"}),
        ("false", "false_values", {"boolean"}),
        ("separator", "separator", {"codes"}),
        ("codes", "codes", {"code", "codes"}),
        ("between", "between", {"integer", "decimal", "date"}),
    ):
        if field in column.model_fields_set and kind not in kinds:
            what = f"'{written}' says nothing for '{name}', which is {kind}"
            step = YES_AND_NO if (written, kind) == ("codes", "boolean") else "Take it out"
            yield ("columns", name, written), what, step
    if column.codes and canonical in ("code", "codes") and (wrong := not_conformed(name)):
        yield ("columns", name, "codes"), *wrong
    for position, form in enumerate(column.formats if kind == "date" else ()):
        if wrong := format_problem(form):
            yield ("columns", name, "format", position), *wrong
    for partner_code, code in column.codes.items():
        if wrong := unknown_code(name, code):
            yield ("columns", name, "codes", partner_code), *wrong
    if set(column.true_values) & set(column.false_values):
        yield (
            ("columns", name, "true"),
            f"a value of '{name}' means both true and false",
            "Keep it in one of them",
        )


def _community_problems(contract: ContractFile, community: Surroundings) -> Iterator[Finding]:
    known = community.partners
    if contract.partner not in known:
        yield ("partner",), f"unknown partner '{contract.partner}'", near_miss(contract.partner, known)
    for name in contract.expects:
        if name not in community.collections:
            step = near_miss(name, community.collections)
            yield ("expects", name), f"unknown collection '{name}'", step
    agreement = community.agreements.get(contract.agreement)
    if agreement is None:
        step = near_miss(contract.agreement, community.agreements)
        yield ("agreement",), f"unknown agreement '{contract.agreement}'", step
        return
    if contract.partner in known and contract.partner not in agreement.parties:
        what = f"{contract.partner} is not a party of the agreement '{contract.agreement}'"
        yield ("agreement",), what, "Name the agreement that covers it, or add the party in agreements.yml"
    if not agreement.covers(contract.extract_id, getattr(contract, "bundle", None)):
        what = f"the agreement '{contract.agreement}' does not cover {contract.extract_id}"
        yield ("agreement",), what, "Add the extract to the agreement in agreements.yml"
