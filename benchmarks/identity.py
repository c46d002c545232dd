"""Measure the matching of records: `python -m benchmarks.identity`, how right and how fast it is."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PARTS = ("febrl", "riverbend", "many", "home")
THRESHOLDS = (0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
COST_FALSE, COST_MISSED = 10.0, 1.0
SEED = 20240701
TRAITS = ("race_ethnicity", "gender", "home_language", "mobility")
# share of pupils known to a partner; trait and the two groups whose gap it is
INDICATORS = {
    "in early learning": ("bright_start", "race_ethnicity", "black_or_african_american", "white"),
    "in assisted housing": ("housing_authority", "home_language", "spanish", "english"),
    "in the homeless system": ("riverbend_coc", "mobility", "moved", "stayed"),
}


def main() -> None:
    """Run each part in a process of its own and print what it found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__)
    parser.add_argument("--children", type=int, default=12_000, help="of the made-up community, a year")
    parser.add_argument("--records", type=int, default=1_000_000, help="of each of two large partners")
    parser.add_argument("--new", type=int, default=20_000, help="records of an interim load against them")
    parser.add_argument("--cost-false", type=float, default=COST_FALSE, help="of a link that is wrong")
    parser.add_argument("--cost-missed", type=float, default=COST_MISSED, help="of a link that is not made")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--charts", type=Path, help="a folder for SVG charts")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        options.out.write_text(json.dumps(_measure(options)))
        return
    result = {part: _in_own_process(part, options) for part in PARTS if options.only in (None, part)}
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        from benchmarks.identity_report import show

        show(result, options.cost_false, options.cost_missed)
    if options.charts:
        from benchmarks.identity_report import draw

        draw(result, options.charts)


def _in_own_process(part: str, options: argparse.Namespace) -> dict[str, Any]:
    """A process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        out = Path(folder) / "out.json"
        numbers = [f"--{name}={getattr(options, name)}" for name in ("children", "records", "new")]
        numbers += [f"--cost-false={options.cost_false}", f"--cost-missed={options.cost_missed}"]
        command = [sys.executable, "-m", "benchmarks.identity", f"--part={part}", f"--out={out}", *numbers]
        print(f"{part} ...", file=sys.stderr)
        subprocess.run(command, check=True, env={**os.environ, "DO_NOT_TRACK": "1"})
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    import duckdb

    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        if options.part == "home":
            from benchmarks.identity_home import link_home

            return link_home(con, options.records // 2, options.new)
        if options.part == "febrl":
            return _febrl(con, options)
        return _riverbend(con, options) if options.part == "riverbend" else _many(con, options)


def _curve(con: Any, options: argparse.Namespace) -> dict[str, Any]:
    """The quality at every threshold; `best` is the one that costs least."""
    from benchmarks.identity_quality import quality
    from identity.matching import cluster

    curve = []
    for threshold in THRESHOLDS:
        cluster(con, threshold)
        found = quality(con)
        cost = options.cost_false * found.false + options.cost_missed * found.missed
        curve.append({"threshold": threshold, "cost": cost, **found.as_dict()})
    return {"curve": curve, "best": min(curve, key=lambda row: row["cost"])}


def _febrl(con: Any, options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.identity_records import SAMPLES, febrl_folder, write_febrl
    from identity.matching import score, train
    from identity.private.hashed_ids import score_hashed_ids

    if febrl_folder() is None:
        return {"skipped": f"no FEBRL files: {SAMPLES} names no folder with linkage_febrl_1_3"}
    result = {}
    for number in (1, 2, 3):
        for with_numbers in (True, False):
            write_febrl(con, number, with_numbers=with_numbers)
            model = train(con, SEED)
            score(con, model)
            score_hashed_ids(con)
            name = f"FEBRL {number}, {'names and hashed numbers' if with_numbers else 'names alone'}"
            result[name] = {**_curve(con, options), "model": model.version, "reasons": list(model.reasons)}
    return result


def _riverbend(con: Any, options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.identity_quality import gaps, quality, recall_by
    from benchmarks.identity_records import write_riverbend, write_traits
    from identity.matching import cluster, score, train
    from synthetic import write_community

    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        write_community(Path(folder), children_per_year=options.children)
        write_riverbend(con, Path(folder) / "truth")
        write_traits(con, Path(folder) / "truth")
    model = train(con, SEED)
    score(con, model)
    result = {**_curve(con, options), "model": model.version, "reasons": list(model.reasons)}
    cluster(con, result["best"]["threshold"])
    quality(con)
    result["recall"] = {trait: recall_by(con, trait) for trait in TRAITS}
    result["gaps"] = {name: gaps(con, *of) for name, of in INDICATORS.items()}
    return result


def _many(con: Any, options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.identity_quality import quality
    from benchmarks.identity_records import write_many
    from benchmarks.measuring import Laps
    from identity.matching import cluster, score, train

    write_many(con, options.records, options.new)
    con.execute("create table everyone as from record; delete from record where partner_id = 'partner 2'")
    laps = Laps()
    model = train(con, SEED)
    laps.lap("train")
    pairs = score(con, model)
    laps.lap("score")
    cluster(con, 0.95)
    laps.lap("cluster")
    found = quality(con).as_dict()
    con.execute("create or replace table record as from everyone")
    con.execute("create or replace table record as from record where record_id in (from arrived)"
                " or partner_id = 'partner 0'")  # fmt: skip
    laps.lap("between")
    new_pairs = score(con, model, new="arrived", kept="matching_record")
    laps.lap("interim")
    steps = laps.as_dict()
    steps.pop("between")
    return {
        "records": options.records, "new": options.new, "pairs": pairs, "new_pairs": new_pairs,
        "reasons": list(model.reasons), "steps": steps, "quality": found,
    }  # fmt: skip


if __name__ == "__main__":
    main()
