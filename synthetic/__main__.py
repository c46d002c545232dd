"""Command line: python -m synthetic FOLDER --children N."""

import argparse
import time
from pathlib import Path

from synthetic import write_community


def main() -> None:
    """Write Riverbend and say what was written."""
    parser = argparse.ArgumentParser(
        prog="python -m synthetic", description="Write the made-up community Riverbend."
    )
    parser.add_argument("folder", type=Path, help="where deliveries/, rejected/, truth/ and manifest.json go")
    parser.add_argument(
        "--children", type=int, default=12_000, help="children enrolled a year (default 12000)"
    )
    parser.add_argument("--years", type=int, default=6, help="school years (default 6)")
    parser.add_argument(
        "--interim-years", type=int, default=2, help="latest years with interim collections (default 2)"
    )
    parser.add_argument("--schools-only", action="store_true", help="without the sectors beside schools")
    parser.add_argument("--seed", type=int, default=20240701)
    options = parser.parse_args()
    started = time.perf_counter()
    manifest = write_community(
        options.folder,
        children_per_year=options.children,
        n_years=options.years,
        interim_years=options.interim_years,
        seed=options.seed,
        with_sectors=not options.schools_only,
    )
    rows = sum(file.rows for file in manifest.deliveries)
    print(
        f"{len(manifest.deliveries)} deliveries with {rows:,} rows, {len(manifest.rejected)} meant to be"
        f" rejected and {len(manifest.truth)} tables of truth in {options.folder}"
        f" ({time.perf_counter() - started:.1f} s)"
    )


if __name__ == "__main__":
    main()
