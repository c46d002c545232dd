"""Who lives with whom, from addresses and household numbers in the lake to the marts, each rule by rows worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_warehouse import Lake, Warehouse

from ingestion.warehouse_file import open_warehouse

SELECTED = (
    "--select",
    "+household_member",
    "+household",
    "+person_household_year",
    "--indirect-selection",
    "buildable",
)
CHILD, ZIP = "2014-05-05", "55101"
Spell = tuple[str, str, str]  # first day, first day after, evidence


def at(address: str, *students: str, surname: str = "Ito", born: str = CHILD) -> list[dict[str, object]]:
    about = {"address": address, "zip_code": ZIP, "last_name": surname, "birth_date": born}
    return [{"student_id": student, **about} for student in students]


def of_addresses(lake: Lake) -> None:
    lake.deliver("person", 2021, at("2 Gap Rd", "dia"))
    lake.deliver("person", 2022, [*at("1 Gap Rd", "cem"), *at("5 Pine Ct", "eva")])
    lake.deliver("person", 2023, [*at("12 Elm Street", "ana", "ben"), *at("5 Pine Court", "fay")])
    lake.deliver(
        "person",
        2024,
        [
            *at("12 ELM ST.", "ana", "ben"),
            *at("1 Gap Rd", "cem"),
            *at("2 Gap Rd", "dia"),
            *at("100 Tower Ave", "t1"),
        ],
    )
    lake.deliver(
        "person",
        2025,
        [
            *at("12 Elm St", "ana"),
            *at("9 Oak Ave", "ben"),
            *at("2 First St", "gus"),
            *at("7 Hill Rd", "hal", "ida"),
        ],
    )
    lake.deliver("person", 2025, at("1 First St", "gus"), collection="fall")
    lake.deliver("person", 2025, at("8 Hill Rd", "hal", "ida"), partner="clinic")
    lake.deliver("person", 2025, at("8 Hill Rd", "hal", "ida"), partner="registry")
    lake.deliver(
        "attendance", 2025, [{"student_id": "hal", "school_id": "s", "days_enrolled": 180, "days_absent": 2}]
    )


def of_buildings(lake: Lake) -> None:
    """t1 to t6 in a tower; five of three names, six of two, six of three in one flat are households, thirteen are not."""
    rows = []
    for initial, address in (("t", "100 Tower Ave"), ("flat", "100 Flat Ave Apt 1")):
        for number, surname in enumerate(("Ito", "Ek", "Roy"), start=0):
            rows += at(address, f"{initial}{2 * number + 1}", f"{initial}{2 * number + 2}", surname=surname)
    rows += at("101 House Ave", "five1", "five2") + at("101 House Ave", "five3", "five4", surname="Ek")
    rows += at("101 House Ave", "five5", surname="Roy")
    rows += at("102 House Ave", "two1", "two2", "two3") + at(
        "102 House Ave", "two4", "two5", "two6", surname="Ek"
    )
    rows += at("103 Home Ave #1", *(f"home{n}" for n in range(13)))
    lake.deliver("person", 2025, rows, partner="city")


def of_shelters(lake: Lake) -> None:
    lake.deliver("person", 2025, at("3 Lake Dr", "jon", "kim", "lee"), partner="lake")
    shelter = {"project_id": "P1", "project_type": "emergency_shelter"}
    first = [{**shelter, "student_id": "pia", "household_id": "H5", "entry_date": "2024-05-01"}]
    lake.deliver("housing_episode", 2024, first, partner="coc")
    stays = [
        {"student_id": "jon", "household_id": "H1", "relationship_to_head": "child", "entry_date": "2024-09-15", "exit_date": "2025-02-01"},
        {"student_id": "mom", "household_id": "H1", "relationship_to_head": "self", "entry_date": "2024-09-15", "exit_date": "2025-02-01"},
        {"student_id": "kim", "household_id": "H9", "entry_date": "2024-09-15", "project_type": "street_outreach"},
        {"student_id": "nat", "household_id": "H2", "entry_date": "2025-03-01", "told_until_date": "2025-04-30"},
        {"student_id": "lou", "household_id": "H3", "entry_date": "2025-03-01"},
        {"student_id": "oli", "entry_date": "2025-03-01", "exit_date": "2025-03-05"},
        {"student_id": "olu", "entry_date": "2025-03-01", "exit_date": "2025-03-05"},
        {"student_id": "day", "household_id": "H4", "entry_date": "2025-03-01", "exit_date": "2025-03-01"},
        {"student_id": "pia", "household_id": "H5", "entry_date": "2024-05-01", "exit_date": "2024-08-01"},
    ]  # fmt: skip
    lake.deliver("housing_episode", 2025, [{**shelter, **stay} for stay in stays], partner="coc")


def of_assistance(lake: Lake) -> None:
    actions = {
        2021: [("V", "2020-09-01", "new_admission", "vic")],
        2023: [
            ("Q", "2022-10-01", "new_admission", "quin ros tia"),
            ("V", "2023-01-01", "annual_reexamination", "vic"),
            ("W", "2022-09-01", "new_admission", "wes"),
            ("Y", "2022-09-01", "new_admission", "yan zoe"),
        ],
        2024: [
            ("Q", "2023-11-01", "annual_reexamination", "quin tia"),
            ("U", "2024-02-01", "new_admission", "uma"),
            ("W", "2024-02-01", "annual_reexamination", "wes"),
            ("Y", "2024-02-01", "annual_reexamination", "yan zoe"),
        ],
        2025: [("Q", "2024-12-01", "end_of_participation", "quin tia")],
    }
    for year, told in actions.items():
        rows = [
            {
                "student_id": student,
                "household_id": household,
                "relationship_to_head": "self" if student == "tia" else "child",
                "program_type": "public_housing",
                "assistance_action": action,
                "effective_date": effective,
            }
            for household, effective, action, members in told
            for student in members.split()
        ]
        lake.deliver("housing_assistance", year, rows, partner="pha")
    for year in (2023, 2024):
        homes = [*at("50 Park Pl", "wes", "xia"), *at("60 Park Pl", "yan", "kit"), *at("61 Park Pl", "zoe")]
        lake.deliver("person", year, homes, partner="park")


def of_guardians(lake: Lake) -> None:
    """gem, gia and gil live with M, gil and gob with F; ned's aunt lives elsewhere; of pat an address is told."""
    told = [
        ("gia", "M", True),
        ("gil", "M", True),
        ("gem", "M", True),
        ("gil", "F", True),
        ("gob", "F", True),
    ]
    told += [
        ("ned", "A", False),
        ("nan", "A", True),
        ("non", "B", None),
        ("pat", "P", True),
        ("pip", "P", True),
    ]
    rows: list[dict[str, object]] = [
        {"student_id": student, "guardian_id": guardian, "lives_with": together}
        for student, guardian, together in told
    ]
    lake.deliver("guardian", 2025, rows, partner="homes")
    born = [
        {"student_id": student, "birth_date": CHILD} for student in ("gia", "gil", "gem", "gob", "nan", "pip")
    ]
    lake.deliver("person", 2025, [*born, *at("9 Elm Way", "pat")], partner="homes")


