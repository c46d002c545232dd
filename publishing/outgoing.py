"""The gate at the door out: schema published, looked at once more before it becomes a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.outgoing import OutgoingResult, OutgoingRule, judge_outgoing, write_outgoing
from publishing.outgoing_rules import rules_of_table
from publishing.outgoing_tables import look_at, look_at_names, rules_of_names
from publishing.release_contents import PromisedTable, ReleaseError

if TYPE_CHECKING:
    import duckdb

    from ingestion.home import Home

RESULTS = "outgoing_gate.parquet"


@dataclass(frozen=True)
class Checked:
    """The results of a gate that let the release pass."""

    results: tuple[OutgoingResult, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What did not hold and stops nothing, in sentences."""
        return tuple(_said(result) for result in self.results if not result.is_passed)

    def write(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Keep the results with the release."""
        write_outgoing(con, folder / RESULTS, self.results)


def check_outgoing(
    con: duckdb.DuckDBPyConnection, home: Home, promise: Mapping[str, PromisedTable]
) -> Checked:
    """Look at schema published of `warehouse`; ReleaseError where a rule of severity error does not hold."""
    rules: list[OutgoingRule] = []
    for table in promise.values():
        seen, own = rules_of_table(table, promise)
        look_at(con, home, table, seen)
        rules += own
    look_at_names(con, home, promise)
    results = judge_outgoing(con, [*rules, *rules_of_names()])
    stopping = [result for result in results if not result.is_passed and result.rule.severity == "error"]
    if stopping:
        raise ReleaseError.of(
            ReleaseError(
                _said(result),
                where=f"published.{result.rule.table.removeprefix('outgoing_')}",
                rule=f"{result.rule.name} must hold of what is released",
                next_step="Correct the model or the configuration behind it and run `milepost refresh`;"
                " the current release stays in force",
            )
            for result in stopping
        )
    return Checked(tuple(results))


def _said(result: OutgoingResult) -> str:
    rows = f"{result.n_violations:,} row{'' if result.n_violations == 1 else 's'}"
    return f"{result.rule.table.removeprefix('outgoing_')}: {result.explanation} ({rows})"
