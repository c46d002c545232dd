"""SFTP, against asyncssh's server and OpenSSH's: what is fetched once, gone on with, refused."""

import os
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.errors import ContractError, Interrupted
from tests.ingestion.connectors.conftest import MEGABYTES, Deployment, Put, a_file
from tests.ingestion.connectors.servers import Line, SftpServer, openssh

pytestmark = pytest.mark.xdist_group("sftp")
SSHD = shutil.which("sshd") or shutil.which("/usr/sbin/sshd")


def source(server: SftpServer, port: int | None = None, **fields: object) -> str:
    lines = {
        "url": f"sftp://127.0.0.1:{port or server.port}/out",
        "credentials": "COC_SFTP",
        "host_key": server.fingerprint,
        "timeout_seconds": 5,
        "files": '["*.csv"]',
    } | fields
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value is not None)


def test_new_files_come_once_and_a_changed_one_again(
    deployment: Deployment, sftp: SftpServer, put: Put
) -> None:
    put("out/attendance_2024.csv", "a")
    put("out/attendance_2025.csv", "b")
    put("out/notes.txt", "not asked for")
    put("out/.attendance_2023.csv", "hidden")
    put("out/old/attendance_2023.csv", "deeper than the pattern looks")
    deployment.configure(source(sftp))
    first = deployment.fetch()
    assert (first.problems, len(first.files)) == ((), 2)
    assert deployment.inbox() == {"attendance_2024.csv": b"a", "attendance_2025.csv": b"b"}
    reads = sftp.reads
    second = deployment.fetch()
    assert (second.files, second.unchanged) == ((), ("attendance_2024.csv", "attendance_2025.csv"))
    assert sftp.reads == reads
    put("out/attendance_2025.csv", "longer")
    assert [path.name for path in deployment.fetch().files] == ["attendance_2025.csv"]
    assert deployment.inbox()["attendance_2025.csv"] == b"longer"
    assert len(deployment.fetch(again=True).files) == 2
    assert deployment.parts() == []


def test_a_file_goes_on_where_the_connection_was_cut(
    deployment: Deployment, sftp: SftpServer, put: Put, line: Callable[[int], Line]
) -> None:
    whole = a_file(6)
    put("out/attendance_2025.csv", whole)
    to_server = line(sftp.port)
    to_server.breaks_after = 3 * MEGABYTES
    deployment.configure(source(sftp, to_server.port))
    (problem,) = deployment.fetch().problems
    assert isinstance(problem, Interrupted)
    assert "the connection was cut" in str(problem)
    assert "`milepost fetch district` again" in str(problem)
    assert deployment.inbox() == {}
    (part,) = deployment.parts()
    there = part.stat().st_size
    assert 2 * MEGABYTES <= there <= 3 * MEGABYTES
    to_server = line(sftp.port)
    deployment.configure(source(sftp, to_server.port))
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2025.csv": whole}
    assert to_server.carried < len(whole) - there + MEGABYTES
    assert deployment.parts() == []


