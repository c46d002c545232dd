"""A small release with every kind of number, made by hand; its names hold quotes, letters of the world and HTML."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from docs.published_tables import models

COMMUNITY = """Großes "Tal" & <b>O'Süd</b></script><script>document.title='broken'</script>"""
SCHOOL = """École "Ünï" <img src=x onerror="document.title='broken'"> & Co"""
PROGRAM = "=cmd|' /C calc'!A0 <i>Lesen</i>"
OUTCOMES = (
    "kindergarten_readiness",
    "early_grade_reading",
    "middle_grade_math",
    "high_school_graduation",
    "postsecondary_enrollment",
    "postsecondary_completion",
    "employment",
)

# share, interval and children as a release might hold them: percent with one decimal is worked out by hand in tests
ROWS = """
insert into indicators by name
select outcome as indicator_id, 'usual' as definition_version, upper(outcome[1]) || replace(outcome[2:], '_', ' ') as title,
    'early grades' as stage, outcome, 'share of children' as unit, 'up' as better, 'Spring' as timing,
    'accountable_school' as place, false as is_coverage, true as is_default, 'minimum_share=0.5' as parameters, 'A "book" of <em>rules</em>' as citation,
    'assessment' as required_entities, 'r0007' as release_id
from (select unnest($outcomes) as outcome)
union all by name
select unnest(['chronic_absence', 'chronic_absence', 'path']) as indicator_id, unnest(['tenth', 'days', 'first_step']) as definition_version,
    unnest(['Chronic absence', 'Chronic absence', 'A path']) as title, unnest(['birth', 'birth', 'pathway']) as stage,
    unnest(['early_grade_reading', 'early_grade_reading', null]) as outcome, 'share of students' as unit,
    unnest(['down', 'down', 'up']) as better, 'Within the year' as timing, 'accountable_school' as place,
    false as is_coverage, unnest([true, false, true]) as is_default, 'attendance' as required_entities, 'r0007' as release_id;

insert into school_years by name
select 'tal' as community_id, school_year, collection, if(collection = 'annual', 'final', 'interim') as data_maturity,
    (school_year - 1) || '-' || (school_year % 100) as title, 'r0007' as release_id
from (select unnest([2022, 2023, 2024, 2025]) as school_year), (select unnest(['annual', 'fall']) as collection);

insert into geographies by name
select 'tal' as community_id, level as geography_level, id as geography_id, title, 'r0007' as release_id
from (values ('community', 'tal', $community), ('school', 's:1', $school), ('school', 's:2', 'Second school'),
    ('zip', '01234', '01234')) as v(level, id, title);

insert into subgroups by name
select split as disaggregate, subgroup, split_title as disaggregate_title, title as subgroup_title, false as is_pair,
    (row_number() over ())::integer as sort_order, 'r0007' as release_id
from (values ('all', 'all', 'All children', 'All children'), ('race_ethnicity', 'asian', 'Race and ethnicity', 'Asian'),
    ('race_ethnicity', 'white', 'Race and ethnicity', 'White <em>'), ('race_ethnicity', 'unknown', 'Race and ethnicity', 'Unknown'),
    ('gender', 'female', 'Gender', 'Female'), ('gender', 'male', 'Gender', 'Male')) as v(split, subgroup, split_title, title);

create temp table told (indicator_id varchar, definition_version varchar, school_year integer, collection varchar,
    geography_level varchar, geography_id varchar, disaggregate varchar, subgroup varchar, denominator bigint,
    value double, value_low double, value_high double, suppression varchar, data_maturity varchar);
insert into told values
    ('early_grade_reading', 'usual', 2022, 'annual', 'community', 'tal', 'all', 'all', 1200, 0.5, 0.4718, 0.5282, '', 'final'),
    ('early_grade_reading', 'usual', 2023, 'annual', 'community', 'tal', 'all', 'all', null, null, null, null, 'suppressed', 'final'),
    ('early_grade_reading', 'usual', 2024, 'annual', 'community', 'tal', 'all', 'all', 1234, 0.5235, 0.4956, 0.5513, '', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'community', 'tal', 'all', 'all', 1240, 0.55449, 0.5267, 0.5819, '', 'preliminary'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'community', 'tal', 'race_ethnicity', 'asian', 300, 0.7, 0.6459, 0.7491, '', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'community', 'tal', 'race_ethnicity', 'white', 110, null, 0, 0.08, 'coded_low', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'community', 'tal', 'race_ethnicity', 'unknown', null, null, null, null, 'suppressed', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'community', 'tal', 'gender', 'female', 620, 0.6, 0.5609, 0.6379, '', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'community', 'tal', 'gender', 'male', 620, 0.5, 0.4607, 0.5393, '', 'final'),
    ('early_grade_reading', 'usual', 2024, 'annual', 'community', 'tal', 'gender', 'male', 600, 0.4, 0.3616, 0.4397, '', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'school', 's:1', 'all', 'all', 80, 0.25, 0.1681, 0.3548, '', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'school', 's:2', 'all', 'all', 60, null, 0.95, 1, 'coded_high', 'final'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'school', 's:1', 'gender', 'male', 41, 0.3171, 0.1956, 0.4699, '', 'final'),
    ('early_grade_reading', 'usual', 2025, 'fall', 'community', 'tal', 'all', 'all', 1100, 0.3, 0.2736, 0.3277, '', 'interim'),
    ('early_grade_reading', 'usual', 2025, 'annual', 'zip', '01234', 'all', 'all', 222, 0.61, 0.5442, 0.6717, '', 'final'),
    ('kindergarten_readiness', 'usual', 2024, 'annual', 'community', 'tal', 'all', 'all', 900, 0.44, 0.4079, 0.4726, '', 'final'),
    ('kindergarten_readiness', 'usual', 2025, 'annual', 'community', 'tal', 'all', 'all', null, null, null, null, 'not_received', 'final'),
    ('chronic_absence', 'tenth', 2025, 'annual', 'community', 'tal', 'all', 'all', 5000, 0.2, 0.1891, 0.2113, '', 'final'),
    ('chronic_absence', 'days', 2025, 'annual', 'community', 'tal', 'all', 'all', 5000, 0.123, 0.1142, 0.1324, '', 'final');
insert into indicator_values by name
select 'tal' as community_id, told.*, round(denominator * value)::bigint as numerator,
    if(value is not null, 'rate', if(value_low is not null, 'band', null)) as value_kind, 'r0007' as release_id from told;

insert into indicator_gaps by name
select 'tal' as community_id, 'early_grade_reading' as indicator_id, 'usual' as definition_version, 2025 as school_year, 'annual' as collection,
    'community' as geography_level, 'tal' as geography_id, 'gender' as disaggregate, 'male' as subgroup, 'best_off' as reference, 'female' as reference_subgroup,
    -10.04 as gap_points, -15.5 as gap_points_low, -4.46 as gap_points_high, 'behind' as gap_status, 62 as children_to_close;
insert into indicator_trends by name
select 'tal' as community_id, 'early_grade_reading' as indicator_id, 'usual' as definition_version, 2025 as school_year, 'annual' as collection,
    'community' as geography_level, 'tal' as geography_id, 'all' as disaggregate, 'all' as subgroup, 2022 as baseline_year, 5.449 as change_points,
    1.48 as change_points_low, 9.39 as change_points_high, 'improved' as status, true as is_latest, 2028 as target_year, 0.6 as target_value,
    4.551 as distance_to_target_points, 1.517 as pace_needed_points_per_year;

insert into pathway_funnel by name
select 'tal' as community_id, 'path' as pathway, cohort as cohort_year, step, step_order, 'community' as geography_level, 'tal' as geography_id, split as disaggregate, subgroup,
    size as cohort_size, share as share_reached, low as share_low, high as share_high, marker as suppression, 'final' as data_maturity
from (values (2024, 'first_step', 1, 'all', 'all', 400, 0.75, 0.7053, 0.79, ''), (2024, 'last_step', 2, 'all', 'all', 400, null, 0, 0.06, 'coded_low'),
    (2024, 'first_step', 1, 'gender', 'female', 200, 0.8, 0.7391, 0.8496, ''), (2024, 'last_step', 2, 'gender', 'female', null, null, null, null, 'suppressed'),
    (2023, 'first_step', 1, 'all', 'all', 380, 0.5, 0.45, 0.55, '')) as v(cohort, step, step_order, split, subgroup, size, share, low, high, marker);

insert into program_results by name
select 'tal' as community_id, 'club' as program_id, $program as program_name, 'tutoring' as program_type, 2025 as school_year, indicator_id,
    'usual' as definition_version, dosage, 'exact' as method, n as n_matched, rate as participant_rate, other as comparison_rate, 100 * (rate - other) as difference_points,
    low as difference_points_low, high as difference_points_high, balanced as is_balanced, 'This does not prove that the program did it.' as caution, marker as suppression
from (values ('early_grade_reading', 'all', 90, 0.62, 0.5, 1.5, 22.5, false, ''), ('early_grade_reading', 'low', null, null, null, null, null, null, 'suppressed'),
    ('kindergarten_readiness', 'all', null, 0.7, 0.4, null, null, null, '')) as v(indicator_id, dosage, n, rate, other, low, high, balanced, marker);

insert into gateway_status by name
select 'tal' as community_id, 'exploring' as gateway, 'baseline' as item, 1 as sort_order, 'A value is published' as requirement, outcome,
    outcome in ('early_grade_reading', 'kindergarten_readiness') as is_met, 'indicator_values' as evidence_table, if(outcome = 'early_grade_reading', 2022, null) as evidence_year,
    0.85 as share_needed, 2 / 7 as share_met, false as is_item_met from (select unnest($outcomes) as outcome);

insert into load_quality by name
select 'tal' as community_id, partner as partner_id, partner || '.' || entity as extract_id, entity, year as school_year, 'annual' as collection, id as load_id, rule, severity,
    passed as is_passed, broken as n_violations, state, timestamp '2025-09-01' as received_at, received as rows_received
from (values ('north_district', 'attendance', 2024, '1', 'key_is_unique', 'quarantine', true, 0, 'accepted', 5000),
    ('north_district', 'attendance', 2025, '2', 'key_is_unique', 'quarantine', false, null, 'accepted_with_quarantine', 5100),
    ('north_district', 'attendance', 2025, '3', 'row_count_is_like_last_time', 'reject', false, 2600, 'rejected', 2500),
    ('north_district', 'person', 2025, '4', 'key_is_unique', 'reject', false, 40, 'rejected', 4000),
    ('eastside', 'enrollment', 2025, '5', 'file_can_be_read', 'reject', false, null, 'rejected', 0)
) as v(partner, entity, year, id, rule, severity, passed, broken, state, received);

insert into releases by name
select 'r0007' as release_id, timestamp '2025-10-02 08:00' as created_at, timestamp '2025-10-01' as data_as_of, 'Notes <b>bold</b>' as notes, true as is_current;
"""


