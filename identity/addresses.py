"""SQL that writes an address in one way, whoever sent it: what is a home's place, and what is its unit."""

from __future__ import annotations

from ingestion.sql_text import literal

# Words that the post office shortens (USPS Publication 28, appendix C1), and numbers of streets.
SHORT = {
    "street": "st", "str": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
    "court": "ct", "place": "pl", "boulevard": "blvd", "circle": "cir", "terrace": "ter", "terr": "ter",
    "parkway": "pkwy", "highway": "hwy", "trail": "trl", "square": "sq", "heights": "hts", "route": "rte",
    "crossing": "xing", "point": "pt", "mount": "mt", "saint": "st", "fort": "ft", "alley": "aly",
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw",
    "southeast": "se", "southwest": "sw", "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th",
    "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
}  # fmt: skip
UNIT = "#"
UNITS = ("apt", "apartment", "unit", "ste", "suite", "rm", "room", "lot", "trlr", "trailer", "spc", "bldg",
         "building", "fl", "floor", "no", "number")  # fmt: skip
# after these a number can only be a unit's; a road, a highway or a route may be called by one
_CLOSED = "(?:st|ave|blvd|dr|ln|ct|pl|way|cir|ter)"
_BOX = r"^(?:(?:p ?o|post office) ?)?box\b|^p ?o ?b\b"


def written_addresses(source: str) -> str:
    """SELECT of address, place, unit for each different `address` of the relation `source`.

    `place` is number and street in one spelling, NULL for what names no place where anyone lives: without a
    number or without a name (`unknown`, `general delivery`), or a post office box. `unit` is '' where none is
    told. A town behind the street is not told from it, so it must be in all accounts or in none.
    """
    return f"""
        with different as (
            select distinct address from {source} where address is not null
        ),
        plain as (
            select address, trim(regexp_replace(regexp_replace(regexp_replace(
                lower(strip_accents(address)), '[.'']', '', 'g'),
                '\\b(apt|unit|ste|lot|rm|spc)(\\d)', '\\1 \\2', 'g'),
                '[^a-z0-9#]+', ' ', 'g')) as text
            from different
        ),
        worded as (
            select address, regexp_replace(array_to_string(list_transform(
                string_split(replace(text, '#', ' # '), ' ').list_filter(lambda word: word <> ''),
                lambda word, place: case
                    -- a street may be called so: a unit comes after a number and a name
                    when place > 2 and word in ({", ".join(map(literal, UNITS))}) then '{UNIT}'
                    else {_shortened("word")}
                end), ' '), '#( #)+', '#', 'g') as text
            from plain
        ),
        split as (
            select address, regexp_replace(
                text, '^([^#]* {_CLOSED}(?: [nsew]{{1,2}})?) (\\d+ ?[a-z]?)$', '\\1 # \\2') as text
            from worded
        ),
        parts as (
            select address, trim(split_part(text, '#', 1)) as place,
                regexp_replace(substr(text, length(split_part(text, '#', 1)) + 1), '[# ]', '', 'g') as unit
            from split
        )
        select address, unit,
            case when regexp_matches(place, '[0-9]') and regexp_matches(place, '[a-z]')
                and not regexp_matches(place, '{_BOX}') then place end as place
        from parts
    """


def _shortened(word: str) -> str:
    """SQL of a word as the post office writes it; a MAP in its place takes seventy times as long."""
    cases = " ".join(f"when {literal(long)} then {literal(short)}" for long, short in SHORT.items())
    return f"case {word} {cases} else {word} end"
