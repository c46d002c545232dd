"""SQL that parses text into a canonical type: NULL where the text does not say what the type needs."""

import re
from collections.abc import Sequence

from ingestion.contracts.columns import Column
from ingestion.contracts.date_formats import DAYS_SINCE
from ingestion.contracts.entities import SQL_TYPES
from ingestion.sql_text import literal

SCHOOL_YEAR_BEGINS = 7  # July
# types whose text may be there and still not parse
FALLIBLE_TYPES = frozenset({"integer", "decimal", "date", "boolean"})
# Excel's days before March 1900 are off by one (it has a 29 February 1900), and no child was born then
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_958_465


def parsed(text: str, column: Column) -> str:
    """The expression that gives `text` (an SQL expression, trimmed, NULL where missing) the column's type.

    Integers may be written 12, +12, 012 and 12.0, never 12.5 or 1,234; decimals are kept to four places;
    thousands separators and percent signs are left to an `sql:` of the contract. ISO dates always parse,
    beside the declared formats, which are tried in their order; a year before 1800 is a two-digit year read
    by %Y and does not parse.
    """
    match column.type:
        case "integer":
            is_whole = f"regexp_full_match({text}, '[+-]?[0-9]+(\\.0*)?')"
            return f"case when {is_whole} then try_cast({text} as bigint) end"
        case "decimal":
            return f"case when not contains({text}, '_') then try_cast({text} as {SQL_TYPES['decimal']}) end"
        case "date":
            return _date(text, column.formats)
        case "boolean":
            return _boolean(text, column.true_values, column.false_values)
        case "codes":
            return _codes(text, column.separator)
    return text


def _date(text: str, formats: Sequence[str]) -> str:
    patterns = [form for form in formats if "%" in form]
    attempts = []
    if patterns:
        listed = ", ".join(map(literal, patterns))
        attempts.append(f"try_strptime({text}, [{listed}])::date")
    attempts += [_counted_days(text, form) for form in formats if "%" not in form]
    attempts.append(f"try_cast({text} as date)")
    date = attempts[0] if len(attempts) == 1 else f"coalesce({', '.join(attempts)})"
    # DuckDB reads the words 'epoch' and 'infinity' as dates, so a date needs a digit
    return (
        f"case when ({date}) between date '1800-01-01' and date '9999-12-31'"
        f" and {text} not in ('epoch', 'infinity', '-infinity') then {date} end"
    )


def _counted_days(text: str, form: str) -> str:
    """A date given as a number of days: an Excel serial, or `days since YYYY-MM-DD` as statistics programs
    write."""
    number = f"try_cast(floor(try_cast({text} as double)) as integer)"
    if form == "excel":
        return (
            f"case when {number} between {_FIRST_SERIAL} and {_LAST_SERIAL}"
            f" then date '1899-12-30' + {number} end"
        )
    since = DAYS_SINCE.fullmatch(form)
    assert since, "a contract with another format is refused when it is read"
    return f"case when abs({number}) < 200000 then date '{since[1]}' + {number} end"


def _boolean(text: str, true_values: Sequence[str], false_values: Sequence[str]) -> str:
    true, false = (
        ", ".join(literal(v.strip().lower()) for v in values) for values in (true_values, false_values)
    )
    return f"case when lower({text}) in ({true}) then true when lower({text}) in ({false}) then false end"


def _codes(text: str, separator: str) -> str:
    """Codes joined by ';'. Taking lists apart costs ten times a replacement, so only untidy text goes that
    way."""
    split = literal(separator)
    untidy = rf"(\s|^|{re.escape(separator)}){re.escape(separator)}|{re.escape(separator)}(\s|$)"
    tidied = (
        f"nullif(array_to_string(list_filter(list_transform(string_split({text}, {split}),"
        f" lambda code: trim(code)), lambda code: code <> ''), ';'), '')"
    )
    return (
        f"case when not contains({text}, {split}) then {text}"
        f" when regexp_matches({text}, {literal(untidy)}) then {tidied}"
        f" else replace({text}, {split}, ';') end"
    )


def school_year(text: str) -> str:
    """The year a school year ends in, of 2025, 2024-25, 2024-2025, 2024_25, 2024/25 and 202425; else NULL."""
    digits = f"regexp_replace({text}, '\\s*[-_/–]?\\s*', '', 'g')"
    shape = "^\\s*(1[9]|2[0-9])[0-9]{2}\\s*([-_/–]?\\s*([0-9]{4}|[0-9]{2}))?\\s*$"
    first = f"try_cast({digits}[1:4] as integer)"
    rest = f"{digits}[5:]"
    return (
        f"case when not regexp_matches({text}, '{shape}') then null"
        f" when {rest} = '' then {first}"
        f" when {rest} in (({first} + 1)::varchar, right(({first} + 1)::varchar, 2)) then {first} + 1 end"
    )
