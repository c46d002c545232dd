"""Which two birth dates may be one, written down wrongly once: the one judgement that all of identity asks."""

from __future__ import annotations

import duckdb
import pytest

from identity.birth_dates import nearly_the_same
from identity.unlike import unlike_births


@pytest.mark.parametrize(
    ("born", "other", "may_be_one"),
    [
        ("2015-03-07", "2015-03-07", True),
        ("2015-03-07", "2015-03-17", True),  # the day
        ("2015-03-07", "2015-04-07", True),  # the month
        ("2015-03-07", "2013-03-07", True),  # the year
        ("2015-03-07", "2015-07-03", True),  # day and month in the other order
        ("2015-03-07", "2014-07-03", False),  # and the year as well
        ("2015-03-07", "2015-04-08", False),  # a sibling's, or nobody's
        ("2015-03-07", "2014-04-07", False),
        ("2015-03-07", None, None),
        (None, None, None),
    ],
)
def test_two_dates_may_be_one(born: str | None, other: str | None, may_be_one: bool | None) -> None:
    for one, two in ((born, other), (other, born)):
        judged = f"select {nearly_the_same('a', 'b')}, {unlike_births('a', 'b')} from (select ?::date as a, ?::date as b)"
        unlike = None if may_be_one is None else not may_be_one
        assert duckdb.execute(judged, [one, two]).fetchall() == [(may_be_one, unlike)]
