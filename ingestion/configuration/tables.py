"""The CSV files of a community: crosswalks, cut scores and targets, read strictly row by row."""

import csv
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from ingestion.configuration.disaggregates import DISAGGREGATES, PAIRS, subgroups_of
from ingestion.configuration.indicators import indicator_ids
from ingestion.contracts.columns import ConformedCode
from ingestion.contracts.conformed import not_conformed, unknown_code
from ingestion.contracts.entities import load_entities
from ingestion.errors import ContractError
from ingestion.yaml_file import Identifier, Strict, near_miss

T = TypeVar("T", bound="Row")
FIRST_EVER, LAST_EVER = 1900, 2999

Year = Annotated[int, Field(ge=FIRST_EVER, le=LAST_EVER)]
OptionalYear = Annotated[Year | None, BeforeValidator(lambda text: text or None)]
Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Row(Strict, ABC):
    """A row of one of these files; two with the same `identity` must not hold in the same school year."""

    @abstractmethod
    def identity(self) -> tuple[str, ...]:
        """What the row decides about."""

    def years(self) -> tuple[int, int]:
        return FIRST_EVER, LAST_EVER


class YearsRow(Row):
    first_year: OptionalYear = None
    last_year: OptionalYear = None

    def years(self) -> tuple[int, int]:
        return self.first_year or FIRST_EVER, self.last_year or LAST_EVER


class CrosswalkRow(YearsRow):
    """A partner's code of a canonical column, and the conformed code it stands for in these school years."""

    field: Identifier
    partner_code: Filled
    conformed_code: ConformedCode

    def identity(self) -> tuple[str, ...]:
        return self.field, self.partner_code.lower()


class CutScoreRow(YearsRow):
    """The scale score from which a child is proficient: of this grade, else of those without a row."""

    assessment_id: Filled
    subject: ConformedCode
    grade_level: ConformedCode | None = None
    proficient_score: float

    def identity(self) -> tuple[str, ...]:
        return self.assessment_id.lower(), self.subject, self.grade_level or ""


class AreaIndicatorRow(Row):
    """A number about areas that a community publishes: a measure, or its share of another one."""

    area_indicator_id: Identifier
    title: Filled
    outcome: Identifier
    area_type: ConformedCode
    measure_id: Filled
    denominator_measure_id: Filled | None = None

    def identity(self) -> tuple[str, ...]:
        return self.area_indicator_id, self.area_type


class TargetRow(Row):
    """The share a community wants an indicator to reach in a school year."""

    indicator_id: Identifier
    disaggregate: Identifier = "all"
    subgroup: Filled = "all"
    school_year: Year
    target: float = Field(ge=0, le=1)

    def identity(self) -> tuple[str, ...]:
        return self.indicator_id, self.disaggregate, self.subgroup, str(self.school_year)


def read_table(path: Path, model: type[T], check: Callable[[T], str] = lambda _: "") -> tuple[T, ...]:
    """Every row of a CSV file as `model`; a ContractError reports all its problems with their lines.

    `check` gives what is wrong with a well-formed row, with the next step, or an empty text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ContractError(
            "not a CSV file in UTF-8", where=str(path), next_step="Save it as CSV UTF-8"
        ) from error
    problems = _header_problems(path, header, model)
    if problems:
        raise ContractError.of(problems)
    rows: list[tuple[int, T]] = []
    for line, cells in lines:
        try:
            row = _row(header, cells, model)
            wrong = check(row)
        except ValueError as error:
            wrong = str(error)
        if wrong:
            problems.append(ContractError(wrong, where=f"{path}:{line}"))
        else:
            rows.append((line, row))
    problems += _overlaps(path, rows)
    if problems:
        raise ContractError.of(problems)
    return tuple(row for _, row in rows)


def in_other_years(row: CrosswalkRow, others: Iterable[CrosswalkRow]) -> list[CrosswalkRow]:
    """`row`, which holds ever, for the years in which none of `others` holds: a row for each gap."""
    gaps, next_year = [], FIRST_EVER
    for first, last in [*sorted(other.years() for other in others), (LAST_EVER + 1, LAST_EVER + 1)]:
        if next_year < first:
            until = None if first > LAST_EVER else first - 1
            since = None if next_year == FIRST_EVER else next_year
            gaps.append(row.model_copy(update={"first_year": since, "last_year": until}))
        next_year = max(next_year, last + 1)
    return gaps


def code_fields() -> list[str]:
    """Canonical columns that carry a partner's code, which a crosswalk may conform."""
    entities = load_entities().values()
    return sorted({n for e in entities for n, c in e.columns.items() if c.type in ("code", "codes")})


