"""Places out of rows worked by hand: which accounts are one place, which are not, and which people decide."""

from pathlib import Path

import pytest

from identity.matching.clustering import EndlessLinking
from identity.places import clusters
from tests.identity.hand_made_places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def to_decide(places: Places) -> set[tuple[str, str]]:
    return {
        (f"{row['partner_id']} {row['local_id']}", f"{row['other_partner_id']} {row['other_local_id']}")
        for row in places.read("place_pairs")
    }


# ---- known ids ---------------------------------------------------------------------------------------------
def test_one_national_id_is_one_school_whatever_it_is_called(places: Places) -> None:
    places.tell("school", "north", "1", "Oak Elementary", nces_school_id="990001000001", zip_code="55101")
    places.tell("school", "state", "0001-0001", "OAK GROVE K-5", nces_school_id="990001000001")
    # all that names and addresses say is the same, and the ids differ
    places.tell(
        "school", "state", "0001-0002", "Oak Elementary", nces_school_id="990001000002", zip_code="55101"
    )
    found = places.link()
    assert found["school", "north", "1"] == found["school", "state", "0001-0001"]
    assert found["school", "north", "1"] != found["school", "state", "0001-0002"]
    assert places.methods()["school", "north", "1"] == "nces_id"
    assert places.methods()["school", "state", "0001-0002"] == "alone"


