"""The dashboards say only what a release promises, and their bundle is what Superset imports."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingestion.yaml_nodes import plain
from publishing.dashboards.bundle import Connection, bundle_files, duckdb_uri, write_bundle
from publishing.dashboards.datasets import empty_release, resolve_datasets
from publishing.dashboards.postgres import without_password
from publishing.dashboards.sources import DASHBOARDS, DashboardError, load_sources
from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import load_promise

HERE = Connection("Milepost", "duckdb:////data/current.duckdb")
PROMISE = load_promise(DBT_PROJECT)


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, Any]]:
    return bundle_files(HERE, load_sources())


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The folder dashboards/, to be spoilt."""
    folder = tmp_path / "dashboards"
    (folder / "datasets").mkdir(parents=True)
    for path in [*DASHBOARDS.glob("*.yml"), *DASHBOARDS.glob("datasets/*.sql")]:
        (folder / path.relative_to(DASHBOARDS)).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def spoilt(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_queries_read_published_tables_and_nothing_else() -> None:
    promised = plain(DBT_PROJECT / "models" / "published" / "_published.yml")["models"]
    tables = {model["name"].removeprefix("published_") for model in promised}
    for path in sorted((DASHBOARDS / "datasets").glob("*.sql")):
        named = set(
            re.findall(r"\b(\w+\.\w+)\s+(?:as\b|$|\n|where|group|\))", path.read_text(encoding="utf-8"))
        )
        schemas = {
            name for name in named if name.partition(".")[0] in ("published", "marts", "staging", "raw")
        }
        assert schemas, path.name
        assert {name.removeprefix("published.") for name in schemas} <= tables, path.name


def test_every_published_table_and_column_is_a_dataset_with_its_description(files: dict[str, Any]) -> None:
    for model in plain(DBT_PROJECT / "models" / "published" / "_published.yml")["models"]:
        dataset = files[f"datasets/milepost/{model['name'].removeprefix('published_')}.yaml"]
        assert dataset["sql"] is None
        assert dataset["schema"] == "published"
        told = {column["column_name"]: column["description"] for column in dataset["columns"]}
        assert told == {column["name"]: column["description"].strip() for column in model["columns"]}


def test_metrics_filters_and_conditions_can_be_asked_of_a_release() -> None:
    """Every chart's query as SQL, built here from the sources alone, on the tables as they are promised."""
    sources = load_sources()
    datasets = resolve_datasets(sources, PROMISE)
    asked = 0
    with empty_release(PROMISE) as con:
        for dashboard in sources.dashboards.values():
            for chart in dashboard.charts:
                dataset = datasets[dashboard.dataset_of(chart)]
                by = [
                    *chart.columns,
                    *chart.down,
                    *chart.across,
                    *(n for n in (chart.by, chart.stacked) if n),
                ]
                what = [*by, *([dataset.metrics[chart.metric].sql] if chart.metric else [])]
                where = f"where {chart.where}" if chart.where else ""
                group = f"group by {', '.join(by)}" if chart.metric and by else ""
                con.execute(f"select {', '.join(what)} from ({dataset.sql}) as told {where} {group}")
                asked += 1
            for name in dashboard.all_filters:
                chosen = sources.filters[name]
                within = "".join(f", {sources.filters[parent].column}" for parent in chosen.within)
                query = datasets[dashboard.choices_of(chosen)].sql
                con.execute(f"select distinct {chosen.column}{within} from ({query}) as told")
    assert asked > 15


def test_a_mix_of_rows_has_no_share() -> None:
    """The metric of a share, over one row, over two, and over one that is hidden."""
    sql = load_sources().datasets["values_in_words"].metrics["rate"].sql
    for rows, share in (("(0.25)", 0.25), ("(0.25), (0.5)", None), ("(null::double)", None)):
        assert duckdb.sql(f"select {sql} from (values {rows}) as told (value)").fetchall() == [(share,)]


def test_readers_always_have_one_definition_and_one_collection(files: dict[str, Any]) -> None:
    for slug in ("outcomes", "gaps"):
        filters = files[f"dashboards/{slug}.yaml"]["metadata"]["native_filter_configuration"]
        for name, value in (("Definition", "default"), ("Collection", "annual")):
            (found,) = [one for one in filters if one["name"] == name]
            assert found["controlValues"]["enableEmptyFilter"]
            assert not found["controlValues"]["multiSelect"]
            assert found["defaultDataMask"]["filterState"]["value"] == [value]
            assert found["scope"] == {"rootPath": ["ROOT_ID"], "excluded": []}


def test_charts_wait_for_a_community_and_a_place(files: dict[str, Any]) -> None:
    for slug in ("outcomes", "gaps", "data_quality"):
        for one in files[f"dashboards/{slug}.yaml"]["metadata"]["native_filter_configuration"]:
            is_first = one["name"] in ("Community", "Place")
            assert (one["controlValues"]["defaultToFirstItem"], one["requiredFirst"]) == (is_first, is_first)


def test_schools_that_hold_a_gap_are_shown_whichever_indicator_is_told_by_school(
    files: dict[str, Any],
) -> None:
    """As the page opens no filter narrows the list: a fixed indicator may be hidden at every school."""
    page = files["dashboards/gaps.yaml"]
    (chart,) = [
        part
        for part in page["position"].values()
        if isinstance(part, dict)
        and part.get("meta", {}).get("sliceName", "").startswith("Schools that hold")
    ]
    drivers = {
        column["column_name"] for column in files["datasets/milepost/gap_drivers_in_words.yaml"]["columns"]
    }
    opened = {
        one["name"]: one["defaultDataMask"]["filterState"].get("value")
        for one in page["metadata"]["native_filter_configuration"]
        if set(one["scope"]["rootPath"]) & set(chart["parents"])
        and one["targets"][0]["column"]["name"] in drivers
    }
    assert opened == {
        "Community": None,  # of which the first is taken
        "Collection": ["annual"],
        "Definition": ["default"],
        "Indicator (schools)": None,
        "Split by (schools)": None,
    }
    first = [one["name"] for one in page["metadata"]["native_filter_configuration"]
             if one["controlValues"]["defaultToFirstItem"]]  # fmt: skip
    assert first == ["Community", "Place"]


HOSTILE = """O'Brien "Valley" <script>alert('x')</script> & Peñón; {{ 7 * 7 }} %s : # 東"""


def test_whatever_a_community_is_called_the_bundle_says_it_just_so(tmp_path: Path, copied: Path) -> None:
    """A name stands in a connection, titles and a default; the zip, its YAML and the JSON within hold it whole."""
    sources = load_sources(copied)
    community = sources.filters["community"].model_copy(update={"default": HOSTILE})
    named = replace(sources, filters={**sources.filters, "community": community})
    bundle = tmp_path / "bundle.zip"
    connection = Connection(HOSTILE, HERE.uri)
    names = write_bundle(bundle, connection, named)
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        read = {name: yaml.safe_load(archive.read(f"milepost/{name}")) for name in names}
    assert read == bundle_files(connection, named)
    assert read["databases/milepost.yaml"]["database_name"] == HOSTILE
    page = read["dashboards/gaps.yaml"]
    assert page["dashboard_title"] == f"Gaps ({HOSTILE})"
    assert re.fullmatch(r"gaps-[0-9a-f]{8}", page["slug"]), "an address holds nothing of the name"
    (chosen,) = [one for one in page["metadata"]["native_filter_configuration"] if one["name"] == "Community"]
    assert chosen["defaultDataMask"]["extraFormData"]["filters"] == [
        {"col": "community", "op": "IN", "val": [HOSTILE]}
    ]
    # what is shown as HTML, or asked as SQL, holds no name
    for name, data in read.items():
        if name.startswith("charts/"):
            assert "script" not in json.dumps(data)
        if name.startswith("dashboards/"):
            texts = [part["meta"]["code"] for part in data["position"].values()
                     if isinstance(part, dict) and part["type"] == "MARKDOWN"]  # fmt: skip
            assert not any("script" in text for text in texts)


def test_every_reference_in_the_bundle_is_met(files: dict[str, Any]) -> None:
    uuids = {kind: {data["uuid"] for name, data in files.items() if name.startswith(kind)}
             for kind in ("databases/", "datasets/", "charts/", "dashboards/")}  # fmt: skip
    for name, data in files.items():
        if name.startswith("datasets/"):
            assert data["database_uuid"] in uuids["databases/"]
        if name.startswith("charts/"):
            assert data["dataset_uuid"] in uuids["datasets/"]
            assert json.loads(data["query_context"])["form_data"] == data["params"]
        if name.startswith("dashboards/"):
            parts = [part for part in data["position"].values() if isinstance(part, dict)]
            shown = {part["meta"]["uuid"] for part in parts if part["type"] == "CHART"}
            assert shown
            assert shown <= uuids["charts/"]
            ids = {part["id"] for part in parts}
            assert {child for part in parts for child in part.get("children", [])} <= ids
            for one in data["metadata"]["native_filter_configuration"]:
                assert set(one["scope"]["rootPath"]) <= ids
                assert one["targets"][0]["datasetUuid"] in uuids["datasets/"]


def test_the_same_dashboards_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    names = write_bundle(first, HERE)
    write_bundle(second, HERE)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == [f"milepost/{name}" for name in names]
        metadata = yaml.safe_load(archive.read("milepost/metadata.yaml"))
    assert metadata["type"] == "assets"


def test_two_audiences_share_nothing_and_one_keeps_its_uuids() -> None:
    sources = load_sources()
    usual, other = (
        bundle_files(HERE, sources),
        bundle_files(Connection("PostgreSQL, anna", "postgresql://a@b/c"), sources),
    )
    moved = bundle_files(Connection("Milepost", "postgresql://a@b/c"), sources)
    assert {data.get("uuid") for data in usual.values()} & {data.get("uuid") for data in other.values()} == {
        None
    }
    names = [data["table_name"] for data in (*usual.values(), *other.values()) if "table_name" in data]
    assert len(names) == len(set(names))  # Superset's own SQLite refuses a name twice
    assert {name: data.get("uuid") for name, data in usual.items()} == {
        n: d.get("uuid") for n, d in moved.items()
    }


def test_a_release_file_opens_for_reading_alone_and_leads_to_no_other_file(tmp_path: Path) -> None:
    database, secret = tmp_path / "release.duckdb", tmp_path / "secret.csv"
    duckdb.connect(str(database)).close()
    secret.write_text("a\n1\n")
    query = duckdb_uri(database).partition("?")[2]
    config = dict(setting.split("=") for setting in query.split("&"))
    with duckdb.connect(str(database), config=config) as con:  # type: ignore[arg-type]
        for sql in (
            "create table t (a int)",
            f"select * from read_csv('{secret}')",
            f"attach '{tmp_path / 'other.duckdb'}'",
            "set enable_external_access = true",
            f"copy (select 1) to '{tmp_path / 'out.csv'}'",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(sql)


def test_a_password_does_not_get_into_a_bundle() -> None:
    assert without_password("postgresql://anna:secret@db:5433/m?sslmode=require") == (
        "postgresql://anna:XXXXXXXXXX@db:5433/m?sslmode=require"
    )
    assert without_password("postgresql://anna@db/m") == "postgresql://anna@db/m"


def test_what_is_no_database_and_a_folder_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(DashboardError, match="no SQLAlchemy URI"):
        without_password("garbage")
    with pytest.raises(DashboardError, match=r"cannot be written.*No such file.*a folder that is there"):
        write_bundle(tmp_path / "nowhere" / "it.zip", HERE)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("gaps.yml", "columns: [subgroup_title, gap,", "columns: [subgroup_name, gap,", "a column subgroup_name"),
        ("gaps.yml", "metric: points", "metric: rate", "a metric rate that gaps_in_words has not"),
        ("outcomes.yml", "filters: [community,", "filters: [comunity,", "Did you mean 'community'?"),
        ("outcomes.yml", "dataset: values_in_words", "dataset: values", "there is no dataset values"),
        ("outcomes.yml", "kind: lines", "kind: pie", "outcomes.yml:"),
        ("datasets/values_in_words.sql", "    told.value_low,", "    told.low,", "cannot be asked of a release"),
        ("datasets/deliveries.sql", "published.load_quality", "marts.load_quality", "published tables alone"),
        ("datasets/release_history.sql", "is_current", "is_current, 1 as extra", "nothing says what the column extra"),
        ("datasets.yml", "tables: [releases]", "tables: [release]", "there is no published table release"),
        ("datasets.yml", "{label: Community,", "{lable: Community,", "Did you mean 'label'?"),
        ("filters.yml", "choices: splits_to_choose", "choices: splits", "there is no dataset splits"),
        ("filters.yml", "column: reference", "column: refference", "references_to_choose has no column refference"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_by_name(copied: Path, name: str, old: str, new: str, told: str) -> None:
    spoilt(copied, name, old, new)
    with pytest.raises(Exception, match=re.escape(told)) as caught:
        bundle_files(HERE, load_sources(copied))
    assert type(caught.value).__name__ in (DashboardError.__name__, "ContractError")


def test_a_dataset_without_its_query_is_told_of(copied: Path) -> None:
    (copied / "datasets" / "deliveries.sql").unlink()
    with pytest.raises(DashboardError, match="dataset deliveries has no query"):
        load_sources(copied)
