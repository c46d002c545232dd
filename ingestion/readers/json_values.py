"""What a key of a JSON object gives as a column's text: SQL that parses each object once for all its keys."""

from collections.abc import Sequence

from ingestion.sql_text import literal

# what a value is for a column; the last two are none, and stay JSON text for an `sql:` of the contract
PLAIN, FLAT_LIST, WITH_COMMA, DEEP = range(4)


def columns_sql(source: str, keys: Sequence[str], columns: Sequence[str], plain: Sequence[int]) -> str:
    """A select over `source` (text, _row_number and others): `columns` with the values of `keys`, and
    `deep_place`.

    `deep_place` is the first of the places in `plain` (from 1) whose value is none for a column: a nested
    one, or below zero a list with a comma in a value.
    """
    # All keys at once: an extraction for each parses every object again, which takes twice as long. Asking
    # for the types besides would parse it once more; the first letter of a value's JSON tells them.
    pointers = "[" + ", ".join(map(pointer, keys)) + "]"
    places = range(1, len(keys) + 1)
    forms = ", ".join(f"{_form_sql(place)} as form{place}" for place in places)
    values = ", ".join(f"{_value_sql(p)} as {column}" for p, column in zip(places, columns, strict=True))
    whens = " ".join(
        f"when form{place} = {DEEP} then {place} when form{place} = {WITH_COMMA} then -{place}"
        for place in plain
    )
    deep_place = f"case {whens} end" if whens else "null"
    return (
        f"select {values}, {deep_place} as deep_place, * exclude (texts,"
        f" {', '.join(f'form{place}' for place in places)}) from (select *, {forms} from ("
        f"select json_extract(text, {pointers})::varchar[] as texts, * exclude (text) from {source}))"
    )


def pointer(key: str) -> str:
    """The JSON pointer to a key of an object, as an SQL literal."""
    return literal("/" + key.replace("~", "~0").replace("/", "~1"))


def _form_sql(place: int) -> str:
    text = f"texts[{place}]"
    # the first value of nearly every list tells: looking through all of them costs as much as reading them
    starts_deep = f"starts_with({text}, '[{{') or starts_with({text}, '[[')"
    return (
        f"case when starts_with({text}, '{{') then {DEEP}"
        f" when starts_with({text}, '[') is not true then {PLAIN}"
        f" when {starts_deep} then {DEEP} when {_holds_deeper_sql(text)} then {DEEP}"
        f" when {_has_comma_sql(text)} then {WITH_COMMA} else {FLAT_LIST} end"
    )


def _value_sql(place: int) -> str:
    # what stands between the quotes of a text without a backslash is the text; asking for the first letter
    # before the form spares all but lists a third of the time
    text = f"texts[{place}]"
    between_quotes = f"substring({text}, 2, length({text}) - 2)"  # trim takes twice as long
    unquoted = (
        f"case when contains({text}, '\\') then json_extract_string({text}, '$') else {between_quotes} end"
    )
    values = f"json_extract_string({text}, '$[*]')"
    with_nulls = f"list_transform({values}, lambda x: coalesce(x, ''))"
    joined = f"array_to_string(case when contains({text}, 'null') then {with_nulls} else {values} end, ',')"
    return (
        f"case when starts_with({text}, '\"') then {unquoted}"
        f" when starts_with({text}, '[') then case form{place} when {FLAT_LIST} then {joined} else {text} end"
        f" when {text} <> 'null' then {text} end"
    )


def _holds_deeper_sql(text: str) -> str:
    """Whether a list holds objects or lists."""
    # a list without a further bracket is flat, which spares nearly all of them a second look
    may_be = f"regexp_matches({text}[2:], '[\\[{{]')"
    inner = f"list_transform(json_extract({text}, '$[*]'), lambda x: json_type(x))"
    return f"(case when {may_be} then list_has_any({inner}, ['OBJECT', 'ARRAY']) else false end)"


def _has_comma_sql(text: str) -> str:
    """Whether a flat list has more commas than those between its values: joined it would read as more."""
    commas = f"len({text}) - len(replace({text}, ',', ''))"
    return f"{commas} > greatest(json_array_length({text})::bigint - 1, 0)"
