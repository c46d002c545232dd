"""A release with as many numbers as a deployment's, made by SQL: what is slow of it is slow there."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.home import Home
from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import load_promise
from publishing.release_files import write_contents
from tests.publishing.postgres.made_release import make_current

INDICATORS, YEARS, SCHOOLS = 16, 4, 14
# what children are split by, and into how many groups; pairs are told of the community alone
SINGLES = {"all": 1, "race_ethnicity": 7, "gender": 2, "economic_disadvantage": 2, "disability": 2}
PAIRS = {"race_ethnicity_x_gender": 14, "race_ethnicity_x_disability": 14}


def add_large_release(home: Home, release_id: str) -> Path:
    """A release of the communities riverbend and hillside, which becomes the current one."""
    folder = home.release_folder(release_id)
    folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse; create schema warehouse.published")
        promise = load_promise(DBT_PROJECT)
        for name, table in promise.items():
            columns = ", ".join(f"{column} {kind}" for column, (kind, _) in table.columns.items())
            con.execute(f"create table warehouse.published.{name} ({columns})")
        con.execute("use warehouse.published")
        for statement in filter(str.strip, _rows().split(";")):
            con.execute(statement)
        con.execute("use memory")
        write_contents(con, promise, folder, {"release_id": release_id, "content": release_id})
    make_current(home, release_id)
    return folder


def _rows() -> str:
    titles = {name: name.replace("_", " ").capitalize() for name in SINGLES | PAIRS}
    # what the dashboards open with
    titles["race_ethnicity"] = "Race and ethnicity"
    splits = ", ".join(
        f"('{name}', '{titles[name]}', {name in PAIRS}, {groups})"
        for name, groups in (SINGLES | PAIRS).items()
    )
    return f"""
insert into subgroups by name
    select disaggregate, disaggregate_title, is_pair, 'release' as release_id, {_subgroup("n")} as subgroup,
        case disaggregate when 'all' then 'All children' else disaggregate_title || ' ' || n end as subgroup_title,
        row_number() over (order by disaggregate, n) as sort_order
    from (values {splits}) as told (disaggregate, disaggregate_title, is_pair, groups), unnest(range(groups)) as t (n);
insert into indicators by name
    select 'indicator_' || n as indicator_id, version as definition_version, case n when 1 then 'Early grade reading' else 'Indicator ' || n end as title,
        'school' as stage, 'outcome_' || n // 4 as outcome, 'up' as better, version = 'usual' as is_default
    from range({INDICATORS}) as t (n), (values ('usual'), ('strict')) as v (version) where version = 'usual' or n % 4 = 0;
insert into geographies by name
    select community_id, level as geography_level, level || '_' || n || '_of_' || community_id as geography_id,
        case level when 'community' then upper(community_id[1]) || community_id[2:] else level || ' ' || n end as title
    from (values ('riverbend'), ('hillside')) as c (community_id),
        (values ('community', 1), ('district', 1), ('school', {SCHOOLS})) as l (level, places), unnest(range(places)) as t (n);
insert into school_years by name
    select community_id, 2025 - n as school_year, collection, 'final' as data_maturity, 'of ' || 2025 - n as title
    from (values ('riverbend'), ('hillside')) as c (community_id), range({YEARS}) as t (n),
        (values ('annual'), ('fall')) as o (collection);
insert into indicator_values by name
    select community_id, indicator_id, definition_version, school_year, collection, data_maturity, geography_level,
        geography_id, disaggregate, subgroup, 'release' as release_id,
        case when number > 15 then 100 + number end as denominator, case when number > 15 then number / 100 end as value,
        case when number > 15 then number / 100 - 0.05 end as value_low,
        case when number > 15 then number / 100 + 0.05 end as value_high,
        case when number > 15 then 'rate' end as value_kind, case when number > 15 then '' else 'suppressed' end as suppression
    from (
        select *, hash(indicator_id, school_year, geography_id, disaggregate, subgroup) % 80 as number
        from indicators cross join geographies cross join subgroups inner join school_years using (community_id)
        where (not is_pair or geography_level = 'community') and (collection = 'annual' or indicator_id = 'indicator_1')
    );
insert into indicator_gaps by name
    select told.* exclude (numerator, release_id), 'release' as release_id, reference, 'all' as reference_subgroup,
        0.6 as reference_value, 100 * value - 60 as gap_points, gap_points - 4 as gap_points_low,
        gap_points + 4 as gap_points_high, greatest(0, -gap_points) as children_to_close,
        case when gap_points < -4 then 'behind' when gap_points > 4 then 'ahead' else 'not_clear' end as gap_status
    from (
        select * exclude (value_low, value_high, value_kind, suppression, held_since, rounded_to)
        from indicator_values where suppression = ''
    ) as told, (values ('best_off'), ('total')) as r (reference);
insert into indicator_trends by name
    select * exclude (numerator, denominator, rounded_to, value_low, value_high, value_kind, suppression, held_since),
        2020 as baseline_year, 0.5 as baseline_value, 100 * value - 50 as change_points, 'maintained' as status,
        'maintained' as status_among_many, school_year = 2025 as is_latest, 2027 as target_year, 0.7 as target_value,
        70 - 100 * value as distance_to_target_points
    from indicator_values where suppression = '';
insert into gap_drivers by name
    select gaps.community_id, indicator_id, definition_version, school_year, collection, data_maturity, disaggregate,
        subgroup, reference as reference_subgroup, schools.geography_id, gap_points, denominator, 5 as children_to_close,
        'release' as release_id
    from indicator_gaps as gaps inner join geographies as schools using (community_id)
    where gaps.geography_level = 'community' and schools.geography_level = 'school' and disaggregate not like '%_x_%';
insert into load_quality by name
    select 'riverbend' as community_id, 'north_schools' as partner_id, 'north_schools.table_' || n % 20 as extract_id,
        2025 - n // 20 as school_year, 'annual' as collection, 'd' || n as load_id, 'rule_' || r as rule, 'reject' as severity,
        r > 0 as is_passed, 20 as n_violations, 'accepted' as state, timestamp '2025-08-01 10:00:00' as received_at,
        100 as rows_received, 0 as rows_quarantined, 'release' as release_id
    from range(200) as t (n), range(8) as u (r);
insert into releases by name select 'r0001' as release_id, timestamp '2025-09-01' as created_at, true as is_current
"""


def _subgroup(number: str) -> str:
    return f"case disaggregate when 'all' then 'all' else disaggregate || '_' || {number} end"
