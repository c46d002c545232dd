"""The floor's second half: SQL from typed tables to the cells of the six indicators, with all their versions."""

# ruff: noqa: E501  (SQL reads better in its own lines)
from __future__ import annotations

from benchmarks.riverbend import DISAGGREGATES, FLAGS, GRADE_POINTS, MARKS, SETS

PERIODS = "child, year, collection"
POINTS = (
    "case mark " + " ".join(f"when '{mark}' then {points}" for mark, points in GRADE_POINTS.items()) + " end"
)
UNKNOWN = f"coalesce(mark, '') not in ({', '.join(repr(mark) for mark in MARKS)})"  # subjects and credits are all told here
KNOWN = ", ".join(f"coalesce(this.{name}, earlier.{name}, 'unknown') as {name}" for name in DISAGGREGATES)
REMOVALS = "('in_school_suspension', 'out_of_school_suspension', 'expulsion')"
GROUPING_SETS = ", ".join(
    f"(indicator_id, definition_version, year, collection, geography_level, geography_id{''.join(f', {c}' for c in s)})"
    for s in SETS
)
DISAGGREGATE = ", ".join(f"case when grouping({name}) = 0 then '{name}' end" for name in DISAGGREGATES)

# Table -> query, in the order in which they are made; the last is the answer.
MEASURING = {
    "traits": """
        select seen.partner, seen.year, gender_code, race_codes, hispanic, any_value(gender.conformed) as gender,
            case
                when any_value(ethnicity.conformed) = 'yes' then 'hispanic_or_latino'
                when count(distinct race.conformed) > 1 then 'two_or_more_races'
                else any_value(race.conformed)
            end as race_ethnicity
        from (
            select *, trim(unnest(string_split(replace(race_codes, '/', ','), ','))) as race_code
            from (select distinct partner, year, gender_code, race_codes, hispanic from person)
        ) as seen
        left join crosswalk as gender on gender.field = 'gender' and gender.partner = seen.partner
            and gender.code = gender_code and year between gender.first_year and gender.last_year
        left join crosswalk as race on race.field = 'race_ethnicity' and race.partner = seen.partner
            and race.code = race_code and year between race.first_year and race.last_year
        left join crosswalk as ethnicity on ethnicity.field = 'hispanic_ethnicity'
            and ethnicity.partner = seen.partner and ethnicity.code = seen.hispanic
        group by all""",
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
        select {PERIODS}, {", ".join(f"case when bool_or({name}) then 'yes' when not bool_or({name}) then 'no' end as {name}"
                                     for name in FLAGS)}
        from status group by {PERIODS}""",
    "told": f"""
        select {PERIODS}, partner, gender, race_ethnicity
        from person join child using (partner, student_id)
        join traits using (partner, year, gender_code, race_codes, hispanic)""",
    "latest": """
        select child, max_by(gender, year * 2 + (collection = 'annual')::integer) filter (gender is not null) as gender,
            max_by(race_ethnicity, year * 2 + (collection = 'annual')::integer) filter (race_ethnicity is not null)
                as race_ethnicity
        from told group by child""",
    "reported": f"""
        select {PERIODS}, coalesce(max(gender) filter (told.partner = student_year.partner), min(gender)) as gender,
            coalesce(max(race_ethnicity) filter (told.partner = student_year.partner), min(race_ethnicity))
                as race_ethnicity
        from told join student_year using ({PERIODS}) group by {PERIODS}""",
    "described": f"""
        select student_year.*, coalesce(reported.gender, latest.gender, 'unknown') as gender,
            coalesce(reported.race_ethnicity, latest.race_ethnicity, 'unknown') as race_ethnicity,
            {", ".join(f"coalesce(flags.{n}, case when student_year.collection <> 'annual' then last_year.{n} end,"
                       f" 'unknown') as {n}" for n in FLAGS)}
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
        select {PERIODS}, organization_id, 'chronic_absence' as indicator_id, 'ten_percent' as definition_version,
            days_absent * 10 >= days_enrolled as is_success
        from student_year where days_enrolled >= 10
        union all
        select {PERIODS}, organization_id, 'chronic_absence', version, days_absent >= days
        from student_year, (values ('eighteen_days', 18), ('fifteen_days', 15)) as versions (version, days)
        where collection = 'annual' and days_enrolled >= 1
        union all
        select {PERIODS}, coalesce(student_year.organization_id, best_test.organization_id),
            case subject when 'reading' then 'early_grade_reading' else 'middle_grade_math' end, 'proficient', is_success
        from best_test left join student_year using ({PERIODS})
        union all
        select {PERIODS}, organization_id, 'ninth_grade_on_track', 'consortium', is_on_track
        from ninth_grade where is_on_track is not null
        union all
        select {PERIODS}, organization_id, 'ninth_grade_on_track', 'ew_framework', is_ready
        from ninth_grade where is_ready is not null
        union all
        select {PERIODS}, organization_id, 'high_school_graduation', 'four_year', is_success from graduation
        union all
        select {PERIODS}, organization_id, 'suspension', 'any_removal', removal.child is not null
        from student_year semi join covered using (partner, year, collection)
        left join (select distinct {PERIODS} from removed) as removal using ({PERIODS})
        left join unclear using ({PERIODS}) where removal.child is not null or unclear.child is null
        union all
        select {PERIODS}, organization_id, 'suspension', 'out_of_school', removal.child is not null
        from student_year semi join covered using (partner, year, collection)
        left join (select * from removed where is_out_of_school) as removal using ({PERIODS})
        left join unclear using ({PERIODS}) where removal.child is not null or unclear.child is null""",
    "earlier": f"""
        select missing.child, missing.year, {", ".join(f"max_by({n}, described.year) as {n}" for n in DISAGGREGATES)}
        from (select child, year from result anti join described using ({PERIODS})) as missing
        join described on described.child = missing.child and described.year < missing.year
            and described.collection = 'annual'
        group by missing.child, missing.year""",
    "school_cell": f"""
        select indicator_id, definition_version, result.year, result.collection, result.organization_id,
            coalesce(district_id, 'unknown') as district_id, {KNOWN},
            count(*) as denominator, count(*) filter (is_success) as numerator
        from result left join described as this using ({PERIODS})
        left join earlier on this.child is null and earlier.child = result.child and earlier.year = result.year
        left join school on school.organization_id = result.organization_id
        group by all""",
    "cells": f"""
        select indicator_id, definition_version, year as school_year, collection, geography_level, geography_id,
            coalesce(nullif(concat_ws('_x_', {DISAGGREGATE}), ''), 'all') as disaggregate,
            coalesce(nullif(concat_ws('|', {", ".join(DISAGGREGATES)}), ''), 'all') as subgroup,
            cast(sum(denominator) as bigint) as denominator, cast(sum(numerator) as bigint) as numerator
        from ({" union all ".join(
            f"select * exclude (organization_id, district_id, denominator, numerator), '{level}' as geography_level,"
            f" {place} as geography_id, sum(denominator) as denominator, sum(numerator) as numerator"
            " from school_cell group by all"
            for level, place in (("school", "organization_id"), ("district", "district_id"),
                                 ("community", "'riverbend'"))
        )})
        group by grouping sets ({GROUPING_SETS})""",
}  # fmt: skip
