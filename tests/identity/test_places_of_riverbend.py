"""Riverbend's schools as its districts, the state, clubs and a directory would name them: how many links are right."""

from __future__ import annotations

from pathlib import Path

import duckdb

from synthetic.world import PARTNERS, _store_schools
from tests.identity.hand_made_places import Account, Places

SHORT = {"Elementary School": "ES", "Middle School": "M.S.", "High School": "HS"}
LONG = {"Elementary School": "Elem. Sch.", "Middle School": "Middle Sch", "High School": "High"}


def respelled(name: str, spellings: dict[str, str]) -> str:
    for word, other in spellings.items():
        name = name.replace(word, other)
    return name


def test_nearly_all_accounts_of_schools_find_their_school_and_none_finds_another(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"create type partner_name as enum ({', '.join(map(repr, PARTNERS))})")
        _store_schools(con)
        columns = "school, partner_id::varchar, school_id, school_name, district_id, nces_school_id, zip_code"
        schools = con.execute(f"select {columns} from school order by school").fetchall()
    places = Places(tmp_path)
    truth: dict[Account, object] = {}
    for school, partner, number, name, district, nces, zip_code in schools:
        told = {"district_id": district, "nces_school_id": nces, "zip_code": zip_code}
        places.tell("school", partner, number, name, **told)
        truth["school", partner, number.lower()] = school
        # the state has no names that anybody uses, and its own numbers
        places.tell("school", "state", f"S{school}", f"{name.upper()} #{school}", nces_school_id=nces)
        truth["school", "state", f"s{school}"] = school
        # a club meets in every second school, a directory has two in three, with what it calls them
        if school % 2 == 0:
            places.tell("site", "club", f"c{school}", respelled(name, SHORT), zip_code=zip_code)
            truth["site", "club", f"c{school}"] = school
        if school % 3:
            places.tell(
                "site", "directory", f"d{school}", f"{respelled(name, LONG)} campus", zip_code=zip_code
            )
            truth["site", "directory", f"d{school}"] = school
        # and places of nearly the same name that are none of them: other levels, other ends of the town
        if school % 4 == 1:
            places.tell("site", "directory", f"x{school}", f"{name.split()[0]} Clinic", zip_code=zip_code)
            truth["site", "directory", f"x{school}"] = f"clinic {school}"
        if school % 4 == 3:
            places.tell("site", "club", f"y{school}", respelled(name, SHORT), zip_code="99999")
            truth["site", "club", f"y{school}"] = f"elsewhere {school}"
    found = places.link()
    accounts = sorted(truth)
    pairs = [(one, other) for n, one in enumerate(accounts) for other in accounts[n + 1 :]]
    same = [pair for pair in pairs if truth[pair[0]] == truth[pair[1]]]
    linked = [pair for pair in pairs if found[pair[0]] == found[pair[1]]]
    right = [pair for pair in linked if truth[pair[0]] == truth[pair[1]]]
    assert linked == right
    # 88: 24 schools with the state, 12 with a club and 16 with a directory, of which 8 have both, by both lists
    assert len(same) == 24 + 12 * 2 + 16 * 2 + 8
    # Center Elementary, High Elementary and School Middle School have no word of their own: nothing is linked by
    # such a name, and one that is the same in the same ZIP code is for people to decide
    missing = {account for pair in set(same).difference(linked) for account in pair if account[0] == "site"}
    assert missing == {("site", "club", "c22"), *(("site", "directory", f"d{n}") for n in (17, 19, 22))}
    assert len(linked) == len(same) - 9
    asked = {
        (row[f"{side}entity"], row[f"{side}partner_id"], row[f"{side}local_id"])
        for row in places.read("place_pairs")
        for side in ("", "other_")
    }
    assert ("site", "club", "c22") in asked