def test_places_that_are_not_joined_within_the_rounds_are_an_error(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for partner in ("north", "south"):
        places.tell("school", partner, "1", "Oak Elementary", nces_school_id="270001200123")
    monkeypatch.setattr(clusters, "ROUNDS", 1)  # one joins them, and a second sees that nothing is left
    with pytest.raises(EndlessLinking, match=r"Linking places \(\w+\) is not done after 1 rounds"):
        places.link()
    monkeypatch.setattr(clusters, "ROUNDS", 2)
    found = places.link()
    assert found["school", "north", "1"] == found["school", "south", "1"]


def test_a_school_that_was_renumbered_is_one_and_an_id_of_three_is_nobodys(places: Places) -> None:
    for number in ("old", "new"):
        places.tell("school", "north", number, f"Fir {number}", nces_school_id="990001000007")
    for number, name in (("a", "Ash"), ("b", "Birch"), ("c", "Cedar")):
        places.tell("school", "north", number, name, nces_school_id="990001000009")
    places.tell("school", "north", "z", "Zelkova", nces_school_id="000000000000")
    places.tell("school", "south", "y", "Yew", nces_school_id="000000000000")
    found = places.link()
    assert found["school", "north", "old"] == found["school", "north", "new"]
    assert len({found["school", "north", number] for number in "abcz"} | {found["school", "south", "y"]}) == 5


def test_a_number_of_the_state_links_where_there_is_no_national_one(places: Places) -> None:
    places.tell("school", "north", "1", "Oak", state_school_id="06-17a", nces_school_id="990001000001")
    places.tell("school", "tests", "T9", "Building nine", state_school_id="06-17A")
    places.tell("school", "south", "3", "Elm", state_school_id="06-17A", nces_school_id="990002000003")
    found = places.link()
    # the national ids of north and south differ, so the number that they share joins one of them at most
    assert found["school", "north", "1"] != found["school", "south", "3"]
    assert found["school", "tests", "T9".lower()] in {
        found["school", "north", "1"],
        found["school", "south", "3"],
    }


def test_a_uuid_of_two_directories_is_one_place_and_a_running_number_is_not(places: Places) -> None:
    uuid = "4e1f6a52-63b3-4d0e-9e0a-0f6a1c2b3d4e"
    places.tell("site", "county", uuid.upper(), "Harbor House")
    places.tell("site", "region", uuid, "Refuge at the harbor")
    places.tell("site", "county", "7", "Willow")
    places.tell("site", "region", "7", "Poplar")
    found = places.link()
    assert found["site", "county", uuid] == found["site", "region", uuid]
    assert found["site", "county", "7"] != found["site", "region", "7"]


def test_a_tax_number_links_organizations_unless_chapters_share_it(places: Places) -> None:
    places.tell("organization", "one", "a", "Helping Hands", tax_id="41-0000001")
    places.tell("organization", "two", "b", "HH of Greater Millbrook", tax_id="410000001")
    for number, name in (("n", "Scouts of Northtown"), ("s", "Scouts of Southtown")):
        places.tell("organization", "one", number, name, tax_id="41-0000002")
    places.tell("organization", "two", "h", "Scouting council", tax_id="41-0000002")
    found = places.link()
    assert found["organization", "one", "a"] == found["organization", "two", "b"]
    assert len({found["organization", *key] for key in (("one", "n"), ("one", "s"), ("two", "h"))}) == 3


def test_a_district_is_its_partner_and_known_by_the_national_ids_of_its_schools(places: Places) -> None:
    places.tell(
        "school", "north", "1", "Oak", district_id="N1", district_name="North", nces_school_id="990001000001"
    )
    places.partners["north"] = ("North public schools", "N1")
    for number in ("1", "2"):
        facts = {"district_id": "0001", "district_name": "Nr. 1", "nces_school_id": f"99000100000{number}"}
        places.tell("school", "state", f"s{number}", f"School {number}", **facts)
    found = places.link()
    one = {
        found["district", "north", "n1"],
        found["partner", "north", "north"],
        found["district", "state", "0001"],
    }
    assert len(one) == 1
    assert found["partner", "state", "state"] not in one
    assert places.methods()["partner", "north", "north"] == "configured"


# ---- names and addresses -----------------------------------------------------------------------------------
def test_names_that_are_written_in_several_ways_are_one_where_they_stand(places: Places) -> None:
    pairs = [
        ("Lincoln Elementary School", "LINCOLN ELEM. SCH."),
        ("St. Mary's Middle School", "Saint Marys MS"),
        ("P.S. 12", "PS 12"),
        ("Martin Luther King Jr. High School", "MLK Jr HS"),
        ("Mount Vernon Community Center", "Mt. Vernon Comm. Ctr."),
    ]
    for number, (one, other) in enumerate(pairs):
        places.tell("school", "north", f"{number}", one, zip_code=f"5510{number}")
        places.tell("site", "club", f"c{number}", other, zip_code=f"5510{number}-1234")
    found = places.link()
    for number, pair in enumerate(pairs):
        assert found["school", "north", f"{number}"] == found["site", "club", f"c{number}"], pair
    assert set(places.methods().values()) == {"splink", "alone"}
    assert len({found["school", "north", str(number)] for number in range(5)}) == 5


def test_what_differs_by_a_number_or_a_level_is_two_places(places: Places) -> None:
    for number, (one, other) in enumerate(
        [("Site 1 of Willow", "Site 2 of Willow"), ("Lincoln Elementary", "Lincoln High"), ("PS 12", "PS 13")]
    ):
        places.tell("site", "one", f"{number}", one, zip_code="55101")
        places.tell("site", "two", f"{number}", other, zip_code="55101")
    found = places.link()
    assert len({found["site", partner, f"{n}"] for partner in ("one", "two") for n in range(3)}) == 6
    assert not to_decide(places)


def test_an_address_is_evidence_without_its_floor_and_a_mailbox_is_none(places: Places) -> None:
    places.tell(
        "site", "one", "a", "Willow clinic", street_address="12 North Main Street, Suite 4", zip_code="55101"
    )
    places.tell("site", "two", "b", "Willow health", street_address="12 N. Main St #2", zip_code="55101-0001")
    places.tell("site", "one", "c", "Rowan", street_address="PO Box 7", zip_code="55101")
    places.tell("site", "two", "d", "Hazel", street_address="PO Box 7", zip_code="55101")
    found = places.link()
    assert found["site", "one", "a"] == found["site", "two", "b"]
    assert found["site", "one", "c"] != found["site", "two", "d"]
    levels = {row["local_id"]: row["levels"] for row in places.read("place_links")}
    assert "place: same address" in levels["a"]
    assert "main" not in levels["a"].lower().replace("place:", "")


def test_coordinates_place_what_has_no_address(places: Places) -> None:
    # 0.001 degrees of latitude are 111 m
    places.tell("site", "one", "a", "Willow center", latitude=44.9500, longitude=-93.1000)
    places.tell("site", "two", "b", "Willow youth programs", latitude=44.9510, longitude=-93.1000)
    places.tell("site", "two", "c", "Willow library", latitude=44.9700, longitude=-93.1000)
    found = places.link()
    assert found["site", "one", "a"] != found["site", "two", "c"]
    assert ("one a", "two b") in to_decide(places) or found["site", "one", "a"] == found["site", "two", "b"]


def test_schools_of_one_name_in_two_districts_are_two(places: Places) -> None:
    for partner, zip_code in (("north", "55101"), ("south", "55301")):
        places.tell("school", partner, "1", "Lincoln Elementary", district_id=partner, zip_code=zip_code)
    places.tell("site", "club", "x", "Lincoln Elem", zip_code="55301")
    found = places.link()
    assert found["school", "south", "1"] == found["site", "club", "x"] != found["school", "north", "1"]


def test_two_rows_of_one_roster_stay_two_and_a_link_to_either_is_left_to_people(places: Places) -> None:
    for number in ("a", "b"):
        places.tell("site", "county", number, "Willow clinic", zip_code="55101")
    places.tell("site", "region", "w", "Willow Clinic", zip_code="55101")
    found = places.link()
    assert (
        len({found["site", "county", "a"], found["site", "county", "b"], found["site", "region", "w"]}) == 3
    )
    assert to_decide(places) == {("county a", "region w"), ("county b", "region w")}


def test_the_same_name_is_one_organization_and_a_part_of_it_a_question(places: Places) -> None:
    places.tell("organization", "one", "a", "Willow Corps, Inc.")
    places.tell("organization", "two", "b", "The Willow Corps")
    places.tell("organization", "one", "c", "Hazel Bright")
    places.tell("organization", "two", "d", "Hazel Bright Pre-K")
    found = places.link()
    assert found["organization", "one", "a"] == found["organization", "two", "b"]
    assert found["organization", "one", "c"] != found["organization", "two", "d"]
    assert to_decide(places) == {("one c", "two d")}


def test_organization_and_sites_that_a_partner_does_not_describe_are_there(places: Places) -> None:
    places.tell("site", "club", "described", "Willow")
    places.numbers = [("school", "north", "77"), ("site", "club", "described"), ("project", "coc", "101")]
    places.tell("program", "coc", "101", "Harbor House")
    places.tell("program", "coc", "102", "Job fair")
    found = places.link()
    assert {key for key in found if key[0] != "partner"} == {
        ("school", "north", "77"),
        ("site", "club", "described"),
        ("project", "coc", "101"),
    }
    assert places.counts is not None
    assert (places.counts.accounts, places.counts.sites) == (5, 3)


# ---- decisions ---------------------------------------------------------------------------------------------
def test_decisions_are_before_names_and_ids(places: Places) -> None:
    places.tell("school", "north", "1", "Oak", nces_school_id="990001000001")
    places.tell("school", "state", "s1", "Oak", nces_school_id="990001000001")
    places.tell("school", "tests", "t1", "Oak", nces_school_id="990001000001")
    places.tell("site", "club", "c", "The red barn")
    places.decide(("school", "north", "1"), ("school", "state", "s1"), "different")
    places.decide(("school", "north", "1"), ("site", "club", "c"), "same")
    found = places.link()
    assert found["school", "north", "1"] == found["site", "club", "c"] != found["school", "state", "s1"]
    # the third has the number of both, and can be one of them only
    assert found["school", "tests", "t1"] in {found["school", "north", "1"], found["school", "state", "s1"]}
    assert places.methods()["site", "club", "c"] == "decision"


def test_a_decision_about_what_is_not_there_waits(places: Places) -> None:
    places.tell("site", "club", "c", "Barn")
    places.decide(("site", "club", "c"), ("site", "other", "z"), "same")
    places.link()
    places.tell("site", "other", "z", "Something else")
    found = places.link()
    assert found["site", "club", "c"] == found["site", "other", "z"]


# ---- ids of places -----------------------------------------------------------------------------------------
def tell_of_oak(places: Places, partner: str) -> None:
    places.tell("school", partner, f"{partner}1", f"Oak of {partner}", nces_school_id="990001000001")


def test_what_has_a_known_id_is_called_the_same_whoever_came_first(tmp_path: Path) -> None:
    ids = set()
    for order in (("north", "state"), ("state", "north")):
        places = Places(tmp_path / order[0])
        for partner in order:
            tell_of_oak(places, partner)
            ids.add(places.link()["school", partner, f"{partner}1"])
    assert len(ids) == 1


def test_ids_stay_when_more_is_known_and_a_join_leaves_an_alias(places: Places) -> None:
    places.tell("site", "one", "a", "Red barn")
    places.tell("site", "two", "b", "Blue mill")
    before = places.link()
    places.decide(("site", "one", "a"), ("site", "two", "b"), "same")
    joined = places.link()
    kept, gone = sorted((before["site", "one", "a"], before["site", "two", "b"]))
    assert joined["site", "one", "a"] == joined["site", "two", "b"] == kept
    aliases = [(row["place_id"], row["current_place_id"]) for row in places.read("place_aliases")]
    assert aliases == [(gone, kept)]
    # a third comes later and takes the id that is there, whatever its own would be
    places.tell("site", "three", "c", "Red barn", state="MN")
    places.decide(("site", "three", "c"), ("site", "one", "a"), "same")
    assert places.link()["site", "three", "c"] == kept


def test_a_split_gives_each_its_own_id_again_and_stays(places: Places) -> None:
    places.tell("site", "one", "a", "Willow clinic", zip_code="55101")
    places.tell("site", "two", "b", "Willow Clinic", zip_code="55101")
    together = places.link()["site", "one", "a"]
    places.decide(("site", "one", "a"), ("site", "two", "b"), "different")
    apart = places.link()
    assert apart["site", "one", "a"] != apart["site", "two", "b"]
    assert together in {apart["site", "one", "a"], apart["site", "two", "b"]}
    assert not to_decide(places)
    assert places.link() == apart


def test_equal_accounts_are_equal_bytes_in_whatever_order_they_came(tmp_path: Path) -> None:
    one, other = Places(tmp_path / "one"), Places(tmp_path / "other")
    accounts = [("a", "Willow clinic"), ("b", "Rowan"), ("c", "Hazel house")]
    for places, order in ((one, accounts), (other, accounts[::-1])):
        for partner, name in [(p, n) for p in ("p", "q") for n in order]:
            places.tell("site", partner, name[0], name[1], zip_code="55101", _row_number=2)
        places.link()
    for name in ("place_links", "places", "place_pairs", "place_registry", "place_aliases"):
        assert getattr(one.home, name).read_bytes() == getattr(other.home, name).read_bytes(), name


def test_nothing_at_all_gives_tables_without_rows(places: Places) -> None:
    assert places.link() == {}
    for name in ("place_links", "places", "place_pairs", "place_registry", "place_aliases"):
        assert places.read(name) == []
