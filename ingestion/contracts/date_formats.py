"""Which formats of a date a contract may state, and what was probably meant by one that is none."""

import datetime as dt
import re

DAYS_SINCE = re.compile(r"days since (\d{4}-\d{2}-\d{2})")
# what DuckDB's strptime knows; any other letter fails only when the first row is read
_DIRECTIVES = frozenset("abcdfghjmnpuwxyzABGHIMSTUVWXYZ%")
# any one set says day, month and year: two letters of a pair mean the same
_COMPLETE = ("dmY", "jY", "GVu", "x", "c")
_SAME = {"b": "m", "B": "m", "h": "m", "y": "Y"}
# what spreadsheets call them: also of año and Jahr, and of Tag
_SPREADSHEET = {
    **{"[yaj]{3,4}": "%Y", "[yaj]{1,2}": "%y", "[dt]{1,2}": "%d"},
    **{"m{4}": "%B", "m{3}": "%b", "m{1,2}": "%m"},
}
_WORDS = re.compile(r"[A-Za-z]+")
ANY_FORM = "Write it as %d.%m.%Y, in the letters of strptime; or excel; or days since 1960-01-01"


def format_problem(form: str) -> tuple[str, str] | None:
    """What is wrong with a format, and the next step; None for one that says day, month and year."""
    if is_counted(form):
        return None
    letters = re.findall(r"%-?(.?)", form)
    if not letters:
        return f"'{form}' is not a date format", _meant(form)
    unknown = next((letter for letter in letters if letter not in _DIRECTIVES), None)
    if unknown is not None:
        return f"'{form}' is not a date format: %{unknown} stands for nothing", ANY_FORM
    said = {_SAME.get(letter, letter) for letter in letters}
    if any(said >= set(enough) for enough in _COMPLETE):
        return None
    lacking = [name for name, letter in (("day", "d"), ("month", "m"), ("year", "Y")) if letter not in said]
    return (
        f"'{form}' is not a whole date: it lacks the {' and the '.join(lacking or ['day'])}",
        "Complete it, or make the date of other columns with sql:",
    )


def is_counted(form: str) -> bool:
    """Whether a format counts days: an Excel serial, or `days since` a day that exists."""
    since = DAYS_SINCE.fullmatch(form)
    try:
        return form == "excel" or bool(since and dt.date.fromisoformat(since[1]))
    except ValueError:
        return False


def _meant(form: str) -> str:
    """The next step for a text without %: the format it looks like, if that is one."""
    plain = form.strip().lower()
    year = re.fullmatch(r"days since (\d{4})", plain)
    guess = f"days since {year[1]}-01-01" if year else plain if is_counted(plain) else _translated(plain)
    return f"Did you mean {guess}?" if guess and format_problem(guess) is None else ANY_FORM


def _translated(plain: str) -> str:
    """DD/MM/YYYY in the letters of strptime; empty where a word of it is none of a date's."""
    pieces = _WORDS.split(plain)
    words = [
        next((to for pattern, to in _SPREADSHEET.items() if re.fullmatch(pattern, word)), "")
        for word in _WORDS.findall(plain)
    ]
    if not all(words):
        return ""
    return pieces[0] + "".join(word + rest for word, rest in zip(words, pieces[1:], strict=True))
