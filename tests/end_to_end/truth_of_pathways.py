"""Mileposts of one class, by plain SQL over the truth: the class is the same in each step."""

from __future__ import annotations

from tests.end_to_end.truth_accounts import CHILD_YEAR, LINKED
from tests.end_to_end.truth_of_sector_indicators import A_YEAR_ON, in_college


def kindergartners(success: str, told: str) -> str:
    """Classes of first-time kindergartners of which the step is told."""
    return f"select {CHILD_YEAR}, organization_id, {success} as success from first_kindergarten where {told}"


def ninth_graders(success: str, told: str = "true") -> str:
    """Classes of high school without those who left for elsewhere; nobody knows of whom a step is not told."""
    return f"""
        select {CHILD_YEAR}, class.organization_id, coalesce({success}, false) as success
        from (from graduation where n_years = 4 and (success or not has_left)) as class
        left join (select person_id, school_year as graduated_in, fall_begins, fall_ends from graduates)
            as graduates using (person_id)
        left join asked using (person_id)
        where {told}
    """


ON_TRACK = "class.person_id in (select person_id from on_track_in_ninth)"
ENROLLED = in_college("fall_begins", "fall_ends")
BACK = in_college(A_YEAR_ON.format("fall_begins"), A_YEAR_ON.format("fall_ends"))
AWARDED = (
    f"graduates.person_id in (select person_id from truth.postsecondary_award {LINKED} "
    f"where award_date <= {A_YEAR_ON.format('fall_ends')})"
)
# the last fall that a college file of the demo tells of
LAST_FALL = "(select max(year(first_day)) from college where month(first_day) >= 8)"
PREPARED = (
    """
    create table on_track_in_ninth as
    select person_id from ninth_graders group by person_id
    having bool_and(credits >= 5 and core_failures < 2) and count(credits) = count(*)
    """,
)
DEFINITIONS = {
    ("pathway_from_kindergarten", "preschool"): kindergartners(
        "early_learning_history = 'yes'",
        "school_year - 2 in (select school_year from truth.early_learning) "
        "and school_year - 1 in (select school_year from truth.early_learning)",
    ),
    ("pathway_from_kindergarten", "ready_for_kindergarten"): kindergartners(
        f"(person_id, school_year) in (select (person_id, school_year) from truth.readiness {LINKED} "
        "where is_ready)",
        "true",
    ),
    ("pathway_from_kindergarten", "attending_kindergarten"): kindergartners(
        "coalesce(days_absent * 10 < days_enrolled, false)", "true"
    ),
    ("pathway_from_kindergarten", "reading_in_grade_3"): kindergartners(
        "exists (from judged where judged.person_id = first_kindergarten.person_id and judged.is_proficient "
        "and subject = 'reading' and judged.grade_level = '03' and judged.collection = 'annual' "
        "and judged.school_year between first_kindergarten.school_year + 3 and first_kindergarten.school_year + 4)",
        "school_year + 3 <= 2025",
    ),
    ("pathway_from_ninth_grade", "on_track_in_grade_9"): ninth_graders(ON_TRACK),
    ("pathway_from_ninth_grade", "graduated"): ninth_graders("success"),
    ("pathway_from_ninth_grade", "enrolled_in_fall"): ninth_graders(ENROLLED, f"school_year <= {LAST_FALL}"),
    ("pathway_from_ninth_grade", "back_in_second_fall"): ninth_graders(
        f"{ENROLLED} and ({BACK} or {AWARDED})", f"school_year + 1 <= {LAST_FALL}"
    ),
}
