"""Try to work out the hidden numbers of a release: python docs/attack_a_release.py FOLDER [YEAR ...]

For anyone who has a folder of published Parquet files, with DuckDB, NumPy and SciPy and nothing of Milepost.
It knows what a reader knows: subgroups add up to their total, pairs to their singles, places to the place
above (children of unknown group or place are in the total alone), a hidden row has at least one child,
successes are no more than children, a band leaves a numerator between its ends. For each hidden or banded
number it looks for two tables that both fit everything published and differ in it; where linear programs
prove that there are none, the number is pinned down. Exits with 1 if any is, but for denominators of at least
the minimum of disclosure_rules: such a group is not small, and its result is what is hidden; and but for
results of indicators that only say of how many children data came (`is_coverage`).
"""

import sys
from collections import defaultdict

import duckdb
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

STEP, ROUNDS = 6, 6
TABLE = "community_id, indicator_id, definition_version, school_year, collection"


def main(folder, years):
    con = duckdb.connect()
    places = {
        (community, level, place): (community, parent_level, parent)
        for community, level, place, parent_level, parent in con.execute(
            "select community_id, geography_level, geography_id, parent_level, parent_id "
            f"from '{folder}/geographies.parquet' where parent_id is not null"
        ).fetchall()
    }
    tables = defaultdict(dict)
    for row in con.execute(
        f"select {TABLE}, geography_level, geography_id, disaggregate, subgroup, denominator, numerator, "
        f"value_low, value_high, suppression from '{folder}/indicator_values.parquet' "
        "where suppression not in ('not_received', 'not_applicable') "
        f"and ({len(years)} = 0 or list_contains({years}, school_year))"
    ).fetchall():
        tables[row[:5]][row[5:9]] = row[9:]
    minimum = dict(
        con.execute(
            f"select community_id, minimum_denominator from '{folder}/disclosure_rules.parquet'"
        ).fetchall()
    )
    try:
        rows = con.execute(
            f"select indicator_id from '{folder}/indicators.parquet' where is_coverage"
        ).fetchall()
    except (duckdb.IOException, duckdb.BinderException):  # an older release does not tell
        rows = []
    coverages = {indicator for (indicator,) in rows}
    numbers = pinned = large = coverage = 0
    for key, cells in sorted(tables.items()):
        looked, found = attack(cells, sums(cells, places, key[0]))
        numbers += looked
        for (cell, what), number in found:
            if what == "denominator" and number >= minimum[key[0]]:
                large += 1
                continue
            if what != "denominator" and key[1] in coverages:
                coverage += 1
                continue
            pinned += 1
            print("pinned:", *map(str, (*key, *cell, what)))
    print(f"{numbers:,} hidden or banded numbers in {len(tables):,} tables, {pinned:,} of them pinned down")
    print(f"{large:,} denominators of groups that are not small can be worked out; their results cannot")
    print(f"{coverage:,} numbers of how many children data came can; they say nothing of a child")
    return 1 if pinned else 0


def sums(cells, places, community):
    """Total and split -> its parts, of all sums whose total has a row."""
    found = defaultdict(list)
    for level, place, disaggregate, subgroup in cells:
        part = (level, place, disaggregate, subgroup)
        if disaggregate != "all":
            found[(level, place, "all", "all"), disaggregate].append(part)
        if "_x_" in disaggregate:
            names, values = disaggregate.split("_x_"), subgroup.split("|")
            found[(level, place, names[0], values[0]), names[1]].append(part)
            found[(level, place, names[1], values[1]), names[0]].append(part)
        above = places.get((community, level, place))
        while above:
            found[(*above[1:], disaggregate, subgroup), f"{level}s"].append(part)
            above = places.get(above)
    return {sum_: parts for sum_, parts in found.items() if sum_[0] in cells}


def attack(cells, all_sums):
    """How many numbers are hidden or banded, and those that can have one value only, with it."""
    names, low, high, rows, known = system(cells, all_sums)
    if not names:
        return 0, []
    entries = [(i, names[name], sign) for i, row in enumerate(rows) for name, sign in row.items()]
    i, j, signs = zip(*entries, strict=True) if entries else ((), (), ())
    matrix = csr_matrix((signs, (i, j)), shape=(len(rows), len(names)))
    wanted = np.array([len(name) == 2 for name in names])
    stuck = unmoved(matrix, np.array(known, float), np.array(low, float), np.array(high, float), wanted)
    listed = list(names)
    return int(wanted.sum()), [(listed[one], number) for one, number in stuck]