def of_several_homes(lake: Lake) -> None:
    """vala, whose person_id is the lowest, is a child of two guardians and lived in two households of each kind."""
    pairs = (("vala", "Z1"), ("vale", "Z1"), ("vala", "Z2"), ("vali", "Z2"))
    told = [{"student_id": who, "guardian_id": number, "lives_with": True} for who, number in pairs]
    lake.deliver("guardian", 2025, told, partner="split")
    lake.deliver(
        "person",
        2025,
        [{"student_id": who, "birth_date": CHILD} for who in ("vala", "vale", "vali")],
        partner="split",
    )
    first = {"Z1": "2024-09-01", "Z2": "2024-12-01"}
    housed = [
        {"student_id": f"{who}_h", "household_id": number, "effective_date": first[number]}
        for who, number in pairs
    ]
    lake.deliver(
        "housing_assistance",
        2025,
        [{"assistance_action": "new_admission", "program_type": "public_housing", **row} for row in housed],
        partner="split",
    )
    stays = [
        {"student_id": f"{who}_s", "household_id": number, "entry_date": first[number]}
        for who, number in pairs
    ]
    shelter = {"project_id": "P1", "project_type": "emergency_shelter"}
    lake.deliver(
        "housing_episode",
        2025,
        [{**shelter, **row} for row in [*stays, {"student_id": "alone_s", "entry_date": "2024-09-01"}]],
        partner="split",
    )