def check_crosswalk_row(row: CrosswalkRow) -> str:
    if row.field in code_fields():
        return ". ".join(not_conformed(row.field) or ()) or _unknown(row.field, row.conformed_code)
    return f"'{row.field}' is not a canonical column of codes. {near_miss(row.field, code_fields())}"


def check_cut_score_row(row: CutScoreRow) -> str:
    return _unknown("subject", row.subject) or (
        _unknown("grade_level", row.grade_level) if row.grade_level else ""
    )


def check_area_indicator_row(row: AreaIndicatorRow) -> str:
    """What is wrong with a row whose area or outcome nobody knows, with the next step."""
    if row.outcome not in (known := indicator_ids()):
        return f"no indicator is called '{row.outcome}'. {near_miss(row.outcome, known)}"
    return _unknown("area_type", row.area_type)


def check_target_row(row: TargetRow, neighborhoods: Iterable[str] = ()) -> str:
    """A target of something that nobody counts would stand beside no number, without a word."""
    if row.indicator_id not in (known := indicator_ids()):
        return f"no indicator is called '{row.indicator_id}'. {near_miss(row.indicator_id, known)}"
    if row.disaggregate not in (known := ("all", *DISAGGREGATES, *PAIRS)):
        return f"unknown disaggregate '{row.disaggregate}'. {near_miss(row.disaggregate, known)}"
    if row.subgroup not in (known := subgroups_of(row.disaggregate, neighborhoods)):
        return f"'{row.subgroup}' is no subgroup of '{row.disaggregate}'. {near_miss(row.subgroup, known)}"
    return ""


def _unknown(field: str, code: str) -> str:
    return ". ".join(unknown_code(field, code) or ())


def _header_problems(path: Path, header: list[str], model: type[Row]) -> list[ContractError]:
    known = {name: field.is_required() for name, field in model.model_fields.items()}
    where = f"{path}:1"
    found = [
        ContractError(f"unknown column '{name}'", where=where, next_step=near_miss(name, known))
        for name in header
        if name not in known
    ]
    found += [
        ContractError(f"the column '{name}' is missing", where=where, next_step="Add it to the first line")
        for name, required in known.items()
        if required and name not in header
    ]
    if len(set(header)) < len(header):
        found.append(ContractError("a column is there twice", where=where, next_step="Keep one of them"))
    return found


def _row(header: list[str], cells: list[str], model: type[T]) -> T:
    if len(cells) > len(header) or (len(cells) < len(header) and any(cells[len(header) :])):
        raise ValueError(f"{len(cells)} cells where the first line names {len(header)} columns")
    data = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    fields = model.model_fields
    filled = {name: cell for name, cell in data.items() if cell or fields[name].is_required()}
    try:
        return model.model_validate(filled)
    except ValidationError as error:
        parts = (
            f"'{'.'.join(map(str, e['loc']))}': {message[:1].lower()}{message[1:]}"
            for e in error.errors()
            for message in [e["msg"].removeprefix("Value error, ")]
        )
        raise ValueError("; ".join(parts)) from None


def _overlaps(path: Path, rows: Iterable[tuple[int, T]]) -> list[ContractError]:
    """Two rows for the same thing in the same school year leave open which one holds."""
    seen: dict[tuple[str, ...], list[tuple[int, T]]] = {}
    problems = []
    for line, row in rows:
        first, last = row.years()
        if first > last:
            problems.append(ContractError("first_year is after last_year", where=f"{path}:{line}"))
        for other_line, other in seen.setdefault(row.identity(), []):
            other_first, other_last = other.years()
            if first <= other_last and other_first <= last:
                what = f"the same entry as in line {other_line}, for some of the same school years"
                step = "Keep one, or give them years that do not overlap"
                problems.append(ContractError(what, where=f"{path}:{line}", next_step=step))
                break
        seen[row.identity()].append((line, row))
    return problems
