"""Texts that look like a value of a record rather than like a header: numbers, dates, addresses, ids."""

import datetime as dt

DATE_FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%d/%m/%Y",
    "%Y%m%d",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%Y-%m-%d %H:%M:%S",
)


def is_date(text: str, form: str) -> bool:
    """Whether a text is a date of this strptime format."""
    try:
        dt.datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def looks_like_value(text: str) -> bool:
    """Whether a text by itself is more likely a value than a header; a name of a child is not told apart."""
    if not any(map(str.isalpha, text)):  # a number, a date, a telephone number
        return True
    if "@" in text or "://" in text or any(is_date(text, form) for form in DATE_FORMATS):
        return True
    n_digits = sum(map(str.isdigit, text))
    return len(text) >= 6 and 2 * n_digits > sum(map(str.isalnum, text))  # an id, a time of day
