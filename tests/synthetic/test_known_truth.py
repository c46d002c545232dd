"""The truth holds together, and the planted gaps are in it: plain SQL over the Parquet tables."""

import csv
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.entities import load_entities
from synthetic import Manifest

Con = duckdb.DuckDBPyConnection
CUT_SCORES = Path(__file__).parents[2] / "communities/riverbend/cut_scores.csv"
ENTITIES = (
    "person",
    "student_status",
    "school",
    "enrollment",
    "attendance",
    "assessment",
    "discipline",
    "course_mark",
    "diploma",
    "postsecondary_enrollment",
    "staff_assignment",
)
SCOPE = "extract_id, school_year, collection"


def one(truth: Con, query: str) -> float:
    return truth.sql(query).fetchall()[0][0]


# columns that no partner of Riverbend's schools fills
NOT_SENT = {
    "is_primary",
    "replaced_by_student_id",
    "birth_year",
    "clk",
    "clk_version",
    "hashed_national_id",
    "state_school_id",
    "is_doubled_up",
    "course_level",
    "math_course",
    "credits_attempted",
    "credits_earned",
}


@pytest.mark.parametrize("entity", ENTITIES)
def test_keys_are_unique_and_columns_are_the_entitys(truth: Con, entity: str) -> None:
    facts = load_entities()[entity]
    key = ", ".join(facts.key)
    doubled = f"select count(*) from (select 1 from {entity} group by {SCOPE}, {key} having count(*) > 1)"
    assert one(truth, doubled) == 0
    assert set(facts.columns) - NOT_SENT <= set(truth.table(entity).columns)


@pytest.mark.parametrize("entity", ENTITIES)
def test_rows_stand_in_the_order_of_the_files(riverbend: Manifest, truth: Con, entity: str) -> None:
    path = str(riverbend.table(entity)).replace("'", "''")
    out_of_place = f"""
        select count(*) from (
            select (school_year, collection, extract_id, source_id) as key,
                lag(key) over (order by file_row_number) as key_above
            from read_parquet('{path}', file_row_number = true)
        ) where key_above > key"""
    assert one(truth, out_of_place) == 0


def test_one_row_per_child_year_and_collection(truth: Con) -> None:
    key = "true_person_id, school_year, collection"
    assert one(truth, f"select count(*) - count(distinct ({key})) from student_year") == 0


def test_days_of_a_child_are_the_sum_over_schools(truth: Con) -> None:
    differing = """
        select count(*) from student_year
        full join (
            select true_person_id, school_year, collection,
                sum(days_enrolled) as enrolled, sum(days_absent) as absent
            from attendance where not is_held_back group by all
        ) as summed using (true_person_id, school_year, collection)
        where student_year.days_enrolled is distinct from enrolled or days_absent is distinct from absent"""
    assert one(truth, differing) == 0


def test_the_accountable_school_is_where_a_child_spent_most_days(truth: Con) -> None:
    moved, wrong = truth.sql("""
        select count(*), count(*) filter (where organization_id != longest)
        from student_year
        inner join (
            select true_person_id, school_year, collection,
                max_by(partner_id || ':' || lower(school_id), days_enrolled) as longest,
                count(*) as n, count(*) filter (where days_enrolled = most) as n_longest
            from (
                select *,
                    max(days_enrolled) over (partition by true_person_id, school_year, collection) as most
                from attendance where not is_held_back
            ) group by all
        ) using (true_person_id, school_year, collection)
        where n > 1 and n_longest = 1
    """).fetchall()[0]
    assert moved > 50
    assert wrong == 0


def test_children_of_both_districts_keep_their_state_id_alone(truth: Con) -> None:
    in_both = truth.sql("""
        select count(*), count(*) filter (where n_ids = 2) from (
            select true_person_id, count(distinct student_id) as n_ids from person
            where partner_id in ('river_city_schools', 'lakeshore_unified')
            group by all having count(distinct partner_id) = 2
        )""").fetchall()[0]
    assert in_both[0] > 20
    assert in_both[0] == in_both[1]


def test_the_districts_give_the_same_numbers_to_different_children(truth: Con) -> None:
    shared = """
        select count(distinct river.student_id) from person as river inner join person as lake
            on lake.student_id = river.student_id and lake.true_person_id != river.true_person_id
        where river.partner_id = 'river_city_schools' and lake.partner_id = 'lakeshore_unified'"""
    assert one(truth, shared) > 100


def test_siblings_share_surname_and_address(truth: Con) -> None:
    share = """
        select avg(cast(n > 1 as integer)) from (
            select count(*) over (partition by last_name, address) as n from person
            where school_year = 2025 and collection = 'annual' and address is not null
        )"""
    assert 0.3 < one(truth, share) < 0.7


def test_interim_values_only_grow(truth: Con) -> None:
    fall, shrunk = truth.sql("""
        select count(*),
            count(*) filter (where not (fall <= winter and winter <= spring and spring <= annual)) from (
            select true_person_id, school_id,
                max(days_absent) filter (where collection = 'fall') as fall,
                max(days_absent) filter (where collection = 'winter') as winter,
                max(days_absent) filter (where collection = 'spring') as spring,
                max(days_absent) filter (where collection = 'annual') as annual
            from attendance where school_year = 2025 group by all having fall is not null
        )""").fetchall()[0]
    assert fall > 1_900
    assert shrunk == 0


def test_diplomas_belong_to_those_who_left_as_graduates(truth: Con) -> None:
    without = """
        select count(*) from (
            from enrollment where exit_code = 'graduated' and collection = 'annual'
        ) as finished anti join diploma using (true_person_id, school_year)"""
    assert one(truth, without) == 0