def of_ages(lake: Lake) -> None:
    """Nineteen on 1 October 2024, a day later; born that day, a day later; of unknown age, one of them a pupil."""
    rows = []
    for student, born in (
        ("a19", "2005-10-01"),
        ("b19", "2005-10-02"),
        ("new", "2024-10-01"),
        ("unborn", "2024-10-02"),
    ):
        rows += at("77 Age St", student, born=born)
    rows += [{**row, "birth_date": None} for row in at("77 Age St", "pupil", "unknown")]
    lake.deliver("person", 2025, rows, partner="ages")
    attended = {"student_id": "pupil", "school_id": "s", "days_enrolled": 180, "days_absent": 2}
    lake.deliver("attendance", 2025, [attended], partner="ages")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Warehouse:
    lake = Lake(tmp_path_factory.mktemp("home"))
    for make in (
        of_addresses,
        of_buildings,
        of_shelters,
        of_assistance,
        of_guardians,
        of_several_homes,
        of_ages,
    ):
        make(lake)
    built = Warehouse(manifest, lake.finish())
    built.build(*SELECTED)
    return built


def spells(warehouse: Warehouse, student: str) -> list[Spell]:
    return warehouse.query(f"""
        select start_date::varchar, end_date::varchar, evidence
        from marts.household_member where person_id = 'person_{student}' order by 1
    """)


def households(warehouse: Warehouse, student: str) -> list[str]:
    rows = warehouse.query(
        f"select joint_household_id from marts.household_member where person_id = 'person_{student}' order by start_date"
    )
    return [row[0] for row in rows]


def year(warehouse: Warehouse, student: str, school_year: int) -> tuple[Any, ...]:
    """Evidence, siblings, households, addresses, whether the address is new."""
    (row,) = warehouse.query(f"""
        select evidence, n_siblings, n_households, n_addresses, has_new_address from marts.person_household_year
        where person_id = 'person_{student}' and school_year = {school_year}
    """)
    return row


def home_on_first_of_october(warehouse: Warehouse, student: str, school_year: int) -> str | None:
    (row,) = warehouse.query(
        f"select joint_household_id from marts.person_household_year where person_id = 'person_{student}' and school_year = {school_year}"
    )
    return row[0]


def test_years_at_one_address_are_one_spell_however_it_is_written(warehouse: Warehouse) -> None:
    assert spells(warehouse, "ana") == [("2022-07-01", "2025-07-01", "address")]
    assert spells(warehouse, "ben") == [
        ("2022-07-01", "2024-07-01", "address"),
        ("2024-07-01", "2025-07-01", "address"),
    ]
    assert (
        households(warehouse, "ben")[0] == households(warehouse, "ana")[0] != households(warehouse, "ben")[1]
    )
    assert [year(warehouse, "ana", y) for y in (2023, 2024, 2025)] == [
        ("address", 1, 1, 1, None), ("address", 1, 1, 1, False), ("address", 0, 1, 1, False),
    ]  # fmt: skip
    assert year(warehouse, "ben", 2025) == ("address", 0, 1, 1, True)


def test_a_year_without_an_account_between_two_of_one_address_was_lived_there_two_were_not(
    warehouse: Warehouse,
) -> None:
    assert spells(warehouse, "cem") == [("2021-07-01", "2024-07-01", "address")]
    assert year(warehouse, "cem", 2023) == ("address", 0, 1, None, None)
    assert spells(warehouse, "dia") == [
        ("2020-07-01", "2021-07-01", "address"),
        ("2023-07-01", "2024-07-01", "address"),
    ]


def test_who_moves_in_when_the_last_one_left_is_another_household(warehouse: Warehouse) -> None:
    assert [spells(warehouse, who) for who in ("eva", "fay")] == [
        [("2021-07-01", "2022-07-01", "address")], [("2022-07-01", "2023-07-01", "address")],
    ]  # fmt: skip
    assert households(warehouse, "eva") != households(warehouse, "fay")


def test_two_addresses_of_a_year_part_it_at_new_year(warehouse: Warehouse) -> None:
    assert spells(warehouse, "gus") == [
        ("2024-07-01", "2025-01-01", "address"),
        ("2025-01-01", "2025-07-01", "address"),
    ]
    assert year(warehouse, "gus", 2025) == ("address", 0, 2, 2, None)
    assert home_on_first_of_october(warehouse, "gus", 2025) == households(warehouse, "gus")[0]


