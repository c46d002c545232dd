"""School years as partners write them, and file patterns with {school_year} and {collection} in them."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

YEAR_FORMS = "2025, 2024-25, 2024-2025 or 202425"
PLACEHOLDERS = {
    # 2024-25, 2024_2025, 202425, 2025: read by parse_school_year, which refuses what is not one year
    "school_year": r"(?P<school_year>\d{4}[-_/–]?\d{4}|\d{4}[-_/–]?\d{2}|\d{4})",
    "collection": r"(?P<collection>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)",
}


@dataclass(frozen=True)
class Match:
    """What a file's name says: the pattern that fits, and year and collection where it carries them."""

    pattern: str
    school_year: int | None = None
    collection: str | None = None


def parse_school_year(text: str) -> int | None:
    """The year a school year ends in: 2025 for '2025', '2024-25', '2024_2025', '202425'; else None."""
    found = re.fullmatch(r"\s*(\d{4})\s*(?:[-_/–]?\s*(\d{4}|\d{2}))?\s*", text)
    if not found:
        return None
    first, second = int(found[1]), found[2]
    if not 1900 <= first <= 2999:
        return None
    if second is None:
        return first
    last = first + 1
    return last if second in (str(last), f"{last % 100:02d}") else None


def with_century(file_name: str) -> list[str]:
    """The name with each of its two-digit years written out: `att_2024-25.csv` of `att_24-25.csv`."""
    years = re.finditer(r"(?<!\d)\d\d(?:[-_]?\d\d)?(?!\d)", file_name)
    return [f"{file_name[: year.start()]}20{file_name[year.start() :]}" for year in years]


def unknown_placeholders(pattern: str) -> list[str]:
    """Names in braces that are no placeholder."""
    return [name for name in re.findall(r"\{([^{}]*)\}", pattern) if name not in PLACEHOLDERS]


def match_pattern(pattern: str, file_name: str) -> Match | None:
    """Match a file's name, or its path below the inbox, without regard to case.

    A pattern without a slash looks at the name alone; one with slashes at as many trailing folders as it has.
    An accent may be part of its letter or, as macOS writes names, follow it.
    """
    depth = pattern.count("/") + 1
    tail = "/".join(file_name.replace("\\", "/").split("/")[-depth:])
    found = _compiled(pattern).fullmatch(unicodedata.normalize("NFC", tail))
    if not found:
        return None
    parts = found.groupdict()
    school_year = parse_school_year(parts["school_year"]) if parts.get("school_year") else None
    if parts.get("school_year") and school_year is None:
        return None
    collection = parts.get("collection")
    return Match(pattern, school_year, collection.lower() if collection else None)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression: * and ? stay within a name, a placeholder used twice repeats."""
    regex, seen = "", set()
    for piece in re.split(r"(\{[^{}]*\}|\*|\?)", unicodedata.normalize("NFC", pattern)):
        name = piece[1:-1] if piece.startswith("{") else ""
        if name in PLACEHOLDERS:
            regex += f"(?P={name})" if name in seen else PLACEHOLDERS[name]
            seen.add(name)
        else:
            regex += {"*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece))
    return re.compile(regex, re.IGNORECASE)
