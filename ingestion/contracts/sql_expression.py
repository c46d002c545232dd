"""Check that an `sql:` text of a contract is one scalar expression over headers, and nothing more."""

import difflib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from ingestion.contracts.sql_functions import SQL_FUNCTIONS, define_sql_functions
from ingestion.sql_text import literal

ALLOWED_CLASSES = frozenset(
    {
        *("BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT"),
        *("FUNCTION", "OPERATOR", "LAMBDA", "LAMBDA_REF"),
    }
)
# scalar macros that only compute; all others speak of the database, the session or the clock
ALLOWED_MACROS = frozenset(
    {
        "array_to_string",
        "nullif",
        "split_part",
        "fdiv",
        "fmod",
        "round_even",
        "roundbankers",
        "date_add",
        "days_in_month",
    }
)
CLOCK_KEYWORDS = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
)
# consistent by DuckDB's own books, yet they read the session, the machine or stop with a value in the message
REFUSED_FUNCTIONS = frozenset(
    {
        *("current_localtime", "current_localtimestamp", "current_setting", "current_user", "session_user"),
        *("getvariable", "getenv", "error", "write_log", "parse_duckdb_log_message", "version"),
        *("read_text", "read_blob", "read_csv", "query", "query_table", "row"),
        "json_serialize_plan",  # plans a query it is given as text, and opens the files that one names
    }
)
_lock = threading.Lock()


@dataclass(frozen=True)
class Expression:
    """What an expression refers to, or why it is refused (`problem`)."""

    headers: tuple[str, ...] = ()
    problem: str = ""


@cache
def check_expression(sql: str) -> Expression:
    """Parse `sql`, refuse anything but a deterministic scalar expression, bind it over headers of text."""
    if not sql.strip():
        return Expression(problem="is empty")
    with _lock:
        return _checked(sql)


def _checked(sql: str) -> Expression:
    # the line break ends a trailing `--` comment; the bracket refuses `a, b` and `a from t`
    statement_text = literal(f"select (\n{sql}\n)")
    (serialized,) = _connection().execute(f"select json_serialize_sql({statement_text})").fetchall()[0]
    tree = json.loads(serialized)
    if tree.get("error"):
        return Expression(problem=f"is not a valid SQL expression ({tree['error_message']})")
    if len(tree["statements"]) != 1 or len(tree["statements"][0]["node"].get("select_list", [])) != 1:
        return Expression(problem="must be one expression, not a statement or a list of them")
    statement = tree["statements"][0]["node"]
    if statement.get("from_table", {}).get("type") != "EMPTY" or statement["cte_map"]["map"]:
        return Expression(problem="must be one expression, not a query")
    expression = statement["select_list"][0]
    refused = next((reason for reason in map(_refusal, _nodes(expression)) if reason), "")
    if refused:
        return Expression(problem=refused)
    headers = _headers(expression)
    return Expression(headers=headers, problem=_binding_problem(sql, headers))


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


def _refusal(node: dict[str, Any]) -> str:
    kind = node.get("class")
    if kind is None:
        return "must not hold a subquery" if node.get("type") in ("SELECT_NODE", "TABLE_FUNCTION") else ""
    if kind == "SUBQUERY":
        return "must not hold a subquery"
    if kind not in ALLOWED_CLASSES:
        return f"must be a scalar expression, without {str(kind).lower().replace('_', ' ')}"
    if kind == "COLUMN_REF" and len(node["column_names"]) != 1:
        return 'names a column with a dot in it; write a header with dots as "Like.This"'
    if kind == "COLUMN_REF" and node["column_names"][0].lower() in CLOCK_KEYWORDS:
        return f"must not read the clock ({node['column_names'][0]}): a file gives the same rows every day"
    if kind == "FUNCTION" and not node.get("is_operator"):
        return _function_refusal(node)
    return ""


def _function_refusal(node: dict[str, Any]) -> str:
    name = str(node["function_name"]).lower()
    if name == "age" and len(node["children"]) == 1:
        return "must not read the clock (age of one value): a file gives the same rows every day"
    # the grammar itself writes trim(x) and extract(...) as functions of pg_catalog
    if name in allowed_functions() and node.get("catalog") in ("", "system"):
        return ""
    if name in _every_function():
        return f"must not call {name}(), only functions that compute a value from their arguments"
    close = difflib.get_close_matches(name, allowed_functions(), n=1)
    return f"calls {name}(), which is not a function" + (f"; did you mean {close[0]}()?" if close else "")


def _headers(expression: dict[str, Any]) -> tuple[str, ...]:
    parameters = {
        name
        for node in _nodes(expression)
        if node.get("class") == "LAMBDA"
        for inner in _nodes(node.get("lhs"))
        for name in inner.get("column_names", [])
    }
    names = [n["column_names"][0] for n in _nodes(expression) if n.get("class") == "COLUMN_REF"]
    return tuple(dict.fromkeys(name for name in names if name not in parameters))


def _binding_problem(sql: str, headers: tuple[str, ...]) -> str:
    """Headers arrive as text, so `a - b` without a cast is a mistake that shows here and not in a load."""
    by_fold = {header.lower(): header for header in headers}
    columns = ", ".join(f'null::varchar as "{h.replace(chr(34), chr(34) * 2)}"' for h in by_fold.values())
    source = f"(select {columns})" if columns else "(select 1 as _)"
    try:
        _connection().execute(f"describe select (\n{sql}\n) from {source} as source")
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        return f"cannot be computed over columns of text ({first_line}); cast what is a number or a date"
    return ""


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
    }
    con = duckdb.connect(config=config)
    define_sql_functions(con)
    return con


@cache
def allowed_functions() -> frozenset[str]:
    """Names of the scalar functions whose result depends on their arguments alone."""
    rows = _connection().execute(
        "select function_name from duckdb_functions() group by function_name"
        " having bool_and(function_type = 'scalar' and stability = 'CONSISTENT')"
    )
    return (
        frozenset(row[0] for row in rows.fetchall()) | ALLOWED_MACROS | {*SQL_FUNCTIONS}
    ) - REFUSED_FUNCTIONS


@cache
def _every_function() -> frozenset[str]:
    rows = _connection().execute("select distinct function_name from duckdb_functions()")
    return frozenset(row[0] for row in rows.fetchall())
