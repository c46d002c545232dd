"""What is compared, in which named levels, and how much each level says where nothing was learned from data.

A level's Bayes factor is m / u: its share among pairs of one child over its share among pairs of two. The
defaults are round numbers between what EM learned on FEBRL's persons and on made-up partners of every sector;
they are used level by level wherever training has too little to go by (training.py).
"""

from __future__ import annotations

from dataclasses import dataclass

NULL = "not compared"
SWAPPED = "first and last name swapped"
TWINS = "different, of one family and birthday (twins)"
FAMILY = "another child of a family at this place"
NAMESAKE = "same name at this place, another birth date"


@dataclass(frozen=True)
class Level:
    """One level: its name, the SQL over `<column>_l` and `<column>_r` that is true for it, default m and u.

    Fixed values are never learned. `tf_column`: agreement on a rare value says more than on a frequent one.
    """

    name: str
    sql: str
    m: float = 0.0
    u: float = 0.0
    is_null: bool = False
    fix_m: bool = False
    fix_u: bool = False
    tf_column: str | None = None


@dataclass(frozen=True)
class Comparison:
    """The levels of one field, best first; the first that is true counts, the last is for all others."""

    name: str
    levels: tuple[Level, ...]


def _either(*conditions: str) -> str:
    return " or ".join(f"({condition})" for condition in conditions)