def make_release(folder: Path, *more: str) -> Path:
    """Write release.duckdb into `folder`, with what the statements `more` change; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {"community": COMMUNITY, "school": SCHOOL, "program": PROGRAM}
    with duckdb.connect(str(folder / "release.duckdb")) as con:
        con.execute("create schema published; use published")
        for model in models():
            columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
            con.execute(f"create table {model['name']} ({columns})")
        rows = ROWS.replace("$outcomes", str(list(OUTCOMES)))
        for name, value in values.items():
            rows = rows.replace(f"${name}", "'" + value.replace("'", "''") + "'")
        for statement in (rows, *more):
            con.execute(statement)
    return folder


def make_map(folder: Path) -> Path:
    """Write map.geojson: both ZIP codes' outlines, one of them without numbers, and the first school; the file."""
    west, east = ([[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]] for x in (0, 1))
    drawn = [
        ("zip", "01234", {"type": "Polygon", "coordinates": [west]}),
        ("zip", "01235", {"type": "Polygon", "coordinates": [east]}),
        ("school", "s:1", {"type": "Point", "coordinates": [0.5, 0.5]}),
    ]
    features = [
        {
            "type": "Feature",
            "properties": {"geography_level": level, "geography_id": place},
            "geometry": geometry,
        }
        for level, place, geometry in drawn
    ]
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path
