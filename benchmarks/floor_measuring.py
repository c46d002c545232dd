"""The floor's second half: SQL from typed tables to the results of the six indicators, with all their versions."""

# ruff: noqa: E501  (SQL reads better in its own lines)
from __future__ import annotations

from benchmarks.riverbend import FLAGS, GRADE_POINTS, MARKS, MEASURES, TRAITS

PERIODS = "child, year, collection"
POINTS = (
    "case mark " + " ".join(f"when '{mark}' then {points}" for mark, points in GRADE_POINTS.items()) + " end"
)
UNKNOWN = f"coalesce(mark, '') not in ({', '.join(repr(mark) for mark in MARKS)})"  # subjects and credits are all told here
REMOVALS = "('in_school_suspension', 'out_of_school_suspension', 'expulsion')"
RECENCY = "year * 10 + list_position(['fall', 'winter', 'spring', 'annual'], collection)"


def measure(indicator: str, version: str) -> str:
    """SQL that says which of MEASURES a result is of."""
    return f"{MEASURES.index((indicator, version))}::utinyint"


# Table -> query, in the order in which they are made; the last has a row per child in a denominator.
MEASURING = {
    "combination": """
        select seen.partner, seen.year, gender_code, race_codes, hispanic, language_code,
            any_value(gender.conformed)::subgroup as gender, any_value(language.conformed)::subgroup as home_language,
            case
                when any_value(ethnicity.conformed) = 'yes' then 'hispanic_or_latino'
                when count(distinct race.conformed) > 1 then 'two_or_more_races'
                else any_value(race.conformed)
            end::subgroup as race_ethnicity,
            nullif(concat_ws(';', case when any_value(ethnicity.conformed) = 'yes' then 'hispanic_or_latino' end,
                string_agg(distinct race.conformed, ';' order by race.conformed)), '') as races
        from (
            select *, trim(unnest(string_split(replace(race_codes, '/', ','), ','))) as race_code
            from (select distinct partner, year, gender_code, race_codes, hispanic, language_code from person)
        ) as seen
        left join crosswalk as gender on gender.field = 'gender' and gender.partner = seen.partner
            and gender.code = gender_code and year between gender.first_year and gender.last_year
        left join crosswalk as race on race.field = 'race_ethnicity' and race.partner = seen.partner
            and race.code = race_code and year between race.first_year and race.last_year
        left join crosswalk as ethnicity on ethnicity.field = 'hispanic_ethnicity'
            and ethnicity.partner = seen.partner and ethnicity.code = seen.hispanic
        left join crosswalk as language on language.field = 'home_language'
            and language.partner = seen.partner and language.code = language_code
        group by all""",
    # numbered in the alphabet's order, so that the least number is of the least text
    "races": """
        select races, cast(row_number() over (order by races) as utinyint) as races_id
        from (select distinct races from combination where races is not null)""",
    "traits": """
        select combination.* exclude (races), races_id from combination left join races using (races)""",
    "spell": f"""
        select {PERIODS}, organization_id, entry_date, any_value(partner) as partner,
            max_by(grade, coalesce(exit_date, make_date(year, 6, 30))) as grade,
            max(date_diff('day', greatest(entry_date, make_date(year - 1, 7, 1)),
                coalesce(exit_date, make_date(year, 6, 30))) + 1) as days_spanned
        from enrollment group by {PERIODS}, organization_id, entry_date""",
    "place": f"""
        select {PERIODS}, organization_id, any_value(partner) as partner, sum(days_enrolled) as days_enrolled,
            sum(days_absent) as days_absent, sum(days_spanned) as days_spanned, max(entry_date) as entry_date,
            max_by(grade, entry_date) as grade
        from (select * from attendance union all by name select * from spell)
        where organization_id is not null group by {PERIODS}, organization_id""",
    "total": f"""
        select {PERIODS}, count(*) as n_places, any_value(organization_id) as organization_id,
            any_value(partner) as partner, max_by(grade, entry_date) filter (grade is not null) as grade,
            sum(days_enrolled) as days_enrolled, sum(days_absent) as days_absent
        from place group by {PERIODS}""",
    "chosen": f"""
        select {PERIODS}, place.organization_id, place.partner, place.grade
        from place join total using ({PERIODS})
        where n_places > 1
        qualify row_number() over (
            partition by {PERIODS}
            order by case when total.days_enrolled is null then days_spanned else place.days_enrolled end desc nulls last,
                place.entry_date desc nulls last, place.organization_id
        ) = 1""",
    "student_year": f"""
        select {PERIODS}, coalesce(chosen.organization_id, total.organization_id) as organization_id,
            coalesce(chosen.partner, total.partner) as partner, coalesce(chosen.grade, total.grade) as grade,
            days_enrolled, days_absent
        from total left join chosen using ({PERIODS})""",
    "flags": f"""
        select {PERIODS}, {", ".join(f"case when bool_or({name}) then 'yes' when not bool_or({name}) then 'no' end::subgroup as {name}"
                                     for name in FLAGS)}
        from status group by {PERIODS}""",
    "told": f"""
        select {PERIODS}, partner, gender, race_ethnicity, home_language, races_id, zip, tract
        from person join child using (partner, student_id)
        join traits using (partner, year, gender_code, race_codes, hispanic, language_code)""",
    "several": f"select {PERIODS} from told group by {PERIODS} having count(*) > 1",
    # of partners that disagree the accountable school's decides, else the first in the alphabet of values
    "reported": f"""
        select {PERIODS}, {", ".join(TRAITS)}, races_id, zip, tract from told anti join several using ({PERIODS})
        union all
        select {PERIODS}, {", ".join(f"coalesce(min({n}::varchar) filter (told.partner = student_year.partner), min({n}::varchar))::subgroup as {n}" for n in TRAITS)},
            {", ".join(f"coalesce(min({n}) filter (told.partner = student_year.partner), min({n})) as {n}" for n in ("races_id", "zip", "tract"))}
        from told semi join several using ({PERIODS}) left join student_year using ({PERIODS}) group by {PERIODS}""",
    # the last that is known, of the children who lack something in a year
    "latest": f"""
        select child, {", ".join(f"max_by({n}, {RECENCY}) filter ({n} is not null) as {n}" for n in (*TRAITS, "races_id"))}
        from reported semi join (
            select child from student_year left join reported using ({PERIODS})
            where gender is null or race_ethnicity is null or home_language is null or races_id is null
        ) as lacking using (child)
        group by child""",
    "described": f"""
        select student_year.*, zip, tract, coalesce(reported.races_id, latest.races_id) as races_id,
            {", ".join(f"coalesce(reported.{n}, latest.{n}, 'unknown'::subgroup) as {n}" for n in TRAITS)},
            {", ".join(f"coalesce(flags.{n}, case when student_year.collection <> 'annual' then last_year.{n} end,"
                       f" 'unknown'::subgroup) as {n}" for n in FLAGS)}
        from student_year
        left join reported using ({PERIODS})
        left join latest using (child)
        left join flags using ({PERIODS})
        left join (select * replace (year + 1 as year) from flags where collection = 'annual') as last_year
            on last_year.child = student_year.child and last_year.year = student_year.year""",
    "best_test": f"""
        select {PERIODS}, test.subject, max_by(organization_id, (test_date, score)) as organization_id,
            max_by(coalesce(is_proficient, score >= proficient_score), (test_date, score)) as is_success
        from (
            select * replace (coalesce(test_date, date '1900-01-01') as test_date)
            from state_test where (subject = 'reading' and grade = '03') or (subject = 'math' and grade = '08')
        ) as test
        left join cut_score on cut_score.subject = test.subject and cut_score.grade_level = grade
            and year between coalesce(first_year, 0) and coalesce(last_year, 9999)
        where coalesce(is_proficient, score >= proficient_score) is not null
        group by {PERIODS}, test.subject""",
    "ninth_grader": """
        select * from student_year where grade = '09' and collection = 'annual'
        qualify year = min(year) over (partition by child)""",
    "marks": f"""
        select child, coalesce(sum(earned), 0) as credits,
            count(*) filter (mark in ('f', 'fail') and subject_area in ('english', 'math', 'science', 'social_studies'))
                as core_failures,
            count(*) filter ((mark in ('f', 'fail') or {UNKNOWN}) and subject_area in ('english', 'math', 'science', 'social_studies'))
                as most_core_failures,
            count(*) filter (mark in ('d', 'f', 'fail') and subject_area in ('english', 'math')) as low_marks,
            count(*) filter ((mark in ('d', 'f', 'fail') or {UNKNOWN}) and subject_area in ('english', 'math')) as most_low_marks,
            coalesce(sum({POINTS} * coalesce(attempted, 1)), 0) as quality_points,
            coalesce(sum(4 * coalesce(attempted, 1)) filter ({UNKNOWN}), 0) as unknown_points,
            sum(coalesce(attempted, 1)) filter ({POINTS} is not null or {UNKNOWN}) as graded_credits
        from (select distinct mark.* from mark join ninth_grader using ({PERIODS})) group by child""",
    "removed": f"""
        select distinct {PERIODS}, action_code = 'out_of_school_suspension' as is_out_of_school
        from discipline where action_code in {REMOVALS}""",
    "unclear": f"select distinct {PERIODS} from discipline where action_code not in {REMOVALS} and action_code <> 'other'",
    "covered": "select distinct partner, year, collection from discipline",
    "ninth_grade": f"""
        select {PERIODS}, organization_id,
            credits >= 5 and case when core_failures > 1 then false when most_core_failures <= 1 then true end as is_on_track,
            case when quality_points >= 3 * graded_credits then true when quality_points + unknown_points < 3 * graded_credits then false end
            and case when low_marks > 0 then false when most_low_marks = 0 then true end
            and days_absent * 25 <= days_enrolled
            and case when removal.child is not null then false when covered.partner is not null and unclear.child is null then true end
                as is_ready
        from ninth_grader join marks using (child)
        left join (select distinct {PERIODS} from removed) as removal using ({PERIODS})
        left join unclear using ({PERIODS})
        left join covered using (partner, year, collection)""",
    "cohort": """
        select child, year, cohort_year, organization_id, partner, exit_code
        from enrollment join (
            select child, min(year) + 12 - cast(min_by(grade, (year, grade)) as integer) as cohort_year
            from enrollment where collection = 'annual' and grade in ('09', '10', '11', '12') group by child
        ) using (child)
        where collection = 'annual' and grade in ('09', '10', '11', '12') and year <= cohort_year
        qualify row_number() over (
            partition by child
            order by year desc, exit_date desc nulls first, entry_date desc, organization_id
        ) = 1""",
    "graduation": """
        select child, cohort_year as year, 'annual' as collection, organization_id,
            coalesce(regular.year <= cohort_year, false) as is_success
        from cohort
        semi join diploma on diploma.partner = cohort.partner and diploma.year = cohort_year
        join (select partner, min(year) as first_year from enrollment where collection = 'annual' group by partner)
            as delivered on delivered.partner = cohort.partner and cohort_year - 3 >= first_year
        left join (select child, min(year) as year from diploma where diploma_type = 'regular' group by child)
            as regular using (child)
        where coalesce(regular.year <= cohort_year, false)
            or coalesce(exit_code, '') not in ('transferred_out', 'emigrated', 'deceased')""",
    "result": f"""
        select {PERIODS}, organization_id, {measure("chronic_absence", "ten_percent")} as measure,
            days_absent * 10 >= days_enrolled as is_success
        from student_year where days_enrolled >= 10
        union all
        select {PERIODS}, organization_id, version, days_absent >= days
        from student_year, (values ({measure("chronic_absence", "eighteen_days")}, 18),
            ({measure("chronic_absence", "fifteen_days")}, 15)) as versions (version, days)
        where collection = 'annual' and days_enrolled >= 1
        union all
        select {PERIODS}, coalesce(student_year.organization_id, best_test.organization_id),
            case subject when 'reading' then {measure("early_grade_reading", "proficient")}
                else {measure("middle_grade_math", "proficient")} end, is_success
        from best_test left join student_year using ({PERIODS})
        union all
        select {PERIODS}, organization_id, {measure("ninth_grade_on_track", "consortium")}, is_on_track
        from ninth_grade where is_on_track is not null
        union all
        select {PERIODS}, organization_id, {measure("ninth_grade_on_track", "ew_framework")}, is_ready
        from ninth_grade where is_ready is not null
        union all
        select {PERIODS}, organization_id, {measure("high_school_graduation", "four_year")}, is_success from graduation
        union all
        select {PERIODS}, organization_id, {measure("suspension", "any_removal")}, removal.child is not null
        from student_year semi join covered using (partner, year, collection)
        left join (select distinct {PERIODS} from removed) as removal using ({PERIODS})
        left join unclear using ({PERIODS}) where removal.child is not null or unclear.child is null
        union all
        select {PERIODS}, organization_id, {measure("suspension", "out_of_school")}, removal.child is not null
        from student_year semi join covered using (partner, year, collection)
        left join (select * from removed where is_out_of_school) as removal using ({PERIODS})
        left join unclear using ({PERIODS}) where removal.child is not null or unclear.child is null""",
}  # fmt: skip
