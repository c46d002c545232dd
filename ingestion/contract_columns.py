"""The parts a contract is made of: columns, gate rules, how to read, how to unpivot."""

import datetime as dt
import re
from collections.abc import Iterable
from functools import cached_property
from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ingestion.entities import ColumnType, Pii
from ingestion.yaml_file import Identifier, Strict, Text, Texts, as_written

Severity = Literal["quarantine", "reject", "warn"]
Bound = int | float | dt.date | None
SourceFormat = Literal["csv", "tsv", "fixed_width", "xlsx", "parquet", "json", "ndjson", "xml"]
ConformedCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")]
ExpectationName = Annotated[str, StringConstraints(pattern=r"^expect_[a-z_]+$")]

# what names the records of a file, by its format
RECORDS = {
    "json": r"\$(\[\*\]|\.[\w-]+|\.\"[^\"]+\")+",
    "ndjson": r"[A-Za-z]+",
    "xml": r"[^\W\d][\w.-]*",
}
TRUE_VALUES = ("Y", "1", "true", "yes", "T")
FALSE_VALUES = ("N", "0", "false", "no", "F")


class Origin(Strict):
    """Where a value comes from: a header out of `headers`, an expression over headers, or a constant."""

    headers: Texts = Field(default=(), alias="from")
    sql: str | None = None
    value: Text | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if [bool(self.headers), self.sql is not None, self.value is not None].count(True) != 1:
            raise ValueError("give exactly one of from, sql and value")
        return self


class YearOrigin(Origin):
    """Where a school year comes from; with `formats` the text is a day in it."""

    formats: Texts = Field(default=(), alias="format")


class Column(Origin):
    """How one canonical column is filled and what must hold for it.

    `type`, `pii`, `required` and `between` are filled from the entity when a contract is loaded; `type` says
    only how the text is parsed. `formats` are strptime formats, "excel", or "days since YYYY-MM-DD". `codes`
    adds to the partner's crosswalk, for all school years: partner code -> conformed code.
    """

    type: ColumnType | None = None
    formats: Texts = Field(default=(), alias="format")
    required: bool = False
    between: tuple[Bound, Bound] | None = None
    allowed: Texts = Field(default=(), alias="in")
    true_values: Texts = Field(default=TRUE_VALUES, alias="true")
    false_values: Texts = Field(default=FALSE_VALUES, alias="false")
    codes: dict[Text, ConformedCode] = Field(default_factory=dict)
    separator: Text = ","
    pii: Pii | None = None
    severity: Severity = "quarantine"


def _named_as_written(value: object) -> object:
    """A list of labels is a mapping of each to itself."""
    return {as_written(label): [label] for label in value} if isinstance(value, list) else value


def _gate_rule(value: object) -> object:
    """`{expect_x: {...}, severity: warn}` as the fields of a GateRule."""
    if not isinstance(value, dict):
        return value
    fields = {"severity", "explanation", "how_to_fix"}
    names = [key for key in value if key not in fields]
    if len(names) != 1:
        raise ValueError(
            "a rule is one expectation with its arguments, and beside it severity, explanation, how_to_fix"
        )
    arguments = value[names[0]]
    if not isinstance(arguments, dict | None):
        raise ValueError("the arguments of an expectation are a mapping: {column: ...}")
    rest = {key: value[key] for key in value if key in fields}
    return {"expectation": names[0], "arguments": _unmarked(arguments or {}), **rest}


def _unmarked(value: Any) -> Any:
    """Numbers as plain int and float again: what they looked like in the file matters for codes only."""
    if isinstance(value, dict):
        return {key: _unmarked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unmarked(inner) for inner in value]
    if isinstance(value, bool):
        return value
    return int(value) if isinstance(value, int) else float(value) if isinstance(value, float) else value


class GateRule(Strict):
    """One expectation of Great Expectations with its arguments, and what follows when it does not hold."""

    expectation: ExpectationName
    arguments: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "quarantine"
    explanation: str | None = None
    how_to_fix: str | None = None


GateRules = tuple[Annotated[GateRule, BeforeValidator(_gate_rule)], ...]


