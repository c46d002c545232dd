"""When a state id is no id: placeholders that systems fill in, and ids that several students carry."""

# a child that enrolled again may have two numbers at one partner; an id of three students is nobody's
MOST_STUDENTS = 2


def is_placeholder(column: str) -> str:
    """SQL: whether a trimmed text has no digit, or one character only: `N/A`, `0000000000`, `9999`."""
    return f"(not regexp_matches({column}, '[0-9]') or replace({column}, left({column}, 1), '') = '')"