def test_of_partners_that_differ_the_accountable_schools_decides_then_the_most(warehouse: Warehouse) -> None:
    # two partners of three say 8 Hill Rd; hal's school says 7, and ida goes to none
    assert warehouse.query("""
        select person_id, count(distinct address_key), max(n_addresses) from intermediate.int_address_years
        where person_id in ('person_hal', 'person_ida') group by all order by 1
    """) == [("person_hal", 1, 1), ("person_ida", 1, 1)]
    assert households(warehouse, "hal") != households(warehouse, "ida")
    assert year(warehouse, "hal", 2025) == ("address", 0, 1, 1, None)


def test_an_address_of_many_families_or_very_many_children_is_no_household(warehouse: Warehouse) -> None:
    for number in range(1, 7):
        assert spells(warehouse, f"t{number}") == []
        assert year(warehouse, f"t{number}", 2025)[:4] == (None, None, 0, 1)
    assert [year(warehouse, "t1", y)[4] for y in (2024, 2025)] == [
        None,
        False,
    ]  # it has an address all the same
    assert spells(warehouse, "home0") == []
    assert [year(warehouse, who, 2025)[1] for who in ("flat1", "five5", "two6")] == [5, 4, 5]
    names = warehouse.query("""
        select n_members, n_surnames from marts.household
        where joint_household_id in (select joint_household_id from marts.household_member where person_id in ('person_flat1', 'person_two1'))
        order by 2
    """)
    assert names == [(6, 2), (6, 3)]


def test_a_stay_in_a_shelter_comes_before_the_address(warehouse: Warehouse) -> None:
    assert spells(warehouse, "jon") == [
        ("2024-07-01", "2024-09-15", "address"),
        ("2024-09-15", "2025-02-01", "homeless_system"),
        ("2025-02-01", "2025-07-01", "address"),
    ]
    before, shelter, after = households(warehouse, "jon")
    assert before == after == households(warehouse, "kim")[0]
    assert shelter == households(warehouse, "mom")[0]
    assert year(warehouse, "jon", 2025) == ("homeless_system", 0, 2, 1, None)
    # outreach houses nobody
    assert year(warehouse, "kim", 2025) == ("address", 1, 1, 1, None)
    assert warehouse.query(f"""
        select person_id, relationship_to_head, is_child from marts.household_member where joint_household_id = '{shelter}' order by 1
    """) == [("person_jon", "child", True), ("person_mom", "self", False)]
    assert warehouse.query(f"""
        select evidence, first_date::varchar, last_date::varchar, n_members, n_children, n_adults, n_surnames
        from marts.household where joint_household_id = '{shelter}'
    """) == [("homeless_system", "2024-09-15", "2025-02-01", 2, 1, 1, None)]


def test_a_stay_ends_where_its_newest_account_ends(warehouse: Warehouse) -> None:
    assert spells(warehouse, "nat") == [("2025-03-01", "2025-05-01", "homeless_system")]
    assert spells(warehouse, "lou") == [("2025-03-01", "2025-07-01", "homeless_system")]
    assert spells(warehouse, "pia") == [("2024-05-01", "2024-08-01", "homeless_system")]
    assert spells(warehouse, "day") == []


def test_who_has_no_household_number_is_alone(warehouse: Warehouse) -> None:
    assert (
        spells(warehouse, "oli")
        == spells(warehouse, "olu")
        == [("2025-03-01", "2025-03-05", "homeless_system")]
    )
    assert households(warehouse, "oli") != households(warehouse, "olu")


def test_an_assisted_household_is_who_its_last_record_names(warehouse: Warehouse) -> None:
    assert spells(warehouse, "quin") == [("2022-10-01", "2024-12-01", "housing_assistance")]
    assert spells(warehouse, "ros") == [("2022-10-01", "2023-11-01", "housing_assistance")]
    assert spells(warehouse, "tia") == [("2022-10-01", "2024-12-01", "housing_assistance")]
    assert spells(warehouse, "uma") == [("2024-02-01", "2024-07-01", "housing_assistance")]
    assert spells(warehouse, "vic") == [
        ("2020-09-01", "2021-07-01", "housing_assistance"),
        ("2023-01-01", "2023-07-01", "housing_assistance"),
    ]
    assert (
        len({*households(warehouse, "quin"), *households(warehouse, "ros"), *households(warehouse, "tia")})
        == 1
    )


