"""The registry: what is refused and how the error reads, and the tables and the macro it becomes."""

from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from publishing.registry import REGISTRY, RegistryError, load_registry
from publishing.registry_tables import write_registry_tables, write_union_macro

ENTRY = """
  - name: {name}
    description: one row per child
    config:
      meta:
        indicator:
          title: Chronic absence
          stage: k12
          outcome: contributing
          unit: share of children
          better: down
          timing: annual
          place: accountable_school
          required_entities: [attendance]
          definitions:
            - {{version: ten_percent, first_year: 2020, last_year: 2024,
               parameters: {{share: 0.10, strict: true}}, citation: "A public guide", is_default: true}}
            - {{version: fifteen_days, first_year: 2020, parameters: {{days: 15}},
               citation: "An older guide"}}
"""


def project(folder: Path, *names: str, models: tuple[str, ...] | None = None) -> Path:
    registry = folder / REGISTRY
    registry.parent.mkdir(parents=True, exist_ok=True)
    registry.write_text("version: 2\nmodels:" + "".join(ENTRY.format(name=name) for name in names))
    for name in models if models is not None else names:
        (registry.parent / f"{name}.sql").write_text("select 1")
    return folder


def edited(folder: Path, old: str, new: str) -> Path:
    registry = project(folder, "chronic_absence") / REGISTRY
    assert old in registry.read_text()
    registry.write_text(registry.read_text().replace(old, new, 1))
    return folder


def test_an_entry_is_read_with_its_definitions(tmp_path: Path) -> None:
    indicator = load_registry(project(tmp_path, "chronic_absence"))["chronic_absence"]
    assert [definition.version for definition in indicator.definitions] == ["ten_percent", "fifteen_days"]
    assert indicator.definitions[1].years == (2020, 9999)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("better: down", "beter: down", "unknown key (did you mean 'better'?)"),
        ("better: down", "better: lower", "'up' or 'down'"),
        ("[attendance]", "[attendence]", "no entity is called 'attendence' (did you mean 'attendance'?)"),
        ("fifteen_days, first_year: 2020", "fifteen_days, frist_year: 2020", "(did you mean 'first_year'?)"),
        ('guide"}', 'guide", is_default: true}', "default versions ten_percent and fifteen_days overlap"),
        ("version: fifteen_days", "version: ten_percent", "a definition version is stated twice"),
        ("is_default: true", "is_default: false", "no definition is the default"),
        ("last_year: 2024", "last_year: 2019", "first_year is after last_year"),
        ("place: accountable_school", "place: playground", "'residence'"),
        ("          place: accountable_school\n", "", "place: Field required"),
    ],
)
def test_a_wrong_entry_is_refused_by_file_line_indicator_and_near_miss(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        load_registry(edited(tmp_path, old, new))
    text = str(caught.value)
    assert message in text
    assert "_indicators.yml:" in text
    assert "indicator chronic_absence" in text


def test_default_versions_that_share_one_year_overlap_and_consecutive_ones_do_not(tmp_path: Path) -> None:
    newer = "fifteen_days, is_default: true, first_year: {}"
    with pytest.raises(RegistryError, match="default versions ten_percent and fifteen_days overlap in time"):
        load_registry(edited(tmp_path / "shared", "fifteen_days, first_year: 2020", newer.format(2024)))
    next_year = edited(tmp_path / "next", "fifteen_days, first_year: 2020", newer.format(2025))
    versions = load_registry(next_year)["chronic_absence"].definitions
    assert [definition.years for definition in versions] == [(2020, 2024), (2025, 9999)]


def test_the_line_is_the_line_of_the_wrong_key(tmp_path: Path) -> None:
    folder = edited(tmp_path, "better: down", "beter: down")
    wrong = 1 + (folder / REGISTRY).read_text().splitlines().index("          beter: down")
    with pytest.raises(RegistryError, match=f"_indicators.yml:{wrong}: "):
        load_registry(folder)


def test_a_key_stated_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="the key 'better' is there twice"):
        load_registry(edited(tmp_path, "better: down", "better: down\n          better: up"))


def test_an_entry_without_a_model_and_a_model_without_an_entry_are_both_told(tmp_path: Path) -> None:
    folder = project(tmp_path, "chronic_absence", models=("chronic_absense",))
    with pytest.raises(RegistryError) as caught:
        load_registry(folder)
    text = str(caught.value)
    assert (
        "indicator chronic_absence has no model chronic_absence.sql (did you mean 'chronic_absense'?)" in text
    )
    assert "model chronic_absense has no entry in _indicators.yml (did you mean 'chronic_absence'?)" in text


def test_an_entry_alone_is_told_and_so_is_a_model_alone(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"indicator suspension has no model suspension\.sql"):
        load_registry(
            project(tmp_path / "entry", "chronic_absence", "suspension", models=("chronic_absence",))
        )
    models = ("chronic_absence", "suspension")
    with pytest.raises(RegistryError, match=r"model suspension has no entry in _indicators\.yml"):
        load_registry(project(tmp_path / "model", "chronic_absence", models=models))


def test_the_tables_hold_definitions_and_the_selection_of_each_community(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = project(tmp_path, "chronic_absence", "suspension")
    write_registry_tables(home, folder, {"riverbend": "all", "hillside": ["suspension"]})
    definitions = duckdb.sql(
        f"select indicator_id, definition_version, first_year, last_year, parameters, is_default "
        f"from '{home.reference_file('indicator_definitions')}' "
        "where indicator_id = 'suspension' order by all"
    ).fetchall()
    assert definitions == [
        ("suspension", "fifteen_days", 2020, None, {"days": "15"}, False),
        ("suspension", "ten_percent", 2020, 2024, {"share": "0.1", "strict": "true"}, True),
    ]
    selection = duckdb.sql(f"from '{home.reference_file('indicator_selection')}' order by all").fetchall()
    assert selection == [
        ("hillside", "suspension"),
        ("riverbend", "chronic_absence"),
        ("riverbend", "suspension"),
    ]


def test_a_selection_of_an_unknown_indicator_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with pytest.raises(
        RegistryError, match=r"no indicator is called 'suspensions' \(did you mean 'suspension'"
    ):
        write_registry_tables(home, project(tmp_path, "suspension"), {"riverbend": ["suspensions"]})
    assert not home.reference.exists()


def test_the_union_macro_is_written_once_and_left_alone_when_nothing_changed(tmp_path: Path) -> None:
    folder = project(tmp_path, "chronic_absence", "suspension")
    assert write_union_macro(folder)
    macro = folder / "macros/generated/registered_indicators.sql"
    assert "return(['chronic_absence', 'suspension'])" in macro.read_text()
    assert not write_union_macro(folder)
    assert [file.name for file in macro.parent.iterdir()] == [macro.name]
