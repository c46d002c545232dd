"""HMIS staging on rows worked out by hand: who is a client, what is a stay, which nights were without a home."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from tiny_warehouse import Lake, Row, Warehouse

from tests.dbt_in_process import problems
from ingestion.warehouse_file import open_warehouse

CLEAR, HASHED = 1, 4
SHA_256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Hmis:
    """The exports of one partner, and what staging makes of them."""

    def __init__(self, lake: Lake, manifest: Any) -> None:
        self.lake = lake
        self.manifest = manifest
        self.tables: dict[tuple[str, int, str], list[Row]] = {}

    def export(self, year: int, made: str, names: int = CLEAR, version: str = "2026 v1.0") -> None:
        told: Row = {"export_start_date": f"{year - 2}-07-01", "hash_status": names, "csv_version": version}
        self.add(year, "export", {"export_id": made, "export_date": made, **told})

    def add(self, year: int, table: str, *rows: Row, partner: str = "north") -> None:
        self.tables.setdefault((partner, year, f"hmis_{table}"), []).extend(rows)

    def build(self) -> None:
        for (partner, year, table), rows in self.tables.items():
            self.lake.deliver(table, year, rows, partner=partner)
        warehouse = Warehouse(self.manifest, self.lake.finish())
        result = warehouse.dbt("run", "--select", "models/staging/hmis")
        assert result.success, problems(result)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        home = self.lake.home
        with open_warehouse(home) as con:
            con.execute(f"set file_search_path = '{home.root}'")  # staging is views over the lake
            con.execute("use staging")
            return con.execute(sql).fetchall()


@pytest.fixture(scope="module")
def hmis(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Hmis:
    hmis = Hmis(Lake(tmp_path_factory.mktemp("hmis") / "home"), manifest)
    _people(hmis)
    _stays(hmis)
    _older_and_newer(hmis)
    hmis.build()
    return hmis


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Hmis:
    """Partners whose exports follow each other, each in another way."""
    several = Hmis(Lake(tmp_path_factory.mktemp("several") / "home"), manifest)
    _changes(several)
    _silence(several)
    _qualities(several)
    several.build()
    return several


def client(number: str, **told: object) -> Row:
    return {"personal_id": number, "dob": "2010-05-20", "first_name": "Ada", **told}


def stay(number: str, who: str, project: str, entry: str, **told: object) -> Row:
    return {
        "enrollment_id": number,
        "personal_id": who,
        "project_id": project,
        "entry_date": entry,
        "household_id": f"h_{who}",
        "relationship_to_hoh": 1,
        **told,
    }


def left(number: str, who: str, day: str, where: int = 410) -> Row:
    return {
        "exit_id": f"x{number}",
        "enrollment_id": number,
        "personal_id": who,
        "exit_date": day,
        "destination": where,
    }


def _qualities(several: Hmis) -> None:
    """What the partner `quality` says of its own names and dates of birth, by HUD's numbers."""
    told: Row = {"export_start_date": "2025-07-01", "hash_status": CLEAR, "csv_version": "2026 v1.0"}
    made: Row = {"export_id": "quality", "export_date": "2026-06-30 10:00:00"}
    several.add(2026, "export", {**made, **told}, partner="quality")
    born: Row = {"dob": "2012-05-17"}
    several.add(
        2026,
        "client",
        client("full", **born, name_data_quality=1, dob_data_quality=1),
        client("code name", **born, name_data_quality=2, dob_data_quality=1),
        client("year alone", **born, name_data_quality=1, dob_data_quality=2),
        client("refused", **born, name_data_quality=9, dob_data_quality=8),
        client("not collected", **born, name_data_quality=99, dob_data_quality=99),
        partner="quality",
    )


def _people(hmis: Hmis) -> None:
    """One partner whose exports are of FY2022 (2022), FY2024 (2024), FY2026 (2026), the last one hashed."""
    hmis.export(2022, "2022-06-30 10:00:00", version="2022 v1.3")
    hmis.export(2024, "2024-06-30 10:00:00", version="2024 v1.5")
    hmis.export(2026, "2026-06-30 10:00:00", names=HASHED)
    hmis.add(
        2022,
        "client",
        client("a", white=1, asian=1, ethnicity=0, female=1, male=0),
        client("b", black_or_african_american=1, ethnicity=1, female=0, male=1),
        client("c", race_none=8, ethnicity=99, gender_none=99, first_name=SHA_256),
        client("d", white=1, female=0, male=0, no_single_gender=1),
    )
    hmis.add(
        2024,
        "client",
        client("e", middle_eastern_or_north_african=1, white=0, hispanic_or_latino=0, woman=1, man=0),
        client("f", hispanic_or_latino=1, man=1, transgender=1, hashed_ssn=f"sha256:{SHA_256}"),
        client("g", white=1, hispanic_or_latino=99, woman=1, man=1),
        client("h", race_none=99, gender_none=8),
        client("i", race_none=None, questioning=1),
    )
    hmis.add(
        2026,
        "client",
        client("k", white=1, sex=0, first_name=SHA_256, hashed_ssn=f"sha256:{SHA_256}"),
        client("l", white=1, sex=1, first_name="Ada"),
        client("m", white=1, sex=9),
    )


