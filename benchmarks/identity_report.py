"""What the benchmark of matching found, as tables in the terminal and as charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FEBRL_F1, PRECISION, RECALL, SPREAD = 0.98, 0.998, 0.96, 0.02
SECONDS, PEAK_MB, INTERIM_SECONDS = 120, 4096, 5


def show(result: dict[str, Any], cost_false: float, cost_missed: float) -> None:
    """Print every part that was measured."""
    from rich.console import Console

    console = Console(width=120)
    costs = f"cost: {cost_false:g} for a false link, {cost_missed:g} for a missed one"
    if "febrl" in result:
        if skipped := result["febrl"].get("skipped"):
            console.print(f"FEBRL skipped: {skipped}")
        else:
            for name, found in result["febrl"].items():
                console.print(_curve(f"{name} ({costs})", found))
            for name in ("FEBRL 3, names and hashed numbers", "FEBRL 3, names alone"):
                best = max(result["febrl"][name]["curve"], key=lambda row: row["f1"])
                console.print(
                    f"{name}: F1 {best['f1']:.4f} at {best['threshold']:g}"
                    f" (target {FEBRL_F1}{_met(best['f1'] >= FEBRL_F1)})"
                )
    if "riverbend" in result:
        _show_riverbend(console, result["riverbend"], costs)
    if "many" in result:
        _show_many(console, result["many"])
    if "home" in result:
        found = result["home"]
        for name, step in found["steps"].items():
            console.print(
                f"a home of {found['records']:,} children, {name}: {step['seconds']:.1f} s,"
                f" peak {step['peak_mb']:,.0f} MB"
            )


def _curve(title: str, found: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table(title=title)
    columns = ("threshold", "precision", "recall", "f1", "purity", "over", "under", "false", "missed", "cost")
    for column in columns:
        table.add_column(column, justify="right")
    for row in found["curve"]:
        is_best = row["threshold"] == found["best"]["threshold"]
        shares = [f"{row[name]:.4f}" for name in columns[1:7]]
        counts = [f"{row[name]:,.0f}" for name in columns[7:]]
        table.add_row(f"{row['threshold']:g}", *shares, *counts, style="bold" if is_best else "")
    return table


def _show_riverbend(console: Any, found: dict[str, Any], costs: str) -> None:
    from rich.table import Table

    console.print(_curve(f"Riverbend, all sectors ({costs})", found))
    table = Table(title=f"Links found at {found['best']['threshold']:g}")
    for column in ("", "group", "true links", "found"):
        table.add_column(column)
    for trait, groups in found["recall"].items():
        for group, (n, share) in groups.items():
            table.add_row(trait, group, f"{n:,}", f"{share:.4f}")
        table.add_section()
    console.print(table)
    for name, (true, linked) in found["gaps"].items():
        console.print(
            f"Gap of pupils {name}: {true:.2f} points in truth, {linked:.2f} as linked,"
            f" off by {linked - true:+.2f}"
        )
    best = found["best"]
    spread = max(_spread(groups) for groups in found["recall"].values())
    console.print(
        f"precision {best['precision']:.4f} (target {PRECISION}{_met(best['precision'] >= PRECISION)}),"
        f" recall {best['recall']:.4f} (target {RECALL}{_met(best['recall'] >= RECALL)}),"
        f" best less worst served group {100 * spread:.1f} points"
        f" (target {100 * SPREAD:g}{_met(spread <= SPREAD)})"
    )


def _spread(groups: dict[str, Any]) -> float:
    """Of groups with 200 true links or more: fewer are chance."""
    shares = [share for n, share in groups.values() if n >= 200]
    return max(shares) - min(shares) if shares else 0.0


def _show_many(console: Any, found: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(
        title=f"{found['records']:,} x {found['records']:,} records, then {found['new']:,} new ones"
    )
    for column in ("step", "seconds", "CPU s", "peak MB"):
        table.add_column(column, justify="right")
    for name, step in found["steps"].items():
        table.add_row(name, f"{step['seconds']:.1f}", f"{step['cpu_seconds']:.1f}", f"{step['peak_mb']:,.0f}")
    console.print(table)
    steps = found["steps"]
    seconds = sum(steps[name]["seconds"] for name in ("train", "score", "cluster"))
    peak, interim = max(step["peak_mb"] for step in steps.values()), steps["interim"]["seconds"]
    console.print(
        f"all {seconds:.0f} s (target {SECONDS}{_met(seconds <= SECONDS)}), peak {peak:,.0f} MB"
        f" (target {PEAK_MB:,}{_met(peak <= PEAK_MB)}), interim {interim:.1f} s"
        f" (target {INTERIM_SECONDS}{_met(interim <= INTERIM_SECONDS)});"
        f" precision {found['quality']['precision']:.4f}, recall {found['quality']['recall']:.4f}"
    )


def _met(is_met: bool) -> str:
    return ", met" if is_met else ", MISSED"


def draw(result: dict[str, Any], folder: Path) -> None:
    """Precision, recall and F1 over thresholds, one SVG for each set of records."""
    from benchmarks.identity_chart import line_chart

    folder.mkdir(parents=True, exist_ok=True)
    sets = {name: found for name, found in result.get("febrl", {}).items() if isinstance(found, dict)}
    if "riverbend" in result:
        sets["Riverbend"] = result["riverbend"]
    for name, found in sets.items():
        lines = {which: [row[which] for row in found["curve"]] for which in ("precision", "recall", "f1")}
        labels = [f"{row['threshold']:g}" for row in found["curve"]]
        file = name.lower().replace(",", "").replace(" ", "_")
        line_chart(folder / f"identity_{file}.svg", name, "threshold of match probability", labels, lines)
