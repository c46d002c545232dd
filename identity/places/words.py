"""Names and addresses as the words they mean, in SQL: one spelling for what people write in several ways."""

from ingestion.sql_text import literal

# both sides are written the same way, so it does not matter that "St" is a saint here and a street there
SPELLINGS = {
    # schools
    "elementary": ("elem", "es", "elementry", "elemen"),
    "middle": ("ms", "mid", "intermediate"),
    "high": ("hs",),
    "junior": ("jr",),
    "senior": ("sr",),
    "academy": ("acad", "acdmy"),
    "preparatory": ("prep",),
    "international": ("intl", "int'l"),
    "university": ("univ",),
    "prek": ("prekindergarten", "preschool", "prekinder"),
    "kindergarten": ("kg", "kdg"),
    "district": ("dist",),
    # services
    "center": ("ctr", "cntr", "centre", "cent"),
    "community": ("comm", "cmty", "comty"),
    "department": ("dept",),
    "association": ("assn", "assoc"),
    "service": ("services", "svc", "svcs", "serv"),
    "program": ("programs", "prog", "pgm"),
    "hospital": ("hosp",),
    "health": ("hlth",),
    "medical": ("med",),
    "building": ("bldg",),
    "children": ("childrens", "child"),
    "family": ("families",),
    "shelter": ("shelters",),
    "county": ("cnty",),
    # persons after whom places are called
    "martin luther king": ("mlk",),
    "john f kennedy": ("jfk",),
    # ways and places
    "st": ("saint", "street", "str"),
    "mt": ("mount", "mountain"),
    "ft": ("fort",),
    "ave": ("avenue", "av"),
    "blvd": ("boulevard",),
    "rd": ("road",),
    "dr": ("drive", "doctor"),
    "ln": ("lane",),
    "ct": ("court",),
    "pl": ("place",),
    "hwy": ("highway",),
    "pkwy": ("parkway",),
    "sq": ("square",),
    "ter": ("terrace",),
    "cir": ("circle",),
    "n": ("north",),
    "s": ("south",),
    "e": ("east",),
    "w": ("west",),
    "ne": ("northeast",),
    "nw": ("northwest",),
    "se": ("southeast",),
    "sw": ("southwest",),
    "1st": ("first",),
    "2nd": ("second",),
    "3rd": ("third",),
    "4th": ("fourth",),
    "5th": ("fifth",),
}
# said of many places or of none: two names that differ in these only are the same name
SILENT = (
    "the|of|and|at|for|in|on|to|by|a|school|schools|sch|schl|inc|llc|corp|ltd|nfp|incorporated|corporation"
)
# tell what a place is and not which one: no two names are alike by these
COMMON = (
    "elementary|middle|high|junior|senior|academy|preparatory|prek|kindergarten|primary|charter|public|unified|"
    "district|independent|consolidated|city|county|state|center|community|department|association|service|"
    "program|system|network|group|hospital|health|medical|clinic|care|building|children|family|youth|kids|"
    "shelter|house|housing|site|location|office|main|branch|campus|after|afterschool|before|day|night|early|"
    "learning|head|start|club|food|pantry|library|church|new|n|s|e|w|st"
)
# hosts where everybody may be
EVERYBODYS = (
    "gmail|yahoo|hotmail|outlook|aol|icloud|comcast|facebook|instagram|google|wixsite|weebly|wordpress|"
    "squarespace|blogspot|linktr|godaddysites|sbcglobal|att|msn|verizon"
)
UNIT = r"[,\s]+(suite|ste|apt|apartment|unit|floor|fl|room|rm|bldg|building|#)\b?.*$"


def words(text: str) -> str:
    """SQL: the list of words of a name or an address, each in its one spelling, without the silent ones.

    NULL where there is none: `P.S. 12 St. Mary's Elem. Sch.` is [ps, 12, st, marys, elementary].
    """
    plain = f"regexp_replace(strip_accents(lower({text})), '[.''’`]', '', 'g')"
    found = f"regexp_extract_all(regexp_replace({plain}, 'pre[- ]k\\b', 'prek', 'g'), '[a-z0-9]+')"
    spelled = f"list_transform({found}, lambda word: coalesce({_spellings()}[word], word))"
    kept = f"list_filter({spelled}, lambda word: not regexp_full_match(word, '{SILENT}'))"
    return f"case when len({kept}) > 0 then string_split(array_to_string({kept}, ' '), ' ') end"


def telling_words(listed: str) -> str:
    """SQL: of a list of words, those that say which place it is, in order; numbers are none of them."""
    test = f"not regexp_full_match(word, '{COMMON}|[0-9]+')"
    return f"list_sort(list_distinct(list_filter({listed}, lambda word: {test})))"


def numbers(listed: str) -> str:
    """SQL: the numbers of a list of words, in order: site 1 is not site 2."""
    test = "regexp_full_match(word, '[0-9]+(st|nd|rd|th)?')"
    return f"list_sort(list_distinct(list_filter({listed}, lambda word: {test})))"


def school_level(listed: str) -> str:
    """SQL: elementary, middle or high where the words say one of them, else NULL.

    Junior high is NULL: `King Jr. High` may be the high school of the man or a junior high.
    """
    has = {word: f"list_contains({listed}, '{word}')" for word in ("elementary", "middle", "junior", "high")}
    said = {
        "elementary": has["elementary"],
        "middle": f"({has['middle']} or {has['junior']})",
        "high": has["high"],
    }
    cases = "".join(
        f" when {test} and not {' and not '.join(other for name, other in said.items() if name != level)}"
        f" then '{level}'"
        for level, test in said.items()
    )
    return f"case{cases} end"


def address(street_address: str) -> str:
    """SQL: house number and street in one spelling, without floor or suite; NULL where no number leads it."""
    street = f"regexp_replace(lower({street_address}), '{UNIT}', '')"
    return f"""case
        when regexp_matches(trim({street}), '^[0-9]+[a-z]?[ -]+[a-z0-9]')
            then array_to_string({words(street)}, ' ')
    end"""


def zip_code(text: str) -> str:
    """SQL: the five digits of a ZIP code, or NULL."""
    return f"nullif(regexp_extract({text}, '^\\s*([0-9]{{5}})', 1), '')"


def digits(text: str) -> str:
    """SQL: the digits of a text, or NULL where there is none."""
    return f"nullif(regexp_replace({text}, '[^0-9]', '', 'g'), '')"


def domain(text: str) -> str:
    """SQL: the name of the host of a web or e-mail address, or NULL; one where everybody may be is none."""
    host = r"^\s*(?:https?://)?(?:[^@/]*@)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)"
    name = f"regexp_extract(lower({text}), '{host}', 1)"
    everybodys = rf"regexp_matches({name}, '(^|\.)({EVERYBODYS})\.')"
    return f"case when not {everybodys} then nullif({name}, '') end"


def _spellings() -> str:
    pairs = ", ".join(
        f"{literal(written)}: {literal(meant)}" for meant, ways in SPELLINGS.items() for written in ways
    )
    return f"map {{{pairs}}}"
