"""How likely two accounts are of one place, by what they are called and where: Splink with frozen weights.

The tables are small (tens to thousands of accounts, few of them of one place), too few to estimate anything
from. So the shares below are stated, not trained: of pairs that are one place, and of pairs that are not, how
many are expected at each level. They hold no value of any account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from identity.places import words

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINKED, SHOWN = 0.9, 0.3  # from which probability a pair is linked, and shown to people
NEAR_METERS = 150  # coordinates have four decimals, some ten yards
Level = tuple[str, str, float, float]  # what it is called, when it holds, share of same, share of different

_SUBSET = (
    "len(list_intersect(words_l, words_r)) = least(len(list_distinct(words_l)), len(list_distinct(words_r)))"
)
_TELL_THE_SAME = "len(telling_l) > 0 and telling_l = telling_r"
_NUMBERS = "(numbers_l = numbers_r or len(numbers_l) = 0 or len(numbers_r) = 0)"
_SAME_ADDRESS = "len(list_intersect(addresses_l, addresses_r)) > 0"
_DISTANCE = (
    "6371000 * 2 * asin(sqrt(pow(sin(radians(latitude_r - latitude_l) / 2), 2) + cos(radians(latitude_l))"
    " * cos(radians(latitude_r)) * pow(sin(radians(longitude_r - longitude_l) / 2), 2)))"
)
_NO_DISTANCE = "(latitude_l is null or latitude_r is null or longitude_l is null or longitude_r is null)"
_NO_ADDRESS = "(len(addresses_l) = 0 or len(addresses_r) = 0)"


def _name(same: float, within: float, close: float, telling: float, by_chance: float) -> list[Level]:
    """How names compare: the shares of pairs that are one place, and how many others have the same name."""
    common = 0.04
    rest = round(1 - same - within - close - telling - common, 3)
    return [
        ("same", "name_key_l = name_key_r and len(telling_l) + len(numbers_l) > 0", same, by_chance),
        # North High School, Center Elementary: where they are has to tell which ones they are
        ("same common words", "name_key_l = name_key_r", common, 0.003),
        ("one within the other", f"{_TELL_THE_SAME} and {_SUBSET} and {_NUMBERS}", within, 0.003),
        (
            "nearly the same",
            "jaro_winkler_similarity(name_key_l, name_key_r) >= 0.93 and numbers_l = numbers_r"
            " and len(telling_l) > 0 and len(telling_r) > 0",
            close,
            0.004,
        ),
        ("same distinct words", f"{_TELL_THE_SAME} and {_NUMBERS}", telling, 0.02),
        ("different", "ELSE", rest, round(1 - by_chance - 0.003 - 0.003 - 0.004 - 0.02, 3)),
    ]


COMPARISONS: dict[str, dict[str, tuple[str, list[Level]]]] = {
    "site": {
        "name": ("name_key_l is null or name_key_r is null", _name(0.55, 0.15, 0.10, 0.08, 0.002)),
        "place": (
            f"{_NO_ADDRESS} and {_NO_DISTANCE}",
            [
                ("same address", _SAME_ADDRESS, 0.70, 0.002),
                (
                    "nearly the same address",
                    "split_part(addresses_l[1], ' ', 1) = split_part(addresses_r[1], ' ', 1)"
                    " and jaro_winkler_similarity(addresses_l[1], addresses_r[1]) >= 0.93",
                    0.08,
                    0.001,
                ),
                ("within 150 m", f"{_DISTANCE} <= {NEAR_METERS}", 0.12, 0.005),
                ("elsewhere", "ELSE", 0.10, 0.992),
            ],
        ),
        "zip_code": (
            "len(zips_l) = 0 or len(zips_r) = 0",
            [("same", "zips_l = zips_r", 0.93, 0.15), ("different", "ELSE", 0.07, 0.85)],
        ),
        "school_level": (
            "school_level_l is null or school_level_r is null",
            [("same", "school_level_l = school_level_r", 0.95, 0.40), ("different", "ELSE", 0.05, 0.60)],
        ),
        "owner": (
            "owner_l is null or owner_r is null",
            [
                ("same", "owner_l = owner_r", 0.50, 0.08),
                ("two districts", "entity_l = 'school' and entity_r = 'school'", 0.04, 0.60),
                ("different", "ELSE", 0.46, 0.32),
            ],
        ),
    },
    "organization": {
        "name": ("name_key_l is null or name_key_r is null", _name(0.65, 0.12, 0.08, 0.05, 0.001)),
        "contact": (
            "len(contacts_l) = 0 or len(contacts_r) = 0",
            [
                ("same", "len(list_intersect(contacts_l, contacts_r)) > 0", 0.60, 0.003),
                ("different", "ELSE", 0.40, 0.997),
            ],
        ),
        "tax_id": (
            "tax_number_l is null or tax_number_r is null",
            [("same", "tax_number_l = tax_number_r", 0.90, 0.002), ("different", "ELSE", 0.10, 0.998)],
        ),
        "place": (
            "len(zips_l) = 0 or len(zips_r) = 0",
            [
                ("same address", _SAME_ADDRESS, 0.50, 0.005),
                ("same ZIP code", "len(list_intersect(zips_l, zips_r)) > 0", 0.30, 0.15),
                ("elsewhere", "ELSE", 0.20, 0.845),
            ],
        ),
    },
}
PRIORS = {"site": 0.01, "organization": 0.02}


def add_scored_pairs(con: DuckDBPyConnection, kind: str) -> None:
    """Add the likely pairs of a kind to `pair` (l, r, weight, probability, levels), of two rosters each.

    `owner` (account, place) tells which organization a site is of, as far as that is known.
    """
    con.execute(_features(kind))
    if con.execute("select count(distinct roster) > 1 from feature").fetchone() != (True,):
        return
    levels = " || '; ' || ".join(
        f"'{name.replace('_', ' ')}: ' || {_level_name(name, levels)}"
        for name, (_, levels) in COMPARISONS[kind].items()
    )
    con.execute(f"""
        insert into pair
        select least(unique_id_l, unique_id_r), greatest(unique_id_l, unique_id_r), match_weight,
            match_probability,
               {levels}
        from {_score(con, kind)}
    """)


def settings(kind: str) -> dict[str, Any]:
    """Splink's settings for accounts of one kind."""
    comparisons = []
    for name, (unknown, levels) in COMPARISONS[kind].items():
        nothing = {"sql_condition": unknown, "label_for_charts": "not known", "is_null_level": True}
        stated = [
            {
                "sql_condition": condition,
                "label_for_charts": label,
                "m_probability": same,
                "u_probability": other,
            }
            for label, condition, same, other in levels
        ]
        comparisons.append({"output_column_name": name, "comparison_levels": [nothing, *stated]})
    # two rows of one roster are two places, and so are two national ids
    rule = (
        "l.keys = r.keys and l.community_id = r.community_id and l.roster <> r.roster"
        " and coalesce(l.nces = r.nces, true)"
    )
    return {
        "link_type": "dedupe_only",
        "probability_two_random_records_match": PRIORS[kind],
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule, "arrays_to_explode": ["keys"], "sql_dialect": "duckdb"}
        ],
        "retain_matching_columns": True,  # without, Splink leaves the levels out
        "retain_intermediate_calculation_columns": True,
    }


