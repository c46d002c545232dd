"""HTTPS folders, against a real server with a certificate of its own."""

import email.utils
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from ingestion.connectors import http_session
from ingestion.errors import ContractError, Interrupted
from tests.ingestion.connectors import servers
from tests.ingestion.connectors.conftest import MEGABYTES, Deployment, Put, a_file
from tests.ingestion.connectors.servers import HttpsServer, Line

pytestmark = pytest.mark.xdist_group("https")
FILE = "/out/attendance_2025.csv"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_session, "PAUSES", (0.05, 0.05, 0.05))


def source(port: int, **fields: object) -> str:
    lines = {
        "url": f"https://localhost:{port}/out/",
        "credentials": "COC_WEB",
        "timeout_seconds": 2,
        "files": '["*.csv"]',
    } | fields
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value is not None)


def test_linked_files_come_once_and_a_changed_one_again(
    deployment: Deployment, https: HttpsServer, put: Put
) -> None:
    put("out/attendance_2024.csv", "a")
    put(FILE.strip("/"), "b")
    put("out/attendance_2023.txt", "not asked for")
    put("attendance_2022.csv", "above the folder")
    deployment.configure(source(https.port))
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2024.csv": b"a", "attendance_2025.csv": b"b"}
    https.log.clear()
    assert deployment.fetch().unchanged == ("attendance_2024.csv", "attendance_2025.csv")
    assert https.asked("GET") == ["/out/"]
    put(FILE.strip("/"), "longer")
    assert [path.name for path in deployment.fetch().files] == ["attendance_2025.csv"]


def test_folders_below_are_looked_into_as_deep_as_a_pattern(
    deployment: Deployment, https: HttpsServer, put: Put
) -> None:
    put("out/2025/attendance_2025.csv", "a")
    put("out/2025/deeper/attendance_2025.csv", "b")
    deployment.configure(source(https.port, files='["{school_year}/*.csv"]'))
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"2025/attendance_2025.csv": b"a"}


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_file_goes_on_where_the_connection_was_cut(
    deployment: Deployment, https: HttpsServer, put: Put, line: Callable[[int], Line], knows_ranges: bool
) -> None:
    whole = a_file(6)
    put(FILE.strip("/"), whole)
    https.knows_ranges = knows_ranges
    to_server = line(https.port)
    to_server.breaks_after = 3 * MEGABYTES
    deployment.configure(source(to_server.port))
    (problem,) = deployment.fetch().problems
    assert isinstance(problem, Interrupted)
    assert deployment.inbox() == {}
    (part,) = deployment.parts()
    there = part.stat().st_size
    assert 0 < there < 4 * MEGABYTES
    to_server.breaks_after = None
    https.log.clear()
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2025.csv": whole}
    (headers,) = [headers for verb, path, headers in https.log if (verb, path) == ("GET", FILE)]
    assert headers["Range"] == f"bytes={there}-"
    assert headers["If-Range"].startswith('"')