def _stays(hmis: Hmis) -> None:
    """A shelter (s), one by the night (n), rapid re-housing (r), outreach (o), one for victims of violence (v)."""
    projects = [("s", 0), ("n", 1), ("r", 13), ("o", 4), ("v", 0), ("none", None)]
    hmis.add(
        2026,
        "project",
        *(
            {"project_id": p, "project_type": t, "organization_id": f"org_{p}", "project_name": p}
            for p, t in projects
        ),
    )
    hmis.add(
        2026,
        "organization",
        {"organization_id": "org_s", "organization_name": "Inn", "victim_service_provider": 0},
        {"organization_id": "org_v", "organization_name": "Refuge", "victim_service_provider": 1},
        {"organization_id": "org_x", "organization_name": "Gone", "date_deleted": "2025-01-01 00:00:00"},
    )
    hmis.add(
        2026,
        "project_coc",
        {"project_coc_id": "1", "project_id": "s", "zip_code": "55401"},
        {"project_coc_id": "2", "project_id": "v", "zip_code": "55402"},
        {"project_coc_id": "3", "project_id": "r", "zip_code": "55403"},
        {"project_coc_id": "4", "project_id": "r", "zip_code": "55404"},
    )
    head: dict[str, object] = {"household_id": "hh"}
    child: dict[str, object] = {"household_id": "hh", "relationship_to_hoh": 2}
    hmis.add(
        2026,
        "client",
        *(client(who) for who in ("p1", "p2", "p3", "p4", "p5", "p6")),
        client("p7", dob="2008-03-01"),
        client("p8", dob=None),
        client("p9", date_deleted="2026-01-05 09:00:00"),
    )
    hmis.add(
        2026,
        "enrollment",
        stay("1", "p1", "s", "2026-01-10", living_situation=116, disabling_condition=0),
        stay("2", "p2", "n", "2026-01-01"),
        stay("3", "p3", "r", "2026-01-05", living_situation=101, move_in_date="2026-02-01", **head),
        stay("4", "p4", "r", "2026-01-20", **child),  # children are not asked: it came with its head
        stay("5", "p5", "r", "2026-01-05", living_situation=435, **child),
        stay("6", "p6", "o", "2026-01-01"),
        stay("7", "p7", "v", "2026-03-01"),
        stay("8", "p8", "v", "2026-02-28"),
        stay("9", "p9", "s", "2026-01-10"),
        stay("10", "p1", "none", "2026-03-01", date_deleted="2026-03-02 00:00:00"),
        stay("11", "p7", "s", "2026-02-28", last_permanent_zip="55499"),
        stay("12", "p6", "none", "2026-04-01", disabling_condition=99),
        # a year on the street; four times and twelve months; four times but eleven; no disability known
        stay("21", "p7", "s", "2026-04-01", disabling_condition=1, date_to_street_essh="2025-04-01"),
        stay("22", "p7", "s", "2026-04-02", disabling_condition=1, **_times(4, 112)),
        stay("23", "p7", "s", "2026-04-03", disabling_condition=1, **_times(4, 111)),
        stay("24", "p7", "s", "2026-04-04", disabling_condition=8, **_times(4, 113)),
        # into rapid re-housing from an institution: after a long stay there, after a short one
        stay("25", "p7", "r", "2026-04-05", disabling_condition=1, living_situation=207, **_times(4, 113)),
        stay(
            *("26", "p7", "r", "2026-04-06"),
            **{"disabling_condition": 1, "living_situation": 207, "los_under_threshold": 1, **_times(4, 113)},
            previous_street_essh=1,
        ),
        # from the street, and nobody asked since when; since last month, for the second time
        stay("27", "p7", "s", "2026-04-07", disabling_condition=1, living_situation=116),
        stay("28", "p7", "s", "2026-04-08", disabling_condition=1, **_times(2, 99), date_to_street_essh="2026-03-01"),
    )
    hmis.add(
        2026,
        "exit",
        left("1", "p1", "2026-01-15"),
        left("5", "p5", "2026-01-25", where=101),
        left("7", "p7", "2026-03-01"),
        left("8", "p8", "2026-03-10") | {"date_deleted": "2026-03-11 00:00:00"},
    )
    hmis.add(
        2026,
        "service",
        *(
            {"services_id": d, "enrollment_id": "2", "record_type": 200, "date_provided": d}
            for d in ("2026-01-02", "2026-01-04")
        ),
        {"services_id": "meal", "enrollment_id": "2", "record_type": 144, "date_provided": "2026-01-03"},
    )
    hmis.add(
        2026,
        "current_living_situation",
        *(
            {
                "current_living_sit_id": d,
                "enrollment_id": "6",
                "current_living_situation": s,
                "information_date": d,
            }
            for d, s in (("2026-01-02", 116), ("2026-01-09", 435))
        ),
    )


