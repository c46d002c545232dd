"""When a state id is no id: placeholders that systems fill in, and ids that several students carry."""

# a child that enrolled again may have two numbers at one partner; an id of three students is nobody's
MOST_STUDENTS = 2


def is_nobodys(state_id: str, n_students: str) -> str:
    """SQL: whether a trimmed state id that `n_students` of a partner have in a year tells of no child."""
    return f"({n_students} > {MOST_STUDENTS} or {is_placeholder(state_id)})"


def is_placeholder(column: str) -> str:
    """SQL: whether a trimmed text has no digit, or one character only: `N/A`, `0000000000`, `9999`."""
    return f"(not regexp_matches({column}, '[0-9]') or replace({column}, left({column}, 1), '') = '')"