def test_a_certificate_nobody_knows_gets_no_token(
    deployment: Deployment, https: HttpsServer, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(FILE.strip("/"), "a")
    monkeypatch.delenv("COC_WEB_CA_FILE")
    monkeypatch.setenv("COC_WEB_TOKEN", "Q7tokenQ7")
    deployment.configure(source(https.port))
    (problem,) = deployment.fetch().problems
    assert "the server's certificate is not trusted" in str(problem)
    assert "COC_WEB_CA_FILE" in str(problem)
    assert https.log == []


def test_token_and_password_are_sent_and_shown_nowhere(
    deployment: Deployment, https: HttpsServer, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(FILE.strip("/"), "a")
    deployment.configure(source(https.port))
    monkeypatch.setenv("COC_WEB_TOKEN", "Q7tokenQ7")
    deployment.fetch()
    assert {headers["Authorization"] for _, _, headers in https.log} == {"Bearer Q7tokenQ7"}
    monkeypatch.delenv("COC_WEB_TOKEN")
    monkeypatch.setenv("COC_WEB_USER", "partner")
    with pytest.raises(ContractError, match="needs the environment variable COC_WEB_PASSWORD"):
        deployment.fetch()
    monkeypatch.setenv("COC_WEB_PASSWORD", "Q7wordQ7")
    https.answers["/out/"] = [(401, {})]
    fetched = deployment.fetch()
    assert "the server refused the login. Check the variables COC_WEB_..." in str(fetched.problems[0])
    assert "Q7wordQ7" not in repr(fetched)


def test_a_login_of_the_account_is_not_used(
    deployment: Deployment, https: HttpsServer, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = deployment.folder.parent / "netrc"
    netrc.write_text("machine localhost login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    put(FILE.strip("/"), "a")
    deployment.configure(source(https.port))
    assert len(deployment.fetch().files) == 1
    assert not [headers for _, _, headers in https.log if "Authorization" in headers]


@pytest.mark.parametrize("token", ["", "Q7tokenQ7"])
def test_no_login_goes_to_another_host_that_a_server_leads_to(
    deployment: Deployment, https: HttpsServer, put: Put, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    netrc = deployment.folder.parent / "netrc"
    netrc.write_text("default login anyone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("COC_WEB_TOKEN", token)
    put(FILE.strip("/"), "a")
    elsewhere = {"Location": f"https://127.0.0.1:{https.port}{FILE}?again"}
    https.answers[FILE] = [(302, elsewhere)] * 3
    put(f"{FILE.strip('/')}?again", "a")
    deployment.configure(source(https.port))
    assert len(deployment.fetch().files) == 1
    led = [headers for _, path, headers in https.log if path.endswith("?again")]
    assert len(led) == 3
    assert not [headers for headers in led if "Authorization" in headers]
    others = [headers.get("Authorization", "") for _, path, headers in https.log if path == FILE]
    assert {*others} == ({f"Bearer {token}"} if token else {""})


@pytest.mark.parametrize(
    "headers",
    [
        {"Last-Modified": "Mon, 01 Jan 99999999 00:00:00 GMT"},
        {"Last-Modified": "yesterday"},
        {"Retry-After": "\u00b2"},
    ],
)
def test_headers_of_nonsense_say_nothing(
    deployment: Deployment, https: HttpsServer, put: Put, headers: dict[str, str]
) -> None:
    put(FILE.strip("/"), "a")
    status = 503 if "Retry-After" in headers else 200
    https.answers[FILE] = [(status, headers)]
    deployment.configure(source(https.port))
    fetched = deployment.fetch()
    assert (len(fetched.files), fetched.problems) == (1, ())


@pytest.mark.parametrize("asked", ["99999999999999999999999", "Mon, 01 Jan 99999 00:00:00 GMT", "\u00b2"])
def test_a_wait_beyond_all_reason_is_told_in_words(
    deployment: Deployment, https: HttpsServer, asked: str
) -> None:
    https.answers["/out/"] = [(429, {"Retry-After": asked})] * 9
    deployment.configure(source(https.port))
    (problem,) = deployment.fetch().problems
    assert "the server is asked too often" in str(problem)
    assert "again later" in str(problem)


def test_a_page_of_nonsense_still_has_its_files(
    deployment: Deployment, https: HttpsServer, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(FILE.strip("/"), "a")
    name = FILE.rpartition("/")[2]
    page = f'<a href="http://[::1/x.csv">x</a><a href="{name}">{name}</a>'.encode()

    def nonsense(handler: object, status: int, headers: dict[str, str], body: bytes) -> None:
        is_page = "Content-Type" in headers
        headers = {"Content-Type": "text/html; charset=nosuch"} if is_page else headers
        real(handler, status, headers, page if is_page else body)

    real = servers._Files._send
    monkeypatch.setattr(servers._Files, "_send", nonsense)
    deployment.configure(source(https.port))
    assert len(deployment.fetch().files) == 1


def test_a_token_that_a_server_repeats_in_a_tag_is_written_nowhere(
    deployment: Deployment, https: HttpsServer, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def repeats(handler: Any, status: int, headers: dict[str, str], body: bytes) -> None:
        if "ETag" in headers:
            headers = headers | {"ETag": f'"{handler.headers["Authorization"]}"'}
        real(handler, status, headers, body)

    real = servers._Files._send
    monkeypatch.setattr(servers._Files, "_send", repeats)
    monkeypatch.setenv("COC_WEB_TOKEN", "s3cr3t-token")
    put(FILE.strip("/"), "a")
    deployment.configure(source(https.port))
    assert len(deployment.fetch().files) == 1
    assert "s3cr3t-token" in {headers["Authorization"].split()[-1] for _, _, headers in https.log}
    written = [path for path in deployment.home.root.rglob("*") if path.is_file()]
    assert any(path.parent.name == "fetched" for path in written)
    assert [path.name for path in written if b"s3cr3t" in path.read_bytes()] == []
    assert deployment.fetch().unchanged == ("attendance_2025.csv",)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the server refused the login"),
        (403, "the folder may not be read"),
        (404, "the folder is not there"),
        (429, "the server is asked too often (status 429)"),
        (500, "the server has a fault (status 500)"),
    ],
)
def test_each_refusal_is_one_clear_error(
    deployment: Deployment, https: HttpsServer, status: int, said: str
) -> None:
    https.answers["/out/"] = [(status, {})] * 9
    deployment.configure(source(https.port))
    (problem,) = deployment.fetch().problems
    assert said in str(problem)
    assert len(https.asked("GET")) == (4 if status in (429, 500) else 1)


def test_one_file_that_is_refused_does_not_hold_up_the_others(
    deployment: Deployment, https: HttpsServer, put: Put
) -> None:
    for year in (2023, 2024, 2025):
        put(f"out/attendance_{year}.csv", str(year))
    deployment.configure(source(https.port))
    deployment.fetch()
    for year in (2023, 2024, 2025):
        put(f"out/attendance_{year}.csv", f"{year} again")
    https.answers["/out/attendance_2024.csv"] = [(200, {"ETag": '"x"'}), (403, {})]  # the look, the file
    fetched = deployment.fetch()
    assert [path.name for path in fetched.files] == ["attendance_2023.csv", "attendance_2025.csv"]
    assert "attendance_2024.csv may not be read" in str(fetched.problems[0])


def test_a_server_that_asks_to_wait_is_waited_for(
    deployment: Deployment, https: HttpsServer, put: Put
) -> None:
    put(FILE.strip("/"), "a")
    https.answers["/out/"] = [(429, {"Retry-After": "1"}), (503, {})]
    deployment.configure(source(https.port))
    start = time.monotonic()
    assert len(deployment.fetch().files) == 1
    assert time.monotonic() - start >= 1


def test_a_wait_of_an_hour_is_told_and_not_waited_for(deployment: Deployment, https: HttpsServer) -> None:
    https.answers["/out/"] = [(429, {"Retry-After": "3600"})]
    deployment.configure(source(https.port))
    start = time.monotonic()
    (problem,) = deployment.fetch().problems
    assert "Run `milepost fetch district` again in 3,600 seconds" in str(problem)
    assert time.monotonic() - start < 60


def test_a_server_that_never_answers_ends_the_fetch(deployment: Deployment, https: HttpsServer) -> None:
    https.silent.add("/out/")
    deployment.configure(source(https.port, timeout_seconds=1))
    start = time.monotonic()
    (problem,) = deployment.fetch().problems
    assert "the server did not answer within 1 seconds" in str(problem)
    assert time.monotonic() - start < 60


def test_a_file_that_drips_ends_the_fetch(
    deployment: Deployment, https: HttpsServer, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(FILE.strip("/"), "x" * 10_000)

    def drip(self: object, _path: object) -> None:
        handler = self
        handler.send_response(200)  # type: ignore[attr-defined]
        handler.send_header("Content-Length", "10000")  # type: ignore[attr-defined]
        handler.send_header("ETag", '"drip"')  # type: ignore[attr-defined]
        handler.end_headers()  # type: ignore[attr-defined]
        for _ in range(40 if handler.command == "GET" else 0):  # type: ignore[attr-defined]
            handler.wfile.write(b"x")  # type: ignore[attr-defined]
            time.sleep(0.1)

    monkeypatch.setattr("tests.ingestion.connectors.servers._Files._send_file", drip)
    deployment.configure(source(https.port, timeout_seconds=1))
    (problem,) = deployment.fetch().problems
    assert "the server did not answer within 1 seconds" in str(problem)


def test_a_server_that_leads_in_a_circle(deployment: Deployment, https: HttpsServer) -> None:
    https.answers["/out/"] = [(302, {"Location": "/out/"})] * 40
    deployment.configure(source(https.port))
    (problem,) = deployment.fetch().problems
    assert "leads in a circle for the folder" in str(problem)


def test_a_redirect_does_not_leave_https(deployment: Deployment, https: HttpsServer) -> None:
    https.answers["/out/"] = [(302, {"Location": "http://127.0.0.1:1/out/"})]
    deployment.configure(source(https.port))
    (problem,) = deployment.fetch().problems
    assert "leads to an address without https" in str(problem)


@pytest.mark.usefixtures("https")
def test_a_host_that_is_not_there(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    deployment.configure(source(port))
    assert "the server cannot be reached" in str(deployment.fetch().problems[0])
    deployment.configure(source(443, url="https://no.such.host.invalid/out/"))
    assert "the server cannot be reached (no such host)" in str(deployment.fetch().problems[0])


def test_a_date_to_come_back_at_is_read() -> None:
    import requests

    answer = requests.Response()
    answer.headers["Retry-After"] = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 55 < (http_session.retry_after(answer) or 0) <= 60