def _times(times: int, months: int) -> dict[str, object]:
    return {"times_homeless_past_three_years": times, "months_homeless_past_three_years": months}


def _older_and_newer(hmis: Hmis) -> None:
    """What the export of 2024 says, and that of 2026 says otherwise, or not at all."""
    hmis.add(2024, "project", {"project_id": "s", "project_type": 0, "project_name": "old name"})
    hmis.add(
        2022, "project", {"project_id": "old", "project_type": 1, "tracking_method": 3, "project_name": "old"}
    )
    hmis.add(
        2022, "project", {"project_id": "bad", "project_type": 1, "tracking_method": 0, "project_name": "bad"}
    )
    hmis.add(2024, "client", *(client(who) for who in ("q1", "q2", "q3", "q4")))
    hmis.add(
        2024,
        "enrollment",
        stay("31", "q1", "s", "2024-01-01"),  # 2026 says it began on the 2nd, and that it goes on
        stay("32", "q2", "s", "2024-01-01"),  # 2026 does not tell of it
        stay("33", "q3", "s", "2024-01-01"),  # 2026 calls the stay deleted
        stay("34", "q4", "s", "2024-01-01"),  # 2026 calls the client deleted
    )
    hmis.add(2024, "client", client("z"))
    hmis.add(2024, "enrollment", stay("35", "z", "s", "2010-01-01"))
    hmis.add(2024, "exit", left("35", "z", "2022-07-01"))
    hmis.add(2024, "exit", left("31", "q1", "2024-02-01"), left("32", "q2", "2024-02-01"))
    hmis.add(2026, "client", client("q1"), client("q3"), client("q4", date_deleted="2025-01-01 00:00:00"))
    hmis.add(
        2026,
        "enrollment",
        stay("31", "q1", "s", "2024-01-02"),
        stay("33", "q3", "s", "2024-01-01", date_deleted="2025-01-01 00:00:00"),
    )


WHOLE, CHANGES, OTHER = (2, 3), (1, 3), (3, 3)  # ExportDirective, ExportPeriodType
UPDATED = (2, 1)


def _export(hmis: Hmis, partner: str, kind: tuple[int, int], first: str, last: str, year: int) -> None:
    directive, period = kind
    hmis.add(
        year,
        "export",
        {"export_id": f"{first} {directive}", "export_date": f"{last} 10:00:00", "hash_status": CLEAR}
        | {"export_start_date": first, "export_end_date": last, "csv_version": "2026 v1.0"}
        | {"export_directive": directive, "export_period_type": period},
        partner=partner,
    )


def _changes(hmis: Hmis) -> None:
    """A whole export to June 2024; in July, in the next school year, what has changed since."""
    _export(hmis, "delta", WHOLE, "2021-07-01", "2024-06-30", 2024)
    _export(hmis, "delta", CHANGES, "2024-07-01", "2024-07-15", 2025)
    people = ("left", "stays", "back", "again")
    hmis.add(2024, "project", {"project_id": "s", "project_type": 0}, partner="delta")
    hmis.add(2024, "client", *(client(who) for who in people), partner="delta")
    hmis.add(2024, "enrollment", *(stay(who, who, "s", "2023-10-01") for who in people), partner="delta")
    hmis.add(
        2024,
        "exit",
        left("left", "left", "2023-12-01"),
        left("back", "back", "2023-12-01"),
        left("again", "again", "2023-12-01"),
        partner="delta",
    )
    hmis.add(2025, "project", {"project_id": "s", "project_type": 0}, partner="delta")
    hmis.add(
        2025,
        "enrollment",
        stay("left", "left", "s", "2023-10-01", disabling_condition=1),
        stay("back", "back", "s", "2023-10-01"),
        partner="delta",
    )
    deleted = {"date_deleted": "2024-07-14 09:00:00"}
    hmis.add(
        2025,
        "exit",
        left("back", "back", "2023-12-01") | deleted,
        left("again", "again", "2023-11-01") | {"exit_id": "another"} | deleted,
        partner="delta",
    )