def test_a_short_cut_is_gone_on_with_in_the_same_fetch(
    deployment: Deployment,
    sftp: SftpServer,
    put: Put,
    line: Callable[[int], Line],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingestion.connectors.fetch.PAUSES", (0.05, 0.1))
    whole = a_file(6)
    put("out/attendance_2025.csv", whole)
    to_server = line(sftp.port)
    to_server.breaks_after, to_server.mends_itself = 3 * MEGABYTES, True
    deployment.configure(source(sftp, to_server.port))
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2025.csv": whole}


def test_a_part_of_an_older_version_is_not_gone_on_with(
    deployment: Deployment, sftp: SftpServer, put: Put, line: Callable[[int], Line]
) -> None:
    put("out/attendance_2025.csv", a_file(6))
    to_server = line(sftp.port)
    to_server.breaks_after = 3 * MEGABYTES
    deployment.configure(source(sftp, to_server.port))
    deployment.fetch()
    assert len(deployment.parts()) == 1
    newer = bytes(5 * MEGABYTES)
    put("out/attendance_2025.csv", newer)
    to_server.breaks_after = None
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2025.csv": newer}


def test_a_file_that_grows_while_it_is_read_is_read_again(
    deployment: Deployment, sftp: SftpServer, put: Put
) -> None:
    path = put("out/attendance_2025.csv", "1,2\n")
    grown = []

    def grow(_number: int) -> None:
        if not grown:
            grown.append(True)
            with path.open("a") as file:
                file.write("3,4\n")

    sftp.before_read = grow
    deployment.configure(source(sftp, settle_seconds=0))
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2025.csv": b"1,2\n3,4\n"}


def test_a_file_that_always_grows_is_left_and_said_so(
    deployment: Deployment, sftp: SftpServer, put: Put
) -> None:
    path = put("out/attendance_2025.csv", "1")

    def grow(_number: int) -> None:
        with path.open("a") as file:
            file.write("1")

    sftp.before_read = grow
    deployment.configure(source(sftp, settle_seconds=0))
    (problem,) = deployment.fetch().problems
    assert "'attendance_2025.csv' changed each time it was read" in str(problem)
    assert deployment.inbox() == {}


def test_a_file_written_a_moment_ago_waits(deployment: Deployment, sftp: SftpServer, put: Put) -> None:
    path = put("out/attendance_2025.csv", "half of i")
    os.utime(path, (time.time() - 5, time.time() - 5))
    deployment.configure(source(sftp))
    fetched = deployment.fetch()
    assert (fetched.still_written, fetched.files) == (("attendance_2025.csv",), ())
    os.utime(path, (time.time() - 70, time.time() - 70))
    assert len(deployment.fetch().files) == 1


def test_a_key_that_is_not_known_gets_no_password(deployment: Deployment, sftp: SftpServer, put: Put) -> None:
    put("out/attendance_2025.csv", "a")
    deployment.configure(source(sftp, host_key="SHA256:" + "A" * 43))
    (problem,) = deployment.fetch().problems
    assert "the server's key is not the one that is known" in str(problem)
    assert sftp.fingerprint in str(problem)
    deployment.configure(source(sftp, host_key=None))
    with pytest.raises(ContractError, match="does not say how its server is known") as unsaid:
        deployment.fetch()
    assert "sources.yml:2" in str(unsaid.value)
    assert deployment.inbox() == {}


def test_a_known_hosts_file_will_do(
    deployment: Deployment, sftp: SftpServer, put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("out/attendance_2025.csv", "a")
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sftp.port} {sftp.known}\n")
    monkeypatch.setenv("COC_SFTP_KNOWN_HOSTS", str(known))
    deployment.configure(source(sftp, host_key=None))
    assert deployment.fetch().problems == ()
    known.write_text("")
    (problem,) = deployment.fetch().problems
    assert "the server's key is not the one that is known" in str(problem)


def test_a_wrong_password_is_refused_and_in_no_message(
    deployment: Deployment, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COC_SFTP_PASSWORD", "Q7wrongQ7")
    deployment.configure(source(sftp))
    fetched = deployment.fetch()
    assert "the server refused the login. Check the variables COC_SFTP_..." in str(fetched.problems[0])
    assert "Q7wrongQ7" not in repr(fetched)


@pytest.mark.parametrize(
    ("missing", "named"), [("USER", "COC_SFTP_USER"), ("PASSWORD", "COC_SFTP_PASSWORD or COC_SFTP_KEY_FILE")]
)
def test_a_variable_that_is_not_set_is_named(
    deployment: Deployment, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch, missing: str, named: str
) -> None:
    monkeypatch.delenv(f"COC_SFTP_{missing}")
    deployment.configure(source(sftp))
    with pytest.raises(ContractError) as error:
        deployment.fetch()
    assert f"needs the environment variable {named}" in str(error.value)
    assert "sources.yml:2" in str(error.value)


def test_each_trouble_of_the_server_is_one_clear_error(
    deployment: Deployment, sftp: SftpServer, put: Put
) -> None:
    put("elsewhere/attendance_2025.csv", "a")
    deployment.configure(source(sftp))
    assert "the folder is not there" in str(deployment.fetch().problems[0])
    deployment.configure(source(sftp, url=f"sftp://127.0.0.1:{sftp.port}/elsewhere"))
    assert len(deployment.fetch().files) == 1
    sftp.close()
    deployment.configure(source(sftp, url="sftp://127.0.0.1:1/out"))
    assert "the server cannot be reached" in str(deployment.fetch().problems[0])
    deployment.configure(source(sftp, url="sftp://no.such.host.invalid/out"))
    assert "the server cannot be reached (no such host)" in str(deployment.fetch().problems[0])


def test_a_server_that_never_answers_ends_the_fetch(deployment: Deployment, sftp: SftpServer) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        deployment.configure(source(sftp, mute.getsockname()[1], timeout_seconds=1))
        start = time.monotonic()
        (problem,) = deployment.fetch().problems
    assert "the server did not answer within 1 seconds" in str(problem)
    assert time.monotonic() - start < 60


def test_a_name_that_leaves_the_folder_or_is_of_another_partner_is_not_taken(
    deployment: Deployment, sftp: SftpServer, put: Put
) -> None:
    put("out/attendance_2025.csv", "a")
    put("out/attendance_2024\n.csv", "b")
    put("out/other.csv", "c")
    deployment.configure(source(sftp))
    fetched = deployment.fetch()
    assert [path.name for path in fetched.files] == ["attendance_2025.csv"]
    assert fetched.unexpected == ("other.csv",)
    assert "a file has a name that cannot be kept: 'attendance_2024\\n.csv'" in str(fetched.problems[0])
    deployment.configure(source(sftp))
    path = deployment.folder / "millbrook" / "sources.yml"
    path.write_text(path.read_text().replace("mill_schools", "mill_clinic"))
    (_, problem) = deployment.fetch(again=True).problems
    assert "contracts of another partner (mill_schools) expect" in str(problem)
    assert "as in 'district/attendance_2025.csv'" in str(problem)


def test_a_disk_that_takes_no_more_is_told_and_leaves_the_inbox_as_it_was(
    deployment: Deployment, sftp: SftpServer, put: Put
) -> None:
    put("out/attendance_2025.csv", "a")
    deployment.configure(source(sftp))
    assert deployment.fetch().problems == ()
    newer = a_file(3)
    put("out/attendance_2025.csv", newer)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTES, before[1]))
    try:
        (problem,) = deployment.fetch().problems
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot be written (File too large)" in str(problem)
    assert "Make room" in str(problem)
    assert deployment.inbox() == {"attendance_2025.csv": b"a"}
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2025.csv": newer}


@pytest.mark.skipif(SSHD is None or os.getuid() != 0, reason="needs sshd (package openssh-server) and root")
def test_a_folder_of_openssh_opens_with_a_key(
    deployment: Deployment, put: Put, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("2025/attendance_2025.csv", a_file(3))
    put("2025/students.csv", "not asked for")
    place = tmp_path / "sshd"
    place.mkdir()
    with openssh(place, SSHD or "") as (port, host_key, key):
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {host_key}")
        monkeypatch.setenv("COC_KEYED_USER", "root")
        monkeypatch.setenv("COC_KEYED_KEY_FILE", str(key))
        monkeypatch.setenv("COC_KEYED_KNOWN_HOSTS", str(known))
        deployment.configure(
            f"url: sftp://127.0.0.1:{port}{served}\ncredentials: COC_KEYED\n"
            'files: ["{school_year}/attendance_*.csv"]'
        )
        assert deployment.fetch().problems == ()
        assert deployment.inbox() == {"2025/attendance_2025.csv": a_file(3)}
        assert deployment.fetch().unchanged == ("2025/attendance_2025.csv",)
        known.unlink()
        with pytest.raises(ContractError, match="the file that COC_KEYED_KNOWN_HOSTS names cannot be read"):
            deployment.fetch()
