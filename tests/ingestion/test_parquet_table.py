"""Small tables of our own as Parquet files."""

from pathlib import Path

import duckdb

from ingestion.parquet_table import write_known_columns, write_table


def test_a_file_of_an_older_version_is_read_by_the_columns_it_has(tmp_path: Path) -> None:
    con = duckdb.connect()
    older, target = tmp_path / "older.parquet", tmp_path / "target.parquet"
    write_table(con, older, {"title": "VARCHAR", "load_id": "VARCHAR"}, [("kept by nobody", "l1")])
    write_known_columns(con, target, {"load_id": "VARCHAR", "n_rows": "BIGINT"}, older)
    rows = con.execute(f"from '{target}'").fetchall()
    assert [row[0] for row in con.description or ()] == ["load_id", "n_rows"]
    assert rows == [("l1", None)]
