"""What is kept and told of a run that failed: the kind of trouble and where, and no value of a record."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
import duckdb
import pytest

import orchestration
from ingestion.errors import MilepostError
from orchestration.notification import notify, without_values
from orchestration.refreshing import CONFIGURATION, _op
from orchestration.runs import _report

NAME = "Annabel Leeward"


def unforeseen(*_: Any) -> Iterator[Any]:
    yield dg.AssetMaterialization("something")
    duckdb.execute(f"select '{NAME}'::integer")


def of_ours(*_: Any) -> Iterator[Any]:
    yield from ()
    try:
        duckdb.execute(f"select '{NAME}'::integer")
    except duckdb.Error as error:
        raise MilepostError("the step cannot go on", next_step="Mend it") from error


def of_the_disk(*_: Any) -> Iterator[Any]:
    yield from ()
    raise OSError(28, f"No space left on device for {NAME}", "warehouse.duckdb")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (unforeseen, ": Conversion Error. The details may quote a record"),
        (of_ours, "the step cannot go on. Mend it"),
        (of_the_disk, "warehouse.duckdb: cannot be used (No space left on device)"),
    ],
)
def test_dagster_keeps_no_value_of_a_record_that_an_error_quotes(
    tmp_path: Path, step: Any, told: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    op = _op(CONFIGURATION, step, "One that fails.")

    @dg.job(
        resource_defs={
            "writer": dg.ResourceDefinition.none_resource(),
            "progress": dg.ResourceDefinition.none_resource(),
        }
    )
    def failing() -> None:
        op()

    monkeypatch.setenv("MILEPOST_DEBUG", "1")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(Path(orchestration.__file__).with_name("dagster.yaml"), tmp_path)
    with dg.DagsterInstance.get() as instance:
        result = failing.execute_in_process(instance=instance, raise_on_error=False)
    (failure,) = _report(result)["failures"]
    assert told in failure["message"]
    assert step is not unforeseen or "ConversionException at test_notification.py:" in failure["message"]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"cannot" in kept or b"Conversion" in kept
    assert NAME.encode() not in kept
    # who looks for the fault sees all of it, and only there
    assert NAME in capfd.readouterr().err


def test_of_an_error_of_ours_within_another_what_it_was_raised_of_is_not_passed_on() -> None:
    shown = f"""dagster._core.errors.DagsterExecutionStepExecutionError: Error
      ingestion.errors.ReadError: children.csv: line 3 has 4 cells. The header has 5.

Stack Trace:
  File "reading.py", line 3

The above exception was caused by the following exception:
ValueError: {NAME}
"""
    assert without_values(shown) == "children.csv: line 3 has 4 cells. The header has 5."


class Chat(BaseHTTPRequestHandler):
    said: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.said.append(json.loads(body)["text"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing to the terminal."""


def test_the_name_of_a_file_calls_nobody_in_a_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    server = HTTPServer(("127.0.0.1", 0), Chat)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("MILEPOST_WEBHOOK", f"http://127.0.0.1:{server.server_port}/hook")
    assert notify("Milepost: a delivery", ["<!channel> & <https://example.org|here> @all.csv"])
    server.shutdown()
    assert Chat.said == [
        "Milepost: a delivery\n&lt;!channel&gt; &amp; &lt;https://example.org|here&gt; @\u200ball.csv"
    ]