class Reader(Strict):
    """How the bytes of a file become rows; everything has a default by the file's suffix.

    With `header_has` the header row is the first that has these headers, wherever it stands.

    `record` says which parts of a file are its records: the name of an element of XML, the path of objects in
    a document of JSON, the resourceType of FHIR's lines. `lists` are elements of XML that are lists even
    where they stand once.
    """

    format: SourceFormat | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=4)] | None = None
    encoding: str | None = None
    quote: Annotated[str, StringConstraints(max_length=1)] | None = None
    skip_rows: int = Field(default=0, ge=0)
    header_rows: Literal[1, 2] = 1
    header_has: Texts = ()
    footer: str | None = None
    widths: dict[Text, tuple[int, int]] = Field(default_factory=dict)
    record: Text | None = None
    lists: Texts = ()

    @model_validator(mode="after")
    def _widths_for_fixed_width(self) -> Self:
        if (self.format == "fixed_width") != bool(self.widths):
            raise ValueError("format fixed_width and widths {header: [start, length]} belong together")
        if any(start < 1 or length < 1 for start, length in self.widths.values()):
            raise ValueError("widths are [start, length], and start counts from 1")
        return self

    @model_validator(mode="after")
    def _record_of_its_format(self) -> Self:
        if self.lists and self.format not in (None, "xml"):
            raise ValueError("lists are elements of XML")
        if self.record is None:
            return self
        forms = [RECORDS[form] for form in RECORDS if self.format in (None, form)]
        if not forms:
            raise ValueError("record belongs to the formats json, ndjson and xml")
        if not any(re.fullmatch(form, self.record) for form in forms):
            raise ValueError(
                "record is the name of an element of XML without its prefix, a path of JSON such as"
                " $.services[*], or a resourceType of FHIR"
            )
        return self


class Rows(Strict):
    """Which rows of the source belong to the extract: those for which `where` is true.

    `distinct` keeps the first of rows that are equal in every column taken: schools read off a list of
    students.
    """

    where: str | None = None
    distinct: bool = False


