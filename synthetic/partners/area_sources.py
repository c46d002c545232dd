"""Areas in numbers: a table of the American Community Survey, the state's report card with hidden cells."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited
from synthetic.sectors.areas import CENSUS, STATE

# of table B14003: three and four years old, boys; enrolled in public school, in private school, not enrolled
VARIABLES = {"B14003_001": "children", "B14003_004": "in_school"}
WORDS = {"B14003_001": "Total", "B14003_004": "Enrolled in public school, 3 and 4 years"}


def _acs(collection: Collection) -> str:
    """The second row says the headers in words, as a download from data.census.gov has it."""
    columns = {
        f"{variable}{kind}": f"{column}{margin}"
        for variable, column in VARIABLES.items()
        for kind, margin in (("E", ""), ("M", "_margin"))
    }
    words = {
        f"{variable}{kind}": f"{what}!!{WORDS[variable]}"
        for variable in VARIABLES
        for kind, what in (("E", "Estimate"), ("M", "Margin of Error"))
    }
    named = ", ".join(f"'{words[name]}' as \"{name}\"" for name in columns)
    numbers = ", ".join(f'cast({column} as varchar) as "{name}"' for name, column in columns.items())
    return f"""
        select 'Geography' as "GEO_ID", 'Geographic Area Name' as "NAME", {named}
        union all
        select * from (
            select '1400000US' || tract_id, 'Census Tract ' || right(tract_id, 6) || '; Riverbend', {numbers}
            from acs_estimate where school_year = {collection.school_year} order by tract_id
        )"""


def _report_card(collection: Collection) -> str:
    hidden = "case when is_suppressed then '*' else {} end"
    rate = hidden.format("cast(cast(round(100.0 * numerator / denominator, 1) as decimal(5, 1)) as varchar)")
    return f"""
        select 'School' as "Level", area_id as "Entity ID", area_name as "Entity Name",
            'Third Grade Reading Proficiency' as "Measure", case when student_group = 'All Students' then
                'All' else
                'Economic Status' end as "Group Category", student_group as "Student Group", 'Percent' as
                    "Unit",
            {rate} as "Rate", {hidden.format("cast(numerator as varchar)")} as "Numerator",
            {hidden.format("cast(denominator as varchar)")} as "Denominator",
            '{collection.label}' as "School Year"
        from report_card where school_year = {collection.school_year} order by area_id, student_group"""


SERIES = (
    Series(
        "census_bureau.acs",
        "census_bureau/ACSDT5Y{year}.B14003-Data.csv",
        (f"{CENSUS}.area_measure.acs_table",),
        _acs,
        lambda _: delimited(),
        is_annual,
    ),
    Series(
        "state_education.report_card",
        "state_education/report_card_{label}.csv",
        (f"{STATE}.area_measure.state_report_card",),
        _report_card,
        lambda _: delimited(),
        is_annual,
    ),
)