def _silence(hmis: Hmis) -> None:
    """Two exports of a partner, and what the later one says nothing of: whole, without a part, or of another kind."""
    for partner, later, first in (
        ("whole", WHOLE, "2022-07-01"),
        ("after_a_gap", WHOLE, "2024-07-02"),
        ("other", OTHER, "2022-07-01"),
        ("updated", UPDATED, "2022-07-01"),
    ):
        _export(hmis, partner, WHOLE, "2021-07-01", "2024-06-30", 2024)
        _export(hmis, partner, later, first, "2025-06-30", 2025)
        told = ("told", "twice")
        silent = ("open", "before", "on_its_first_day", "elsewhere")
        for year, stays in ((2024, (*told, *silent)), (2025, told)):
            hmis.add(year, "project", {"project_id": "s", "project_type": 0}, partner=partner)
            hmis.add(year, "client", *(client(who) for who in stays), partner=partner)
            hmis.add(
                year,
                "enrollment",
                *(
                    stay(who, who, "t" if who == "elsewhere" else "s", "2021-10-01", household_id=None)
                    | {"move_in_date": "2024-12-01" if who == "told" else None}
                    for who in stays
                ),
                partner=partner,
            )
        hmis.add(2024, "project", {"project_id": "t", "project_type": 0}, partner=partner)
        hmis.add(
            2024,
            "exit",
            left("told", "told", "2024-02-01"),
            left("before", "before", "2022-06-30"),
            left("on_its_first_day", "on_its_first_day", "2022-07-01"),
            partner=partner,
        )
        twice = [left("twice", "twice", day) | {"exit_id": day} for day in ("2025-03-01", "2025-01-01")]
        hmis.add(2025, "exit", *twice, partner=partner)


def test_every_race_told_is_kept(hmis: Hmis) -> None:
    rows = hmis.query(
        "select student_id, race_ethnicity, hispanic_ethnicity from hmis__person where student_id < 'n'"
    )
    assert {row[0]: row[1:] for row in rows} == {
        "a": ("asian;white", "no"),
        "b": ("black_or_african_american", "yes"),
        "c": ("unknown", "unknown"),
        "d": ("white", None),
        "e": ("middle_eastern_or_north_african", "no"),
        "f": ("hispanic_or_latino", "yes"),
        "g": ("white", None),
        "h": ("unknown", "unknown"),
        "i": (None, None),
        "k": ("white", None),
        "l": ("white", None),
        "m": ("white", None),
    }


def test_gender_is_read_as_each_version_asks_it(hmis: Hmis) -> None:
    rows = hmis.query("select student_id, gender from hmis__person where student_id < 'n'")
    assert dict(rows) == {
        **{"a": "female", "b": "male", "c": "unknown", "d": "nonbinary"},
        **{"e": "female", "f": "male", "g": "nonbinary", "h": "unknown", "i": "unknown"},
        **{"k": "female", "l": "male", "m": "unknown"},
    }


def test_a_hashed_name_is_no_name(hmis: Hmis) -> None:
    rows = hmis.query(
        "select student_id, first_name from hmis__person where first_name is not null and student_id < 'n'"
    )
    # c is a hash in an export that calls its names clear; k and l are in one that calls them hashed
    assert {row[0] for row in rows} == {"a", "b", "d", "e", "f", "g", "h", "i"}


def test_what_stands_for_a_name_or_a_date_that_nobody_told_is_none(several: Hmis) -> None:
    rows = several.query(
        "select student_id, first_name, birth_date::varchar from hmis__person where partner_id = 'quality' order by all"
    )
    assert rows == [
        ("code name", None, "2012-05-17"),
        ("full", "Ada", "2012-05-17"),
        ("not collected", "Ada", "2012-05-17"),
        ("refused", None, None),
        ("year alone", "Ada", "2012-01-01"),
    ]


