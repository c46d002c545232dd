"""sources.yml: every mistake has its line and its near miss, and nothing that opens a door may stand in it."""

from pathlib import Path
from textwrap import dedent

import pytest

from ingestion.connectors.credentials import credentials_of
from ingestion.connectors.sources_file import load_sources
from ingestion.errors import ContractError
from tests.ingestion.configuration import millbrook

GOOD = """
    sources:
      district:
        partner: mill_schools
        url: https://files.example/out/
        credentials: COC_WEB
        files: "*.csv"
"""


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ContractError) as error:
        load_sources(millbrook(folder, **{"sources.yml": text}))
    return str(error.value)


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    (source,) = load_sources(millbrook(tmp_path, **{"sources.yml": GOOD})).values()
    assert (source.name, source.kind, source.files, source.depth, source.settle) == (
        "district", "https", ("*.csv",), 0, 60,
    )  # fmt: skip
    assert source.written_at == f"{tmp_path}/millbrook/sources.yml:2"


def test_no_file_is_no_source(tmp_path: Path) -> None:
    assert load_sources(millbrook(tmp_path)) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("credentials: COC_WEB", "password: Q7secretQ7", 5, "'password' stands in the file"),
        ("credentials: COC_WEB", "key_passphrase: Q7secretQ7", 5, "'key_passphrase' stands in the file"),
        (
            "credentials: COC_WEB",
            "secret_access_key: Q7secretQ7",
            5,
            "'secret_access_key' stands in the file",
        ),
        ("credentials: COC_WEB", "login: {api_token: Q7secretQ7}", 5, "'api_token' stands in the file"),
        ("https://files", "https://me:Q7secretQ7@files", 4, "the address has a user, a password or a token"),
        ("/out/", "/out/?token=Q7secretQ7", 4, "the address has a user, a password or a token"),
        ("https://files.example/out/", "postgresql://me:Q7secretQ7@db/x", 4, "the address has a user"),
        ("COC_WEB", '"-----BEGIN OPENSSH PRIVATE KEY-----Q7secretQ7"', 5, "a private key stands in the file"),
        ("COC_WEB", "Q7secretQ7", 5, "'sources.district.credentials'"),
        ("mill_schools", "mill_shools", 3, "unknown partner 'mill_shools'. Did you mean 'mill_schools'?"),
        ("files:", "flies:", 6, "unknown field 'sources.district.flies'. Did you mean 'files'?"),
        ("https:", "http:", 4, "http is not encrypted; use https"),
        ("https:", "sfpt:", 4, "'sfpt' is no kind of source. Did you mean 'sftp'?"),
        (
            '"*.csv"',
            '"a_{schoolyear}.csv"',
            6,
            "'{schoolyear}' is no placeholder. Did you mean 'school_year'?",
        ),
        ('"*.csv"', '"../*.csv"', 6, "leaves the folder of 'url'"),
        ('files: "*.csv"', "region: here", 2, "a folder (https) has 'files', and no 'tables'"),
        ("credentials: COC_WEB", "host_key: SHA256:short", 5, "'sources.district.host_key'"),
        ("credentials: COC_WEB", "endpoint: https://s3.example", 2, "'endpoint' belongs to s3, not to https"),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    message = refused(tmp_path, GOOD.replace(old, new))
    assert f"{tmp_path}/millbrook/sources.yml:{line}: " in message
    assert said in message
    assert "Q7secretQ7" not in message


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("{table: t, file: a.csv}", "'file' is the name of a .parquet file"),
        ("{table: t, file: 'a_{school_year}.parquet'}", "add 'school_years', such as [2025]"),
        (
            "{table: t, file: 'a_{school_year}.parquet', school_years: [2024, 2025]}",
            "{school_year} must stand in both 'file' and 'where'",
        ),
        ("{table: t, file: a.parquet, where: 'y = {year}'}", "'{year}' in 'where' is no placeholder"),
    ],
)
def test_a_table_that_would_give_the_same_rows_for_every_year_is_refused(
    tmp_path: Path, table: str, said: str
) -> None:
    text = dedent(GOOD).replace("https://files.example/out/", "postgresql://db.example/mill")
    assert said in refused(tmp_path, text.replace('files: "*.csv"', f"tables: [{table}]"))


def test_credentials_are_shown_nowhere(tmp_path: Path) -> None:
    (source,) = load_sources(millbrook(tmp_path, **{"sources.yml": GOOD})).values()
    found = credentials_of(source, {"COC_WEB_TOKEN": "Q7secretQ7", "OTHER_TOKEN": "no"})
    assert found.get("TOKEN") == "Q7secretQ7"
    assert "Q7secretQ7" not in f"{found!r} {found}"
    with pytest.raises(ContractError, match="needs the environment variable COC_WEB_USER or COC_WEB_KEY"):
        found.need("USER", "KEY")
