"""Which headers a contract cannot do without, and the refusal of a source that lacks them."""

from collections.abc import Mapping

import duckdb

from ingestion.contracts.columns import Column, Origin
from ingestion.contracts.contract import Contract, sql_headers
from ingestion.errors import ReadError
from ingestion.readers.headers import RESERVED, folded, nearest, shown

PERIOD_COLUMNS = ("school_year", "collection")


def refuse_missing_headers(
    con: duckdb.DuckDBPyConnection, source_table: str, contract: Contract, present: Mapping[str, str]
) -> None:
    """Raise a ReadError that names every missing header; `present` maps compared to actual headers."""
    problems = [
        (what, aliases)
        for what, aliases in _needed_headers(contract, present)
        if not any(folded(alias) in present for alias in aliases)
    ]
    if not problems:
        return
    found = con.execute(f"select _source_file from {source_table} limit 1").fetchall()
    where = found[0][0] if found else str(contract.path)
    headers = [header for header in present.values() if header not in RESERVED]
    raise ReadError.of(_missing_header(contract, what, aliases, headers, where) for what, aliases in problems)


def _needed_headers(contract: Contract, present: Mapping[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """What cannot be done without a header, and the headers that would do."""
    unpivot = contract.unpivot
    made = {*(unpivot.made if unpivot else ()), *contract.optional}
    needed: list[tuple[str, tuple[str, ...]]] = []
    origins: list[tuple[str, Origin]] = list(contract.columns.items())
    origins += [(name, origin) for name in PERIOD_COLUMNS if (origin := getattr(contract, name))]
    for name, origin in origins:
        is_needed = name in contract.key or not isinstance(origin, Column) or origin.required
        if origin.headers and is_needed and not made & set(map(folded, origin.headers)):
            needed.append((f"the required column '{name}'", origin.headers))
        needed += [
            (f"the expression of '{name}'", (h,)) for h in sql_headers(origin.sql or "null") if h not in made
        ]
    if contract.rows and contract.rows.where:
        needed += [("rows.where", (h,)) for h in sql_headers(contract.rows.where) if h not in made]
    if unpivot:
        for name, by_repeat in unpivot.by_repeat.items():
            every = tuple(header for headers in by_repeat.values() for header in headers)
            if name not in unpivot.optional:
                needed.append((f"the unpivoted column '{name}'", every))
        if unpivot.like and not unpivot.over(present.values()).headers:
            first, pattern = next(iter(unpivot.like.items()))
            needed.append((f"the unpivoted column '{first}'", (f"a header like {pattern}",)))
    return needed


def _missing_header(
    contract: Contract, what: str, aliases: tuple[str, ...], present: list[str], where: str
) -> ReadError:
    near = next((near for alias in aliases if (near := nearest(alias, present))), None)
    hint = f"The nearest header in the file is '{near}'. " if near else ""
    return ReadError(
        f"{what} has no header in the file; looked for {shown(aliases)}",
        where=where,
        rule="Headers are compared without regard to case and surrounding blanks",
        next_step=f"{hint}Add the partner's new header to the contract, or ask for the column"
        + _without_it(contract, what, aliases),
    )


def _without_it(contract: Contract, what: str, aliases: tuple[str, ...]) -> str:
    """How a contract does without a header that only an expression asks for; a key cannot."""
    if "expression" not in what or any(f"'{name}'" in what for name in contract.key):
        return ""
    optional = f"optional: [{aliases[0]}]"
    if contract.layout:
        optional = f"extracts: {{{contract.name_in_layout}: {{{optional}}}}}"
    return f"; where the partner's files never have it: `{optional}`"