def test_a_hashed_number_is_one_in_a_hashed_export_alone(hmis: Hmis) -> None:
    rows = hmis.query("select student_id, hashed_national_id from hmis__person where hashed_national_id is not null")
    assert rows == [("k", f"sha256:{SHA_256}")]


def test_who_was_deleted_is_in_no_older_export_either(hmis: Hmis) -> None:
    rows = hmis.query(
        "select student_id, school_year from hmis__person where student_id like 'q%' or student_id = 'p9'"
    )
    assert sorted(rows) == [("q1", 2024), ("q1", 2026), ("q2", 2024), ("q3", 2024), ("q3", 2026)]


def test_a_stay_is_what_the_newest_export_with_it_says(hmis: Hmis) -> None:
    rows = hmis.query(
        "select enrollment_id, entry_date::varchar, exit_date::varchar from hmis__enrollment"
        " where personal_id like 'q%' or personal_id in ('p1', 'p9') order by 1"
    )
    assert rows == [
        ("1", "2026-01-10", "2026-01-15"),
        ("31", "2024-01-02", None),
        ("32", "2024-01-01", "2024-02-01"),
    ]


def test_a_child_is_under_18_on_the_entry_date(hmis: Hmis) -> None:
    rows = hmis.query(
        "select enrollment_id, age_at_entry, is_child_at_entry from hmis__enrollment where enrollment_id in ('7', '8', '11')"
    )
    # born on 1 March 2008: 18 on that day, 17 on the day before
    assert sorted(rows) == [("11", 17, True), ("7", 18, False), ("8", None, None)]


def test_the_heads_move_in_holds_for_the_household(hmis: Hmis) -> None:
    rows = hmis.query(
        "select enrollment_id, move_in_date::varchar from hmis__enrollment where household_id = 'hh' order by 1"
    )
    # 5 had left a week before it
    assert rows == [("3", "2026-02-01"), ("4", "2026-02-01"), ("5", None)]


def test_the_place_of_victims_is_told_to_nobody(hmis: Hmis) -> None:
    rows = hmis.query(
        "select enrollment_id, zip_code from hmis__enrollment where enrollment_id in ('1', '3', '7', '11')"
    )
    assert dict(rows) == {"1": "55401", "3": None, "7": None, "11": "55499"}
    assert hmis.query("select organization_id from hmis__organization order by 1") == [("org_s",), ("org_v",)]


def test_chronically_homeless_by_the_definition(hmis: Hmis) -> None:
    rows = hmis.query(
        "select enrollment_id, is_chronically_homeless from hmis__enrollment where is_child_at_entry is not null"
    )
    found = dict(rows)
    assert {number: found[number] for number in ("1", "12", *map(str, range(21, 29)))} == {
        "1": False,
        "12": None,
        "21": True,
        "22": True,
        "23": False,
        "24": None,
        "25": False,
        "26": True,
        "27": None,
        "28": False,
    }


def test_a_condition_nobody_asked_for_is_unknown(hmis: Hmis) -> None:
    rows = hmis.query(
        "select enrollment_id, has_disabling_condition from hmis__enrollment where enrollment_id in ('1', '12', '21', '24')"
    )
    assert dict(rows) == {"1": False, "12": None, "21": True, "24": None}


def test_nights_without_a_home(hmis: Hmis) -> None:
    rows = hmis.query(
        "select enrollment_id, first_night::varchar, last_night::varchar from hmis__homeless_spell"
        " where enrollment_id in ('1', '2', '3', '4', '5', '6', '7', '8') order by 1, 2"
    )
    assert rows == [
        ("1", "2026-01-10", "2026-01-14"),  # the shelter, until the night before
        ("2", "2026-01-02", "2026-01-02"),  # two nights in a bed; a meal is none
        ("2", "2026-01-04", "2026-01-04"),
        ("3", "2026-01-05", "2026-01-31"),  # waiting for the home
        ("4", "2026-01-20", "2026-01-31"),
        ("6", "2026-01-02", "2026-01-02"),  # met on the street; a week later at home
        ("8", "2026-02-28", None),  # an exit that was deleted is none
    ]  # 5 came from a home; 7 came and left on one day


def test_shelters_by_the_night_are_told_apart_in_every_version(hmis: Hmis) -> None:
    rows = hmis.query("select project_id, is_night_by_night from hmis__project where project_type in (0, 1)")
    assert dict(rows) == {"s": False, "n": True, "v": False, "old": True, "bad": False}


