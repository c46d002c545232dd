"""Which dirt stands in which files of Riverbend.

Rules: `date`, `number`, `flag` for what cannot be read; `missing`; `range`; `absent` for more days absent
than enrolled; `duplicate` for an exact copy, which is held back; `conflict` for one that differs, where both
are; `unmapped` for codes in nobody's crosswalk, whose rows stay and count as 'unmapped'.
"""

from __future__ import annotations

from synthetic.dirt import Dirt

RIVER, LAKE, TRACKER = "river_city_schools", "lakeshore_unified", "college_tracker"
BAD_US_DATE, BAD_ISO_DATE = "'02/30/2015'", "'2015-02-30'"
MORE_PRESENT_THAN_POSSIBLE = 'cast(cast("DaysPossible" as integer) + 3 as varchar)'
ONE_DAY_LESS = 'cast(cast("DaysPresent" as integer) - 1 as varchar)'
MORE_ABSENT_THAN_ENROLLED = "cast(cast(member_days as integer) + 2.5 as varchar)"
NO_SUCH_DAY = "substr(\"Enrollment Begin\", 1, 6) || '99'"

RIVER_CITY = (
    Dirt("river_city.demographics", "date", "birth_date", (f"{RIVER}.person",),
         "BirthDate", BAD_US_DATE, years=(2020, 2021)),
    Dirt("river_city.demographics", "date", "birth_date", (f"{RIVER}.person",),
         "Date of Birth", BAD_ISO_DATE, years=(2024, 2025)),
    Dirt("river_city.demographics", "missing", "student_id", (f"{RIVER}.person", f"{RIVER}.student_status"),
         "student_number", "null", years=(2022,)),
    Dirt("river_city.demographics", "duplicate", "student_id", (f"{RIVER}.person", f"{RIVER}.student_status"),
         copies=True, rows=5, years=(2023, 2025)),
    Dirt("river_city.enrollment", "date", "exit_date", (f"{RIVER}.enrollment",),
         "ExitDate", BAD_US_DATE, years=(2021, 2024)),
    Dirt("river_city.enrollment", "duplicate", "student_id", (f"{RIVER}.enrollment",),
         copies=True, years=(2022, 2025)),
    Dirt("river_city.attendance", "range", "days_absent", (f"{RIVER}.attendance",),
         "DaysPresent", MORE_PRESENT_THAN_POSSIBLE, rows=6),
    Dirt("river_city.attendance", "missing", "school_id", (f"{RIVER}.attendance",),
         "school_code", "null", years=(2023,)),
    Dirt("river_city.attendance", "conflict", "student_id", (f"{RIVER}.attendance",),
         "DaysPresent", ONE_DAY_LESS, copies=True, years=(2024,)),
    Dirt("river_city.attendance", "range", "days_absent", (f"{RIVER}.attendance",),
         "DaysPresent", MORE_PRESENT_THAN_POSSIBLE, years=(2025,), collections=("fall", "winter")),
    Dirt("river_city.state_test", "date", "test_date", (f"{RIVER}.assessment",),
         "TestDate", BAD_US_DATE, years=(2023, 2025)),
    Dirt("river_city.discipline", "unmapped", "action_code", (), "ActionCode", "'7'", rows=4),
    Dirt("river_city.discipline", "duplicate", "incident_id", (f"{RIVER}.discipline",),
         copies=True, years=(2022, 2024)),
    Dirt("river_city.marks", "unmapped", "mark", (), "mark", "'NG'", rows=12, years=(2023, 2024, 2025)),
    Dirt("river_city.diplomas", "date", "diploma_date", (f"{RIVER}.diploma",),
         "Diploma Date", "'pending'", years=(2022, 2025)),
)  # fmt: skip

LAKESHORE = (
    Dirt("lakeshore.students", "date", "birth_date", (f"{LAKE}.person",),
         "dob", BAD_ISO_DATE, years=(2021, 2024)),
    Dirt("lakeshore.students", "missing", "student_id", (f"{LAKE}.person",), "stu_id", "null", years=(2023,)),
    Dirt("lakeshore.students", "duplicate", "student_id", (f"{LAKE}.person",), copies=True, years=(2025,)),
    Dirt("lakeshore.programs", "flag", "is_economically_disadvantaged", (f"{LAKE}.student_status",),
         "frl", "'2'", years=(2022, 2025)),
    Dirt("lakeshore.enrollment", "date", "entry_date", (f"{LAKE}.enrollment",),
         "entry", BAD_ISO_DATE, years=(2023,)),
    Dirt("lakeshore.attendance", "absent", "days_absent", (f"{LAKE}.attendance",),
         "absences", MORE_ABSENT_THAN_ENROLLED),
    Dirt("lakeshore.attendance", "absent", "days_absent", (f"{LAKE}.attendance",),
         "absences", MORE_ABSENT_THAN_ENROLLED, years=(2025,), collections=("winter",)),
    Dirt("lakeshore.state_test", "number", "scale_score", (f"{LAKE}.assessment",),
         "score", "'ABS'", years=(2024,)),
    Dirt("lakeshore.discipline", "unmapped", "action_code", (), "action", "'REF'"),
    Dirt("lakeshore.marks", "range", "credits_earned", (f"{LAKE}.course_mark",),
         "creditsEarned", "'9.00'", years=(2025,)),
)  # fmt: skip

PLANTED = (
    *RIVER_CITY,
    *LAKESHORE,
    Dirt("college_tracker.detail", "date", "enrollment_begin_date",
         (f"{TRACKER}.postsecondary_enrollment.nsc_studenttracker",),
         "Enrollment Begin", NO_SUCH_DAY, years=(2024, 2025)),
)  # fmt: skip
