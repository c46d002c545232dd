"""What two accounts have so little in common in that they tell of two children, as SQL."""

from __future__ import annotations

from identity.birth_dates import nearly_the_same

UNLIKE = 0.8  # Jaro-Winkler similarity of names below which they are no variants: Ann and Anna have 0.94


def letters(name: str) -> str:
    """SQL: the letters of a name, in lower case and without accents; '' where there is none."""
    return f"regexp_replace(lower(strip_accents(coalesce({name}, ''))), '[^\\p{{L}}]', '', 'g')"


def unlike_names(first: str, last: str, other_first: str, other_last: str) -> str:
    """SQL: whether letters of first and last names are no variants, also the one compared with the other."""
    pairs = ((first, other_first), (last, other_last), (first, other_last), (last, other_first))
    return " and ".join(f"jaro_winkler_similarity({name}, {other}) < {UNLIKE}" for name, other in pairs)


def unlike_births(born: str, other: str) -> str:
    """SQL: whether two of year, month and day differ, and not merely because day and month are swapped."""
    return f"(not {nearly_the_same(born, other)})"