def test_codes_are_left_to_the_layout(hmis: Hmis) -> None:
    rows = hmis.query(
        "select student_id, relationship_to_head, project_type, prior_living_situation, exit_destination"
        " from hmis__housing_episode where student_id in ('p1', 'p5', 'p6') and entry_date <> '2026-01-01'"
    )
    assert sorted(rows) == [
        ("p1", "1", "0", "116", "410"),
        ("p5", "2", "13", "435", "101"),
        ("p6", "1", "7", None, None),  # a project without a type is another
    ]


def test_a_stay_is_of_every_school_year_it_touches(hmis: Hmis) -> None:
    rows = hmis.query(
        "select student_id, school_year, collection from hmis__housing_episode where student_id in ('p1', 'q1', 'q2', 'z')"
    )
    assert sorted(rows) == [
        ("p1", 2026, "annual"),
        ("q1", 2024, "annual"),  # from January 2024, and it goes on
        ("q1", 2025, "annual"),
        ("q1", 2026, "annual"),
        ("q2", 2024, "annual"),
        # since 2010, until July 2022: the first export tells of 2020-21 and later
        *(("z", year, "annual") for year in (2021, 2022, 2023)),
    ]


def test_changes_of_a_new_school_year_leave_what_they_do_not_tell(several: Hmis) -> None:
    rows = several.query(
        "select enrollment_id, exit_date::varchar, has_disabling_condition from hmis__enrollment"
        " where partner_id = 'delta' order by 1"
    )
    assert rows == [
        ("again", "2023-12-01", None),  # of two exits the other one was deleted
        ("back", None, None),  # its exit was deleted
        ("left", "2023-12-01", True),  # its exit is not told again
        ("stays", None, None),
    ]


def test_a_stay_that_did_not_change_goes_on_in_the_school_year_of_the_changes(several: Hmis) -> None:
    rows = several.query(
        "select student_id, school_year, told_until_date::varchar from hmis__housing_episode"
        " where partner_id = 'delta' order by 1, 2"
    )
    assert rows == [
        ("again", 2024, "2024-07-15"),
        *(("back", 2024, "2024-07-15"), ("back", 2025, "2024-07-15")),
        ("left", 2024, "2024-07-15"),
        *(("stays", 2024, "2024-07-15"), ("stays", 2025, "2024-07-15")),
    ]


def test_a_whole_export_denies_what_it_has_the_project_and_the_days_of(several: Hmis) -> None:
    rows = several.query(
        "select enrollment_id, exit_date::varchar, told_until_date::varchar from hmis__enrollment"
        " where partner_id = 'whole' order by 1"
    )
    assert rows == [
        ("before", "2022-06-30", "2025-06-30"),  # it left on the day before the later export begins
        ("elsewhere", None, "2024-06-30"),  # in a project of which the later one tells nothing
        ("told", None, "2025-06-30"),  # the later one has the stay without its exit
        ("twice", "2025-03-01", "2025-06-30"),  # of two exits the last
    ]


def test_a_whole_export_of_later_days_denies_no_earlier_stay(several: Hmis) -> None:
    rows = several.query(
        "select enrollment_id, exit_date::varchar, told_until_date::varchar from hmis__enrollment"
        " where partner_id = 'after_a_gap' order by 1"
    )
    assert rows == [
        ("before", "2022-06-30", "2024-06-30"),  # of 1 July 2024 nobody tells
        ("elsewhere", None, "2024-06-30"),
        ("on_its_first_day", "2022-07-01", "2024-06-30"),
        ("open", None, "2024-06-30"),
        ("told", None, "2025-06-30"),
        ("twice", "2025-03-01", "2025-06-30"),
    ]


@pytest.mark.parametrize("partner", ["other", "updated"])
def test_the_silence_of_any_other_export_denies_nothing(several: Hmis, partner: str) -> None:
    rows = several.query(
        f"select enrollment_id, exit_date::varchar from hmis__enrollment where partner_id = '{partner}' order by 1"
    )
    assert rows == [
        ("before", "2022-06-30"),
        ("elsewhere", None),
        ("on_its_first_day", "2022-07-01"),
        ("open", None),
        ("told", "2024-02-01"),
        ("twice", "2025-03-01"),
    ]


def test_who_is_of_no_household_moves_in_alone(several: Hmis) -> None:
    rows = several.query(
        "select enrollment_id, move_in_date::varchar from hmis__enrollment"
        " where partner_id = 'whole' and household_id is null and enrollment_id in ('told', 'twice')"
    )
    assert sorted(rows) == [("told", "2024-12-01"), ("twice", None)]
