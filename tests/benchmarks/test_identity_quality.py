"""Six members of three partners, and what a clustering of them is worth, counted on fingers."""

from __future__ import annotations

import duckdb
import pytest

from benchmarks.identity_quality import gaps, quality, recall_by
from benchmarks.identity_records import write_many


def test_pairs_that_groups_join_already_do_not_count() -> None:
    with duckdb.connect() as con:
        # child 1: members 1 and 2 share a group, 3 was linked to them; child 2: member 4 at school was put to 5,
        # who is child 3; member 6, child 2 too, is alone
        con.execute("""
            create table record as
            select * from (values
                (1, 1, 'river_city_schools', 1, 1), (2, 1, 'river_city_schools', 1, 1), (3, 2, 'b', 1, 1), (4, 3, 'c', 3, 1),
                (5, 4, 'lakeshore_unified', 4, 2), (6, 5, 'b', 5, 3), (7, 6, 'c', 6, 2)
            ) as record (record_id, member_id, partner_id, group_id, truth)
        """)
        con.execute(
            "create table cluster as select * from (values (1, 1), (3, 1), (4, 4), (5, 4), (6, 6)) as c (group_id, cluster_id)"
        )
        found = quality(con)
        # true pairs beside the group's own: 1-3, 2-3, 4-6; linked: 1-3, 2-3, 4-5
        assert (found.found, found.false, found.missed) == (2, 1, 1)
        assert (found.precision, found.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
        assert found.purity == pytest.approx(5 / 6)  # one of 4 and 5 is in the wrong place
        assert found.over == pytest.approx(1 / 3)  # clusters
        assert found.under == pytest.approx(1 / 3)  # children
        con.execute(
            "create table trait_of as select * from (values (1, 'x'), (2, 'y'), (3, 'y')) as t (truth, trait)"
        )
        assert recall_by(con, "trait") == {"x": (2, 1.0), "y": (1, 0.0)}
        # child 1 is known to b, child 2 is not, but as linked it is
        assert gaps(con, "b", "trait", "x", "y") == (100.0, 0.0)


def test_large_partners_share_seventy_percent_of_their_children() -> None:
    with duckdb.connect() as con:
        write_many(con, 2000, new=100)
        counts = dict(con.execute("select partner_id, count(*) from record group by 1").fetchall())
        assert counts == {"partner 0": 2000, "partner 1": 2000, "partner 2": 100}
        both = con.execute("""
            select count(*), avg((a.birth_date is distinct from b.birth_date)::int)
            from record as a inner join record as b using (truth)
            where a.partner_id = 'partner 0' and b.partner_id = 'partner 1'
        """).fetchall()[0]
        assert both[0] == 1400
        assert both[1] == pytest.approx(0.045, abs=0.02)  # 3 % none, 1 % another year, 4 of 1,000 swapped
