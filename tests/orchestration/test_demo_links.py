"""The demo's table of who was found again, worked out by hand for six children."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.commands.demo_links import linked_by_sector

PARTNERS = {"river": "k12", "lake": "k12", "clinic": "health"}
# true child -> the record of each partner that knows it; child 6 moved within the sector
TRUTH = {
    1: {"river": "r1", "clinic": "c1"},
    2: {"river": "r2", "clinic": "c2"},
    3: {"river": "r3"},
    4: {"clinic": "c4"},
    5: {"river": "r5", "lake": "l5"},
    6: {"river": "r6", "lake": "l6", "clinic": "c6"},
}
# what linking made of them: child 2 was not found again, 3 and 4 are taken for one, and of 6 the clinic is missed
PERSONS = {
    "A": [("river", "r1"), ("clinic", "c1")],
    "B": [("river", "r2")],
    "C": [("clinic", "c2")],
    "D": [("river", "r3"), ("clinic", "c4")],
    "E": [("river", "r5"), ("lake", "l5")],
    "F": [("river", "r6"), ("lake", "l6")],
    "G": [("clinic", "c6")],
}


def _parquet(path: Path, columns: str, rows: list[tuple[object, ...]]) -> Path:
    with duckdb.connect() as con:
        con.execute(f"create table it ({columns})")
        con.executemany(f"insert into it values ({', '.join('?' * len(rows[0]))})", rows)
        con.execute(f"copy it to '{path}' (format parquet)")
    return path


def test_children_are_counted_once_a_sector_and_pairs_for_the_sectors_of_both(tmp_path: Path) -> None:
    found = linked_by_sector(
        _parquet(
            tmp_path / "links.parquet",
            "partner_id varchar, student_id varchar, person_id varchar",
            [(partner, student, person) for person, of in PERSONS.items() for partner, student in of],
        ),
        _parquet(tmp_path / "partners.parquet", "partner_id varchar, sector varchar", [*PARTNERS.items()]),
        _parquet(
            tmp_path / "truth.parquet",
            "partner_id varchar, student_id varchar, true_person_id integer",
            [(partner, student, child) for child, of in TRUTH.items() for partner, student in of.items()],
        ),
    )
    assert {row[0]: row[1:] for row in found} == {
        # persons A, C, D, G; of them A and D are known elsewhere. Found are A and D, of which D is no pair;
        # true are 1, 2, 6 with the river and 6 with the lake, of which A alone was found
        "health": (4, 0.5, pytest.approx(1 / 2), pytest.approx(1 / 4)),
        # A, B, D, E, F; all but B are known elsewhere. Found A, D, E, F; true 1, 2, 5 and the three pairs of 6
        "k12": (5, 0.8, pytest.approx(3 / 4), pytest.approx(3 / 6)),
        "all": (7, round(4 / 7, 3), pytest.approx(3 / 4), pytest.approx(3 / 6)),
    }
    assert [row[0] for row in found] == ["health", "k12", "all"]