def system(cells, all_sums):
    """Unknowns by name with their ends, and the sums they are in: rows of signs, and what each comes to."""
    whole = known_to_all(cells, all_sums)
    low, high, names, rows, known = [], [], {}, [], []

    def variable(name, least, most):
        names[name] = len(low)
        low.append(least)
        high.append(most)

    for cell, (n, x, value_low, value_high, suppression) in cells.items():
        if n is None:
            variable((cell, "denominator"), 1, np.inf)
            variable((cell, "numerator"), 0, np.inf)
            variable((cell, "others"), 0, np.inf)
            rows.append({(cell, "denominator"): 1, (cell, "numerator"): -1, (cell, "others"): -1})
            known.append(0)
        elif x is None:
            banded = suppression in ("coded_low", "coded_high")
            ends = (value_low * n, value_high * n) if banded else (0, n)
            variable((cell, "numerator"), np.ceil(ends[0] - 1e-6), np.floor(ends[1] + 1e-6))
    for (total, split), parts in all_sums.items():
        terms = [(total, -1), *((part, 1) for part in parts)]
        for position, what in enumerate(("denominator", "numerator")):
            row = {(cell, what): sign for cell, sign in terms if (cell, what) in names}
            if not row:
                continue
            rest = -sum(sign * cells[cell][position] for cell, sign in terms if (cell, what) not in names)
            if split not in whole:
                children = [cells[cell][0] for cell, _ in terms]
                most = np.inf if None in children else children[0] - sum(children[1:])
                variable((total, split, what), 0, most)
                row[(total, split, what)] = 1
            rows.append(row)
            known.append(rest)
    return names, low, high, rows, known


def known_to_all(cells, all_sums):
    """Splits of which each child of the community has a known part: no place or pair has a rest then."""
    return {
        split
        for (total, split), parts in all_sums.items()
        if total[0] == "community"
        and total[2:] == ("all", "all")
        and None not in (numbers := [cells[cell][0] for cell in (total, *parts)])
        and numbers[0] == sum(numbers[1:])
    }


def unmoved(matrix, known, low, high, wanted):
    """Unknowns with one value in every table that fits, and it: first many at once, then one by one."""

    def solved(cost, least, most, is_near=False):
        equal = {"A_eq": matrix, "b_eq": known} if matrix.shape[0] else {}
        found = linprog(cost, bounds=np.column_stack([least, most]), method="highs", **equal)
        if found.status not in (0, 3) and not is_near:
            sys.exit("the published numbers contradict each other, or my reading of them is wrong")
        return found.x if found.status == 0 else None

    random = np.random.default_rng(1)
    first = solved(random.uniform(0, 1, len(low)), low, high)
    centre = np.round(first)
    near = np.maximum(low, centre - STEP), np.minimum(high, centre + STEP)
    least, most = first.copy(), first.copy()
    for turn in range(ROUNDS):
        still = wanted & (most - least < 0.99)
        if not still.any():
            return []
        signs = random.choice([-1.0, 1.0], len(low)) if turn > 1 else np.full(len(low), 1.0 - 2 * turn)
        found = solved(np.where(still, signs, 0), *near, is_near=True)
        if found is not None:
            least, most = np.minimum(least, found), np.maximum(most, found)
    stuck = []
    for one in np.flatnonzero(wanted & (most - least < 0.99)):
        cost = np.zeros(len(low))
        ends = []
        for direction in (1.0, -1.0):
            cost[one] = direction
            found = solved(cost, low, high)
            ends.append(-direction * np.inf if found is None else found[one])
        if np.floor(ends[1] + 1e-6) - np.ceil(ends[0] - 1e-6) < 1:
            stuck.append((one, round(ends[0])))
    return stuck


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1].rstrip("/"), [int(year) for year in sys.argv[2:]]))