def _close(column: str, similarity: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {similarity}"


_SIMILAR_FIRST = _either(
    "also_first_l = also_first_r", "list_has_any(also_formals_l, also_formals_r)", _close("also_first", 0.88)
)
# Brothers and sisters share surname and address, twins the birthday too: what a family has in common says
# nothing of which of its children this is.
_OF_ONE_FAMILY = f"list_has_any(also_lasts_l, also_lasts_r) and not ({_SIMILAR_FIRST})"
# Cousins and grandchildren may have one name and live together, but their birth dates have nothing in common.
_BORN_APART = (
    "also_birth_l <> also_birth_r and year(also_birth_l) <> year(also_birth_r)"
    " and strftime(also_birth_l, '%m%d') <> strftime(also_birth_r, '%m%d')"
)
# Last name where the first should be and the other way round, and one of the two spelt otherwise.
_CROSSED = "{first}_l = {last}_r and jaro_winkler_similarity({last}_l, {first}_r) >= 0.88"
_ONE_NAME_ONLY = "(len({names}_l) = 1 or len({names}_r) = 1)"

FIRST_NAME = Comparison(
    "first_name",
    (
        Level("", "first_name_l is null or first_name_r is null", is_null=True),
        Level("exact", "first_name_l = first_name_r", 0.80, 0.006, tf_column="first_name"),
        Level(
            SWAPPED,
            _either(_CROSSED.format(first="first_name", last="also_last"),
                    _CROSSED.format(first="also_last", last="first_name")),
            0.008, 1e-6, fix_u=True,
        ),
        Level("nickname", "list_has_any(formal_names_l, formal_names_r)", 0.05, 0.002),
        Level(
            "one of several given names",
            f"{_ONE_NAME_ONLY.format(names='first_names')} and list_has_any(first_names_l, first_names_r)",
            0.02, 0.001,
        ),
        Level("transliteration", "first_sound_l = first_sound_r", 0.01, 0.0005),
        Level("similar spelling", _close("first_name", 0.92), 0.03, 0.004),
        Level(
            "middle name used",
            _either("first_name_l = also_middle_r and length(first_name_l) > 1",
                    "also_middle_l = first_name_r and length(first_name_r) > 1"),
            0.008, 0.001,
        ),
        Level(
            "initial only",
            "(length(first_name_l) = 1 or length(first_name_r) = 1)"
            " and left(first_name_l, 1) = left(first_name_r, 1)",
            0.01, 0.005,
        ),
        Level(
            TWINS,
            "also_birth_l = also_birth_r and list_has_any(also_lasts_l, also_lasts_r)",
            1e-5, 1e-2, fix_m=True, fix_u=True,
        ),
        Level("different", "ELSE", 0.03, 0.97),
    ),
)  # fmt: skip
LAST_NAME = Comparison(
    "last_name",
    (
        # swapped names are counted once, with the first name
        Level(
            "",
            "last_name_l is null or last_name_r is null or last_name_l <> last_name_r and "
            + "("
            + _either(_CROSSED.format(first="also_first", last="last_name"),
                      _CROSSED.format(first="last_name", last="also_first"))
            + ")",
            is_null=True,
        ),
        Level("exact", "last_name_l = last_name_r", 0.86, 0.005, tf_column="last_name"),
        Level("one of several surnames", "list_has_any(last_names_l, last_names_r)", 0.05, 0.002),
        Level("transliteration", "last_sound_l = last_sound_r", 0.01, 0.0005),
        Level("similar spelling", _close("last_name", 0.92), 0.03, 0.004),
        Level("different", "ELSE", 0.04, 0.98),
    ),
)  # fmt: skip
MIDDLE_NAME = Comparison(
    "middle_name",
    (
        Level("", "middle_name_l is null or middle_name_r is null", is_null=True),
        Level("exact", "middle_name_l = middle_name_r and length(middle_name_l) > 1", 0.45, 0.01),
        Level("initial", "middle_initial_l = middle_initial_r", 0.50, 0.07),
        Level("different", "ELSE", 0.05, 0.92),
    ),
)
BIRTH_DATE = Comparison(
    "birth_date",
    (
        Level("", "birth_date_l is null or birth_date_r is null", is_null=True),
        Level("exact", "birth_date_l = birth_date_r and not is_january_first_l", 0.90, 2e-4),
        Level("same, but 1 January", "birth_date_l = birth_date_r", 0.004, 1e-5),
        Level("day and month swapped", "birth_key_l = birth_key_r", 0.02, 1.5e-4),
        Level(
            "year off by one",
            "right(birth_text_l, 4) = right(birth_text_r, 4)"
            " and abs(year(birth_date_l) - year(birth_date_r)) = 1",
            0.01, 4e-4,
        ),
        Level("one digit differs", "hamming(birth_text_l, birth_text_r) = 1", 0.02, 0.004),
        Level("same year and month", "left(birth_text_l, 6) = left(birth_text_r, 6)", 0.005, 0.004),
        Level(
            "same year, one on 1 January",
            "(is_january_first_l or is_january_first_r) and year(birth_date_l) = year(birth_date_r)",
            0.005, 0.002,
        ),
        Level("different", "ELSE", 0.006, 0.99),
    ),
)  # fmt: skip
SEX = Comparison(
    "sex",
    (
        # who is nonbinary at one partner may be entered as anything at another
        Level(
            "",
            _either("sex_l is null or sex_r is null", "sex_l <> sex_r and 'nonbinary' in (sex_l, sex_r)"),
            is_null=True,
        ),
        Level("exact", "sex_l = sex_r", 0.98, 0.5),
        Level("different", "ELSE", 0.02, 0.5),
    ),
)
_SAME_PLACE = _either("address_l = address_r", "zip_code_l = zip_code_r")
ADDRESS = Comparison(
    "address",
    (
        Level(
            "",
            "(address_l is null or address_r is null) and (zip_code_l is null or zip_code_r is null)",
            is_null=True,
        ),
        Level(
            FAMILY,
            f"({_SAME_PLACE}) and {_OF_ONE_FAMILY}",
            0.01, 0.01, fix_m=True, fix_u=True,
        ),
        Level(
            NAMESAKE,
            f"({_SAME_PLACE}) and list_has_any(also_lasts_l, also_lasts_r) and {_BORN_APART}",
            0.01, 0.01, fix_m=True, fix_u=True,
        ),
        Level("same address", "address_l = address_r", 0.55, 3e-4),
        Level("similar address", f"zip_code_l = zip_code_r and {_close('address', 0.85)}", 0.08, 0.001),
        Level("same ZIP code", "zip_code_l = zip_code_r", 0.17, 0.04),
        Level("different", "ELSE", 0.20, 0.95),
    ),
)  # fmt: skip
COMPARISONS = (FIRST_NAME, LAST_NAME, MIDDLE_NAME, BIRTH_DATE, SEX, ADDRESS)
