"""The state's wage records of graduates: a row per employer and quarter."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited
from synthetic.sectors.work import WAGES


def _wages(collection: Collection) -> str:
    return f"""
        select student_id as "STATE_ID", employer_id as "EMPLOYER", industry_code as "NAICS", wage_year ||
            'Q' || wage_quarter
            as "YEAR_QUARTER", cast(wages as varchar) as "WAGES", work_state as "STATE"
        from fact_employment where school_year = {collection.school_year}
        order by student_id, wage_year, wage_quarter"""


SERIES = (
    Series(
        "wage_records.quarters",
        "wage_records/wages_{label}.csv",
        (f"{WAGES}.person", f"{WAGES}.employment"),
        _wages,
        lambda _: delimited(),
        is_annual,
    ),
)
