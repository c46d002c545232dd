"""SQL functions that a contract's expressions may call beside DuckDB's own: numbers as public tables print
them, codes as Ed-Fi writes them, elements of FHIR.

`shown_number(text)` is the number without %, $ and thousands separators, NULL where a marker or a band stands
in its place, and any other text as it is, so that the column's type refuses it. `hidden_marker(text)` is the
marker or band as sent, NULL where a number stands. `least_of(text)` and `most_of(text)` are the ends of a
band: `<5` is at most 5, `10-20%` from 10 to 20, `250,000+` at least 250000.

`descriptor_code(text)` is the code value of an Ed-Fi descriptor, written `uri://ed-fi.org/SexDescriptor#Male`
(data standards 3 and later), as an element CodeValue, or alone (2); `descriptor_codes(list)` those of a list,
joined by semicolons. `values_of(text)` is the list of plain values that a key of JSON or an element of XML
gives, which come joined by commas, or as JSON where one has a comma itself.

`hashed_id(text)` is the hash of a national id behind the name of its method (`sha256:`, `sha1:`, by its
length), and NULL for everything else: a number that was not hashed goes nowhere.
"""

import re

import duckdb

from ingestion.contracts.fhir_functions import FHIR_FUNCTIONS
from ingestion.sql_text import literal

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
_PLAIN = rf"[-+]?\$?(?:{_NUMBER})\s*%?"
_UP_TO = rf"(?:n\s*)?(?:<=?|≤|less than|fewer than)\s*\$?({_NUMBER})\s*%?"
_FROM = rf"(?:n\s*)?(?:>=?|≥|more than|greater than)\s*\$?({_NUMBER})\s*%?"
_AND_LESS, _AND_MORE = rf"({_NUMBER})(?:-| or less| or fewer)", rf"({_NUMBER})(?:\+| or more)"
_RANGE = rf"\$?({_NUMBER})\s*%?\s*(?:-|–|to)\s*\$?({_NUMBER})\s*%?"
# stars, dashes; what states write for suppressed and protected, what the Census and KIDS COUNT write; words
_MARKER = (
    r"\*+|[-–—]+|\(?(?:s|ds|ps|ns|x|n)\)?|n/?d|n\.?/?a\.?|lne"
    r"|(?:data )?(?:suppressed|redacted|masked|not available|not applicable)"
)
# the Census Bureau's numbers for "there is no number", by the reason
_ANNOTATION = r"-(?:2{9}|3{9}|5{9}|6{9}|8{9}|9{9})(?:\.0*)?"
_BANDS = (_UP_TO, _FROM, _AND_LESS, _AND_MORE, _RANGE)


def _is(*patterns: str) -> str:
    return f"regexp_full_match(lower(t), {literal('|'.join(f'(?:{pattern})' for pattern in patterns))})"


def _end(pattern: str, group: int = 1) -> str:
    """The number in a band of this form, NULL where the text is none."""
    found = f"regexp_extract(lower(t), {literal(f'^(?:{pattern})$')}, {group})"
    return f"nullif(replace({found}, ',', ''), '')"


_HIDDEN = f"({_is(_MARKER, _ANNOTATION, *_BANDS)})"
_OF_NUMBERS: dict[str, str] = {
    "hidden_marker": f"case when {_HIDDEN} then t end",
    "shown_number": (
        f"case when {_HIDDEN} then null when {_is(_PLAIN)}"
        r" then regexp_replace(t, '[$,%\s]', '', 'g') else t end"
    ),
    "least_of": f"coalesce({_end(_FROM)}, {_end(_AND_MORE)}, {_end(_RANGE)})",
    "descriptor_code": (
        "case when starts_with(t, '{') and json_valid(t) then json_extract_string(t, '$.CodeValue')"
        " else regexp_replace(t, '^uri://[^#]*#', '') end"
    ),
    "descriptor_codes": "list_aggregate(list_transform(t, lambda x: descriptor_code(x)), 'string_agg', ';')",
    "values_of": (
        "case when starts_with(t, '[') and json_valid(t) then json_extract_string(t, '$[*]')"
        " else string_split(t, ',') end"
    ),
    "hashed_id": (
        "case when regexp_full_match(trim(t), '(?i)[0-9a-f]{64}') then 'sha256:' || lower(trim(t))"
        " when regexp_full_match(trim(t), '(?i)[0-9a-f]{40}') then 'sha1:' || lower(trim(t)) end"
    ),
    "most_of": f"coalesce({_end(_UP_TO)}, {_end(_AND_LESS)}, {_end(_RANGE, 2)})",
}

# name -> (parameters, expression)
SQL_FUNCTIONS = {name: ("t", text) for name, text in _OF_NUMBERS.items()} | FHIR_FUNCTIONS


_NAMED = re.compile("|".join(SQL_FUNCTIONS), re.IGNORECASE)


def define_sql_functions(con: duckdb.DuckDBPyConnection, query: str | None = None) -> None:
    """Make the functions known to a connection; done again it changes nothing.

    Of a `query` that names none of them, as of most contracts, nothing is made: all of them take 0.01 s.
    """
    if query is not None and not _NAMED.search(query):
        return
    for name, (parameters, expression) in SQL_FUNCTIONS.items():
        con.execute(f"create or replace temp macro {name}({parameters}) as ({expression})")
