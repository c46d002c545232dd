"""The parts a contract is made of: columns, gate rules, how to read, how to unpivot."""

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ingestion.contracts.entities import ColumnType, Pii
from ingestion.contracts.unpivot import Unpivot as Unpivot
from ingestion.yaml_file import Identifier, Strict, Text, Texts, as_written

Severity = Literal["quarantine", "reject", "warn"]
Bound = int | float | dt.date | None
SourceFormat = Literal["csv", "tsv", "fixed_width", "xlsx", "parquet", "json", "ndjson", "xml"]
ConformedCode = Annotated[
    str, BeforeValidator(as_written), StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")
]
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
    `roster` says of a file of persons whether the partner's other files of the year are of these children: of
    a file that stands for itself it is assumed, of a standard's or product's it is not.
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
    roster: bool | None = None