def test_chronic_absence_gap_is_planted_with_its_size(truth: Con) -> None:
    # 13 points for economic disadvantage, among children with no other circumstance
    gap = """
        select avg(chronic) filter (where poor) - avg(chronic) filter (where not poor) from (
            select cast(days_absent >= 0.1 * days_enrolled as integer) as chronic,
                is_economically_disadvantaged as poor
            from student_year
            where collection = 'annual' and days_enrolled > 150 and not is_homeless and not has_disability
                and not is_in_foster_care and race_ethnicity != 'black_or_african_american'
        )"""
    assert one(truth, gap) == pytest.approx(0.13, abs=0.035)
    stated = "select points from planted_gaps where outcome = 'chronically_absent' and circumstance = "
    assert one(truth, stated + "'economic_disadvantage'") == 0.13


def test_reading_gap_of_boys_is_planted_with_its_size(truth: Con) -> None:
    gap = """
        select avg(proficient) filter (where gender = 'female')
            - avg(proficient) filter (where gender = 'male') from (
            select cast(is_proficient as integer) as proficient, student_year.*
            from assessment inner join student_year using (true_person_id, school_year, collection)
            where assessment_id = 'state_test' and subject = 'reading'
                and not is_english_learner and not has_disability
        )"""
    assert one(truth, gap) == pytest.approx(0.06, abs=0.04)


def test_proficient_is_at_or_above_the_cut_score(truth: Con) -> None:
    with CUT_SCORES.open(newline="") as file:
        cuts = [
            (row["subject"], row["grade_level"], int(row["first_year"] or 0), int(row["last_year"] or 9999),
             float(row["proficient_score"]))
            for row in csv.DictReader(file)
        ]  # fmt: skip
    truth.execute(
        "create table cuts (subject varchar, grade_level varchar, first int, last int, score double)"
    )
    truth.executemany("insert into cuts values (?, ?, ?, ?, ?)", cuts)
    n, wrong = truth.sql("""
        select count(*), count(*) filter (where is_proficient != (scale_score >= score))
        from assessment inner join cuts on cuts.subject = assessment.subject
            and cuts.grade_level = assessment.grade_level and school_year between first and last
        where assessment_id = 'state_test'""").fetchall()[0]
    assert n > 5_000
    assert wrong == 0


def test_reports_to_the_college_tracker_name_graduates_only(riverbend: Manifest, truth: Con) -> None:
    strangers = """
        select count(*) from (from person where partner_id = 'college_tracker') as seen
        anti join (from enrollment where exit_code = 'graduated') as finished using (true_person_id)"""
    assert one(truth, strangers) == 0
    assert any("nsc_detail" in file.path for file in riverbend.deliveries)


# Staff on 1 October and children of each school of which they are told; of a counselor without FTE nothing is.
COUNSELED = """
    with children as (
        select organization_id, school_year, count(*) as n,
            count(*) filter (is_economically_disadvantaged) / count(*) as poor_share
        from student_year where collection = 'annual' group by all
    ),
    staff as (
        select partner_id || ':' || lower(school_id) as organization_id, school_year,
            coalesce(sum(full_time_equivalent) filter (staff_classification = 'school_counselor'), 0) as fte,
            count(*) filter (staff_classification = 'teacher') as n_teachers
        from staff_assignment
        where make_date(school_year - 1, 10, 1) between coalesce(start_date, date '1900-01-01')
            and coalesce(end_date, date '9999-12-31')
        group by all
        having count(*) filter (staff_classification = 'school_counselor' and full_time_equivalent is null) = 0
    )
    from children inner join staff using (organization_id, school_year)"""


def test_schools_with_more_poor_children_have_fewer_counselors(truth: Con) -> None:
    poorer, others, without = truth.sql(f"""
        select sum(n) filter (poor_share > 0.45) / sum(fte) filter (poor_share > 0.45),
            sum(n) filter (poor_share <= 0.45) / sum(fte) filter (poor_share <= 0.45),
            count(distinct organization_id) filter (fte = 0 and poor_share > 0.45)
        from ({COUNSELED})""").fetchall()[0]
    # planted are about 100 + 400 * 0.53 and 100 + 400 * 0.27 children for each, where there is any
    assert poorer > 300 > 230 > others > 150
    assert without > 1
    assert one(truth, f"select count(*) from ({COUNSELED}) where fte = 0 and poor_share < 0.35") == 0


def test_a_teacher_has_about_16_children_and_is_mostly_white(truth: Con) -> None:
    assert one(truth, f"select sum(n) / sum(n_teachers) from ({COUNSELED})") == pytest.approx(15, abs=1.5)
    # of 100 teachers 2 say nothing, and of the others 69 and 85 are white; each stands once, whatever the years
    white = """
        select avg(cast(race_ethnicity = 'white' as integer)) from (
            select distinct staff_id, race_ethnicity from staff_assignment where partner_id = '{}'
        )"""
    assert one(truth, white.format("river_city_schools")) == pytest.approx(0.69 / 0.98, abs=0.1)
    assert one(truth, white.format("lakeshore_unified")) == pytest.approx(0.845 / 0.99, abs=0.1)


def test_one_follows_another_at_lakeshore_within_the_year(truth: Con) -> None:
    left, followed, overlapping = truth.sql("""
        select count(*) filter (end_date is not null), count(*) filter (month(start_date) = 1),
            count(*) filter (end_date is not null and month(start_date) = 1)
        from staff_assignment where partner_id = 'lakeshore_unified'""").fetchall()[0]
    assert left == followed > 10
    assert overlapping == 0
    dates = "select count(start_date) + count(end_date) from staff_assignment where partner_id = 'river_city_schools'"
    assert one(truth, dates) == 0
