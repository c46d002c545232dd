"""Training, scoring and blocking on records whose truth is known: the bounds that hold whatever partners send."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest

from identity.matching import Model, cluster, default_model, score, train
from identity.matching.blocking import CANDIDATES, find_candidates
from identity.matching.normalising import normalise

SYLLABLES = [
    "ba",
    "de",
    "fi",
    "go",
    "hu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "wu",
    "ya",
    "ze",
    "lo",
    "mu",
    "ni",
]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("set enable_progress_bar = false")
        yield con


def write_children(con: duckdb.DuckDBPyConnection, children: int) -> None:
    """Table record: each child at school (even ids) and, three of four, at a clinic with errors of a known kind.

    Errors: of 40 children one is a nickname-free typo in the last name, one has day and month swapped, one no
    birth date. Names are made of syllables, so none is in the table of nicknames.
    """
    listed = ", ".join(f"'{syllable}'" for syllable in SYLLABLES)
    con.execute(f"""
        create or replace table record as
        with child as (
            select number, (hash(hash(number, 'a')) >> 2)::bigint as a, (hash(hash(number, 'b')) >> 2)::bigint as b,
                   (hash(hash(number, 'c')) >> 2)::bigint as c,
                   [{listed}] as s
            from range({children}) as children (number)
        ),
        told as (
            select number, s[1 + a % 20] || s[1 + a // 20 % 20] || 'n' as first_name,
                   s[1 + b % 20] || s[1 + b // 20 % 20] || s[1 + b // 400 % 20] as last_name,
                   date '2008-01-02' + (c % 4000)::integer as birth_date,
                   case when c // 4000 % 2 = 0 then 'female' else 'male' end as sex,
                   (c // 8000 % 900 + 100) || ' ' || s[1 + c // 160000 % 20] || 'street' as address,
                   (55100 + c // 9000000 % 30)::varchar as zip_code
            from child
        )
        select number * 2 as record_id, 'school' as partner_id, number * 2 as member_id, number * 2 as group_id,
               first_name, null::varchar as middle_name, last_name, birth_date, sex, address, zip_code,
               null::varchar as household, 2024 as first_year, 2025 as last_year
        from told
        union all
        select number * 2 + 1, 'clinic', number * 2 + 1, number * 2 + 1, first_name, null,
               case when number % 40 = 1 then left(last_name, 3) || 'x' || right(last_name, 3) else last_name end,
               case when number % 40 = 3 then null
                    when number % 40 = 5 and day(birth_date) <= 12
                        then make_date(year(birth_date), day(birth_date), month(birth_date))
                    else birth_date end,
               sex, address, zip_code, null, 2024, 2025
        from told
        where number % 4 <> 0
    """)
    con.execute("alter table record alter record_id type ubigint")
    con.execute("alter table record alter member_id type ubigint")
    con.execute("alter table record alter group_id type ubigint")


def test_what_is_learned_finds_the_children(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 2000)
    model = train(con, seed=7)
    score(con, model)
    cluster(con, 0.9)
    true_links, links = con.execute("""
        select count(*) filter (min_id // 2 = max_id // 2), count(*)
        from (select min(group_id) as min_id, max(group_id) as max_id from cluster group by cluster_id
              having count(*) = 2)
    """).fetchall()[0]
    assert links == true_links
    assert true_links > 0.97 * 1500  # a quarter of 2,000 children is at school only
    # 50 of 1,500 have a typo; of 50, the 11 days of 30 that can be a month have it in the place of the month
    assert model.weights["last_name"]["exact"][0] == pytest.approx(0.967, abs=0.015)
    assert model.weights["birth_date"]["day and month swapped"][0] == pytest.approx(0.012, abs=0.006)
    # 8,000 last names, some twice as likely as others to meet
    assert model.weights["last_name"]["exact"][1] < 3e-4
    assert model.prior == pytest.approx(1500 / (2000 * 1500), rel=0.3)


def test_equal_seeds_give_equal_models_and_a_model_survives_json(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 400)
    model = train(con, seed=7)
    assert train(con, seed=7).version == model.version
    assert train(con, seed=8).version != model.version
    assert Model.from_json(model.to_json()) == model


def test_a_model_holds_no_value_of_a_child(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 800)
    con.execute(
        "update record set last_name = 'Zyxwvutsrq' where record_id < 500"
    )  # frequent enough to be kept
    text = train(con, seed=7).to_json()
    values = {
        str(value)
        for row in con.execute(
            "select first_name, last_name, birth_date, address, zip_code from record"
        ).fetchall()
        for value in row
        if value is not None
    }
    words = {word.strip('",:[]{} ') for word in text.replace('"', " ").split()}
    assert not words & values
    assert "zyxwv" not in text.lower()


def test_a_changed_model_is_refused() -> None:
    told = json.loads(default_model(0.001).to_json())
    told["prior"] = 0.5
    with pytest.raises(ValueError, match="its content was changed; train anew"):
        Model.from_json(json.dumps(told))
    told["weights"]["sex"]["unheard of"] = [0.1, 0.1]
    with pytest.raises(ValueError, match="levels are not those of this release; train anew"):
        Model.from_json(json.dumps(told))


def test_too_few_records_keep_the_defaults_and_say_why(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 30)
    model = train(con, seed=7)
    assert model.weights == default_model(model.prior).weights
    assert not any(is_learned for levels in model.learned.values() for is_learned in levels.values())
    assert any("pairs with equal names and birth dates, 50 are the fewest" in why for why in model.reasons)
    score(con, model)
    found = con.execute(
        "select count(*) from pair where record_l // 2 = record_r // 2 and match_probability > 0.9"
    )
    assert found.fetchall()[0][0] >= 20  # of 22 at both


def test_no_records_at_all(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 0)
    assert score(con, train(con, seed=7)) == 0
    assert cluster(con, 0.9) == 0
    assert con.execute("select count(*) from cluster").fetchall() == [(0,)]


def test_no_birth_dates_at_all(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 1000)
    con.execute("update record set birth_date = null")
    model = train(con, seed=7)
    assert model.reasons
    score(con, model)
    cluster(con, 0.9)
    right, wrong = con.execute("""
        select count(*) filter (a.group_id // 2 = b.group_id // 2), count(*) filter (a.group_id // 2 <> b.group_id // 2)
        from cluster as a inner join cluster as b using (cluster_id) where a.group_id < b.group_id
    """).fetchall()[0]
    assert wrong <= 2
    assert right > 0.9 * 750  # names and addresses are left, and are enough


def test_frozen_scoring_of_new_records_equals_scoring_all(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 1500)
    # a name that very many have: its keys are dropped in both ways of scoring, or in none
    con.execute("update record set last_name = 'Bafigo', first_name = 'Mira' where record_id % 9 = 0")
    model = train(con, seed=7)
    score(con, model)
    con.execute("create table of_all as from pair")
    con.execute("create view arrived as select record_id from record where record_id % 10 = 1")
    n = score(con, model, new="arrived")
    expected = "select * from of_all where record_l in (from arrived) or record_r in (from arrived)"
    assert n == con.execute(f"select count(*) from ({expected})").fetchall()[0][0] > 100
    differences = f"({expected} except select * from pair) union all (from pair except {expected})"
    assert con.execute(f"select count(*) from ({differences})").fetchall() == [(0,)]


def test_an_interim_load_may_keep_what_was_normalised(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 600)
    model = default_model(0.001)
    con.execute("create table everyone as from record")
    con.execute("create view arrived as select record_id from everyone where record_id % 10 = 1")
    con.execute("delete from record where record_id in (from arrived)")
    con.execute(
        "insert into record select * replace (9999 as record_id) from everyone limit 1"
    )  # will be gone
    score(con, model)
    con.execute("create or replace table record as from everyone")
    con.execute("update record set group_id = group_id - 1 where record_id in (51, 93)")  # decided since
    con.execute(
        "update record set address = '9 Elm Street', zip_code = '55109' where record_id % 7 = 0"
    )  # moved
    score(con, model, new="arrived", kept="matching_record")
    con.execute("create table kept as from pair")
    assert score(con, model, new="arrived") == con.table("kept").shape[0] > 30
    differences = "(from kept except from pair) union all (from pair except from kept)"
    assert con.execute(f"select count(*) from ({differences})").fetchall() == [(0,)]


def test_weights_are_those_of_the_levels_by_hand(con: duckdb.DuckDBPyConnection) -> None:
    """Splink's sum against one in plain SQL: log2 of prior odds, of m / u per level, of the names' frequencies."""
    write_children(con, 1000)
    model = train(con, seed=7)
    score(con, model)
    con.execute("create table weight (field varchar, level varchar, bits double)")
    rows = ", ".join(
        f"('{field}', '{level}', log2({m} / {u}::double))"
        for field, levels in model.weights.items()
        for level, (m, u) in levels.items()
    )
    con.execute(f"insert into weight values {rows}")
    off = con.execute(f"""
        with named as (select record_id, first_name, last_name, count(*) over (partition by first_name) as n_first,
                              count(*) over (partition by last_name) as n_last, count(*) over () as n from record),
        told as (select record_l, record_r, unnest(map_entries(levels)) as told from pair),
        summed as (select record_l, record_r, sum(bits) as bits from told
                   inner join weight on told.key = field and told.value = level group by all)
        select max(abs(match_weight - bits - log2({model.prior} / (1 - {model.prior}))
            - case when levels['first_name'] = 'exact'
                then log2({model.weights["first_name"]["exact"][1]} / (l.n_first / l.n::double)) else 0 end
            - case when levels['last_name'] = 'exact'
                then log2({model.weights["last_name"]["exact"][1]} / (l.n_last / l.n::double)) else 0 end)), count(*)
        from pair inner join summed using (record_l, record_r) inner join named as l on record_l = l.record_id
    """).fetchall()[0]
    assert off[0] < 1e-9
    assert off[1] > 700


@pytest.mark.parametrize(
    "change",
    [
        "first_name = 'Baby Boy'",
        "first_name = 'REDACTED0', last_name = 'REDACTED0'",
        "first_name = 'd41d8cd98f00', last_name = 'd41d8cd98f00', birth_date = null",
        "first_name = 'Maria', last_name = 'Garcia', birth_date = '2012-01-01'",
        "address = '1 Shelter Way', zip_code = '55101'",
    ],
)
def test_candidates_grow_with_records_not_with_their_square(
    con: duckdb.DuckDBPyConnection, change: str
) -> None:
    write_children(con, 12_000)
    con.execute(f"update record set {change}")
    normalise(con)
    find_candidates(con)
    # 21,000 records; all with all would be 108,000,000 pairs
    assert con.table(CANDIDATES).shape[0] <= 10 * 21_000


def test_ten_thousand_baby_boys(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 10_000)
    con.execute("update record set first_name = 'Baby Boy' where partner_id = 'clinic'")
    normalise(con)
    find_candidates(con)
    pairs, true_pairs = con.execute(
        f"select count(*), count(*) filter (join_key_l // 2 = join_key_r // 2) from {CANDIDATES}"
    ).fetchall()[0]
    assert true_pairs > 0.97 * 7500  # by birthday and surname
    assert pairs < 30 * 17_500


def test_members_groups_and_state_ids_are_never_compared(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 1)
    con.execute("delete from record")
    row = "'{p}', {m}, {g}, 'Ada', null, 'Okafor', '2012-03-07', 'female', null, null, null, 2024, 2025"
    for number, (partner, member, group) in enumerate(
        [("a", 1, 1), ("a", 1, 1), ("b", 2, 1), ("a", 3, 3), ("c", 4, 4), ("d", 5, 5)]
    ):
        con.execute(f"insert into record values ({number}, {row.format(p=partner, m=member, g=group)})")
    con.execute("alter table record add column state_id varchar")
    con.execute("update record set state_id = case record_id when 4 then '44' when 5 then '55' end")
    score(con, default_model(0.01))
    found = set(con.execute("select record_l, record_r from pair").fetchall())
    # 0, 1, 2 are one group; 0, 1, 3 are of one partner; 4 and 5 have two state ids
    assert found == {(2, 3), (0, 4), (1, 4), (2, 4), (3, 4), (0, 5), (1, 5), (2, 5), (3, 5)}


def test_nothing_of_splink_stays_behind(con: duckdb.DuckDBPyConnection) -> None:
    write_children(con, 500)
    score(con, train(con, seed=7))
    left = {row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()}
    assert left == {"record", "matching_record", "matching_formal_name", "pair"}
    assert con.execute("select count(*) from duckdb_views() where view_name like '%splink%'").fetchall() == [
        (0,)
    ]