def test_who_lives_where_all_of_an_assisted_household_do_is_of_it_from_the_next_year_on(
    warehouse: Warehouse,
) -> None:
    # admitted in September 2022: the address of 2023 may be where they came from
    assert [year(warehouse, "wes", y)[:2] for y in (2023, 2024)] == [
        ("housing_assistance", 0),
        ("housing_assistance", 1),
    ]
    assert [year(warehouse, "xia", y)[:2] for y in (2023, 2024)] == [("address", 0), ("address", 1)]
    # its members have two addresses, and nobody says which is the home
    assert [year(warehouse, who, 2024)[1] for who in ("yan", "zoe", "kit")] == [1, 1, 0]


def test_children_who_live_with_one_guardian_are_a_household_where_no_address_is_told(
    warehouse: Warehouse,
) -> None:
    year_of_guardians = [("2024-07-01", "2025-07-01", "guardian")]
    assert all(
        spells(warehouse, who) == year_of_guardians for who in ("gem", "gia", "gil", "gob", "nan", "pip")
    )
    assert households(warehouse, "gem") == households(warehouse, "gia") == households(warehouse, "gil")
    assert year(warehouse, "gil", 2025) == ("guardian", 2, 1, None, None)
    # of two homes the one with most children counts, so who lives in the other one is alone
    assert year(warehouse, "gob", 2025) == ("guardian", 0, 1, None, None)
    assert spells(warehouse, "ned") == spells(warehouse, "non") == []
    assert spells(warehouse, "pat") == [("2024-07-01", "2025-07-01", "address")]
    assert warehouse.query("select distinct evidence, n_members from marts.household where evidence = 'guardian' order by 2") == [
        ("guardian", 1), ("guardian", 2), ("guardian", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "key", "kind"),
    [
        ("guardian", "guardian_key", ""),
        ("housing_assistance", "household_key", "_h"),
        ("housing_episode", "household_key", "_s"),
    ],
)
def test_two_households_with_the_same_lowest_member_have_two_keys(
    warehouse: Warehouse, table: str, key: str, kind: str
) -> None:
    with open_warehouse(warehouse.home) as con:
        rows = con.execute(f"""
            select {key}, string_agg(person_id, ' ' order by person_id) from staging.stg_{table}
            where partner_id = 'split' and {key} is not null group by all order by 1
        """).fetchall()
    vala, vale, vali = (f"person_{who}{kind}" for who in ("vala", "vale", "vali"))
    assert rows == [(vala, f"{vala} {vale}"), (f"{vala}-2", f"{vala} {vali}")]


def test_who_lives_with_each_of_two_guardians_of_one_child_is_no_household_of_three(
    warehouse: Warehouse,
) -> None:
    assert sorted(year(warehouse, who, 2025)[1] for who in ("vala", "vale", "vali")) == [0, 1, 1]
    assert year(warehouse, "vale", 2025)[1] == 1, "of two homes with as many children the first"


def test_children_are_under_nineteen_and_born_on_the_first_of_october(warehouse: Warehouse) -> None:
    rows = warehouse.query("""
        select person_id, n_siblings from marts.person_household_year
        where person_id in ('person_a19', 'person_b19', 'person_new', 'person_unborn', 'person_pupil', 'person_unknown')
            and school_year = 2025 order by 1
    """)
    assert rows == [("person_b19", 2), ("person_new", 2), ("person_pupil", 2)]
    kinds = warehouse.query("""
        select person_id, is_child from marts.household_member
        where person_id in ('person_a19', 'person_pupil', 'person_unknown') order by 1
    """)
    # a19 was eighteen on 1 July, when the spell began
    assert kinds == [("person_a19", True), ("person_pupil", True), ("person_unknown", None)]


def test_no_table_holds_an_address(warehouse: Warehouse) -> None:
    tables = warehouse.query("select schema_name || '.' || table_name from duckdb_tables()")
    assert ("marts.household_member",) in tables
    for (table,) in tables:
        found = warehouse.query(
            f"select count(*) from {table} as t where t::varchar similar to '(?i).*(elm st|tower ave|park pl).*'"
        )
        assert found == [(0,)], table
    columns = warehouse.query("""
        select distinct column_name from duckdb_columns()
        where schema_name in ('intermediate', 'marts', 'published') and column_name similar to '.*(address|street|surname).*'
    """)
    assert {name for (name,) in columns} == {
        "address_key",
        "surname_key",
        "n_addresses",
        "has_new_address",
        "n_surnames",
    }