def _score(con: DuckDBPyConnection, kind: str) -> str:
    """The name of Splink's table of scored pairs."""
    from splink import DuckDBAPI, Linker

    linker = Linker([DuckDBAPI(con).register("feature")], settings(kind), log_level="ERROR")
    name: str = linker.inference.predict(threshold_match_probability=SHOWN).physical_name
    return name


def _level_name(comparison: str, levels: list[Level]) -> str:
    """SQL: what a level is called, by the number Splink gives it: the last has 0, what is not known -1."""
    cases = " ".join(
        f"when {len(levels) - 1 - place} then '{level[0]}'" for place, level in enumerate(levels)
    )
    return f"case gamma_{comparison} {cases} else 'not known' end"


def _features(kind: str) -> str:
    """SQL: `feature`, an account as Splink compares it; a pair must share one of its `keys`."""
    return f"""
        create or replace temp table feature as
        with located as (
            select *, {words.words("name")} as words, {words.address("street_address")} as address,
                   {words.zip_code("zip_code")} as zip
            from account
        ),
        sites as (
            -- an organization is where its sites are
            select partner_id, owner_id as local_id, list(distinct address) as addresses,
                list(distinct zip) as zips
            from located
            where kind = 'site' and owner_entity = 'organization'
            group by all
        ),
        gathered as (
            select located.*, owner.place as owner,
                   case when kind = 'site' then [address] when entity = 'organization'
                       then sites.addresses end as all_addresses,
                   case when kind = 'site' then [zip] when entity = 'organization' then sites.zips end
                       as all_zips,
                   [{words.domain("website")}, {words.domain("email")}, right({words.digits("phone")},
                       10)] as all_contacts,
                   case when latitude is not null and longitude is not null then {_cells()} end as cells
            from located
            left join sites using (partner_id, local_id)
            left join owner using (account)
            where kind = '{kind}'
        ),
        compared as (
            select account as unique_id, community_id, entity, roster, nces, tax_number, latitude,
                longitude, owner,
                   coalesce(words, []) as words, array_to_string(words, ' ') as name_key,
                   coalesce({words.telling_words("words")}, []) as telling,
                   coalesce({words.numbers("words")}, []) as numbers, {words.school_level("words")}
                       as school_level,
                   {_known("all_addresses")} as addresses, {_known("all_zips")} as zips,
                   {_known("all_contacts")} as contacts, coalesce(cells, []) as cells
            from gathered
        )
        select *, list_distinct(list_concat(
            telling, addresses, contacts, cells,
            -- names that begin alike in one ZIP code, for one letter may be wrong in every word
            list_transform(zips, lambda zip: zip || ' ' || coalesce(left(name_key, 3), ''))
        )) as keys
        from compared
    """


def _cells() -> str:
    """SQL: the square of some 220 by 150 yards that a place is in, and the eight around it."""
    return """list_transform(range(9), lambda i:
        (floor(latitude * 500)::int + i // 3 - 1) || '|' || (floor(longitude * 500)::int + i % 3 - 1))"""


def _known(listed: str) -> str:
    return f"coalesce(list_sort(list_filter({listed}, lambda one: one is not null)), [])"