class Unpivot(Strict):
    """Repeated columns made into rows: `name` gets the repeat's name, a column of `into` its header's value.

    Example: {name: season, into: {score: {fall: FallScore, spring: SpringScore}}} makes two rows of each row,
    with the source columns `season` ('fall', 'spring') and `score`; other columns then say `from: [score]`.
    Where headers are made of several parts, `each` lists the parts and `into` has headers with the parts'
    names in braces: {each: {season: [Fall, Spring], skill: {letters: [Letter Names, Letters]}}, into: {score:
    "{season} {skill} Score"}} reads `Fall Letters Score` into a row of the season Fall and the skill letters.
    Repeats whose values are all missing make no row.

    Where the headers follow a rule, `like` stands for `into`: a regular expression for each column, whose
    first group is the repeat's name. {name: variable, like: {estimate: '(B.+)E', margin: '(B.+)M'}} takes
    every such header that a file has. A file must have a header for each column but those of `optional`.
    """

    name: Identifier | None = None
    each: dict[Identifier, Annotated[dict[Text, Texts], BeforeValidator(_named_as_written)]] = Field(
        default_factory=dict
    )
    into: dict[Identifier, Annotated[dict[Text, Texts] | Texts, Field(union_mode="left_to_right")]] = Field(
        default_factory=dict
    )
    like: dict[Identifier, Text] = Field(default_factory=dict)
    optional: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _into_or_like(self) -> Self:
        if bool(self.into) == bool(self.like):
            raise ValueError("give exactly one of into and like")
        for pattern in self.like.values():
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                raise ValueError(f"like is not a regular expression ({error})") from None
            if not groups:
                raise ValueError("like has a group in brackets for the name of the repeat")
        return self

    @model_validator(mode="after")
    def _same_repeats(self) -> Self:
        if bool(self.name) == bool(self.each):
            raise ValueError("give one of name and each")
        if any(isinstance(headers, dict) == bool(self.each) for headers in self.into.values()):
            raise ValueError("with each, into has headers with the parts in braces; else a header by repeat")
        repeats = [set(by_repeat) for by_repeat in self.by_repeat.values()]
        if self.into and (not repeats[0] or any(names != repeats[0] for names in repeats)):
            raise ValueError("every column of into names a header for the same repeats")
        if {self.name, *self.each} & {*self.into, *self.like}:
            raise ValueError("name and the columns of into must differ")
        return self

    @cached_property
    def by_repeat(self) -> dict[str, dict[tuple[str, ...], tuple[str, ...]]]:
        """Column of `into` -> what `labels` are in a repeat -> the headers it may have, best first."""
        if self.name:
            return {
                column: {(repeat,): headers for repeat, headers in one.items()}
                for column, one in self.into.items()
                if isinstance(one, dict)
            }
        parts = [[(name, label, ways) for label, ways in one.items()] for name, one in self.each.items()]
        return {
            column: {
                tuple(label for _, label, _ in repeat): _headers_of(repeat, templates)
                for repeat in product(*parts)
            }
            for column, templates in self.into.items()
            if not isinstance(templates, dict)
        }

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns that say which repeat a row is."""
        return (self.name,) if self.name else tuple(self.each)

    @property
    def made(self) -> tuple[str, ...]:
        """Every column that unpivoting makes."""
        return (*self.labels, *self.into, *self.like)

    @property
    def repeats(self) -> tuple[tuple[str, ...], ...]:
        return tuple(next(iter(self.by_repeat.values()), ()))

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header of the file that is taken up by a repeat and is known by name."""
        return tuple(
            h for repeats in self.by_repeat.values() for headers in repeats.values() for h in headers
        )

    def over(self, headers: Iterable[str]) -> "Unpivot":
        """The same with the headers that a file has in the place of `like`."""
        if not self.like:
            return self
        found: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in self.like}
        for header in headers:
            for name, pattern in self.like.items():
                if match := re.fullmatch(pattern, header.strip(), re.IGNORECASE):
                    found[name][match[1]] = (header,)
        repeats = dict.fromkeys(repeat for by_repeat in found.values() for repeat in by_repeat)
        into: dict[str, dict[str, tuple[str, ...]] | tuple[str, ...]] = {
            name: {repeat: found[name].get(repeat, ()) for repeat in repeats} for name in self.like
        }
        return type(self).model_construct(name=self.name, optional=self.optional, into=into)


def _headers_of(
    repeat: tuple[tuple[str, str, tuple[str, ...]], ...], templates: tuple[str, ...]
) -> tuple[str, ...]:
    """The headers of one repeat: each template with each way to write each part."""
    ways = product(*([(name, way) for way in written] for name, _, written in repeat))
    filled = [_filled(template, dict(way)) for template, way in product(templates, ways)]
    return tuple(dict.fromkeys(filled))


def _filled(template: str, parts: dict[str, str]) -> str:
    for name, way in parts.items():
        template = template.replace(f"{{{name}}}", way)
    return template


class Tolerance(Strict):
    """What may be amiss with a delivery that is accepted all the same.

    `quarantined` is the share of rows that may be held back, `year_over_year` the change of the number of
    rows since the year before. With `empty`, a file of headers alone is a report that nothing happened.
    """

    quarantined: float = Field(default=0.02, ge=0, le=1)
    year_over_year: float = Field(default=0.30, ge=0)
    empty: bool = False


class Body(Strict):
    """What a contract says of one extract beside who sends it and how its files are called.

    `headers` are other spellings of a header: the name by which the contract calls it -> what files call it.
    With `loose_headers` a header counts by its letters and digits alone (`Student_ID` is `Student ID`).
    `optional` are headers that an expression uses and a file may lack; they are NULL then.
    """

    member: str | None = None
    sheet: Text | None = None
    reader: Reader = Reader()
    missing: Texts = ("",)
    key: tuple[Identifier, ...] = ()
    columns: dict[Identifier, Column] = Field(default_factory=dict)
    headers: dict[Text, Texts] = Field(default_factory=dict)
    loose_headers: bool = False
    optional: Texts = ()
    ignore: Texts = ()
    rows: Rows | None = None
    unpivot: Unpivot | None = None
    school_year: YearOrigin | None = None
    collection: Origin | None = None
    gate: GateRules = ()
    tolerance: Tolerance = Tolerance()
