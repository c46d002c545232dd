"""S3, against moto's server: pages of keys, ranges, logins."""

import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingestion.errors import ContractError, Interrupted
from tests.ingestion.connectors.conftest import MEGABYTES, Deployment, a_file
from tests.ingestion.connectors.servers import HERE, Line

moto_server = pytest.importorskip("moto.server", reason="needs moto[server]")
pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture(scope="module")
def store() -> Iterator[int]:
    """The port of a store."""
    server = moto_server.ThreadedMotoServer(ip_address=HERE, port=0, verbose=False)
    server.start()
    yield int(server.get_host_and_port()[1])
    server.stop()


@pytest.fixture
def bucket(store: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket `partner-files` as boto3 sees it."""
    import boto3

    urllib.request.urlopen(urllib.request.Request(f"http://{HERE}:{store}/moto-api/reset", method="POST"))
    monkeypatch.setenv("COC_S3_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("COC_S3_SECRET_ACCESS_KEY", "Q7secretQ7")
    service = boto3.resource(
        "s3", endpoint_url=f"http://{HERE}:{store}", region_name="us-east-1",
        aws_access_key_id="any", aws_secret_access_key="any",
    )  # fmt: skip
    made = service.Bucket("partner-files")
    made.create()
    return made


def know_everybody(store: int, how_often: bytes) -> None:
    """How many more requests the store answers without looking at who asks."""
    plain = {"Content-Type": "text/plain"}
    place = f"http://{HERE}:{store}/moto-api/reset-auth"
    urllib.request.urlopen(urllib.request.Request(place, how_often, plain, method="POST"))


def source(port: int, **fields: object) -> str:
    lines = {
        "url": "s3://partner-files/out",
        "endpoint": f"http://{HERE}:{port}",
        "credentials": "COC_S3",
        "timeout_seconds": 3,
        "files": '["*.csv"]',
    } | fields
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value is not None)


def test_new_objects_come_once_and_a_changed_one_again(
    deployment: Deployment, store: int, bucket: Any
) -> None:
    bucket.put_object(Key="out/", Body=b"")  # the mark some tools leave for a folder
    bucket.put_object(Key="out/attendance_2024.csv", Body=b"a")
    bucket.put_object(Key="out/attendance_2025.csv", Body=b"b")
    bucket.put_object(Key="out/deeper/attendance_2023.csv", Body=b"c")
    bucket.put_object(Key="outside/attendance_2022.csv", Body=b"d")
    deployment.configure(source(store))
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2024.csv": b"a", "attendance_2025.csv": b"b"}
    again = deployment.fetch()
    assert (again.files, again.unchanged) == ((), ("attendance_2024.csv", "attendance_2025.csv"))
    bucket.put_object(Key="out/attendance_2025.csv", Body=b"B")  # the same size, another tag
    assert [path.name for path in deployment.fetch().files] == ["attendance_2025.csv"]
    assert deployment.inbox()["attendance_2025.csv"] == b"B"


def test_a_listing_of_more_than_a_page_is_read_to_its_end(
    deployment: Deployment, store: int, bucket: Any
) -> None:
    from moto.s3.models import s3_backends

    for number in range(1, 1102):  # not through HTTP, which takes ten seconds
        s3_backends["123456789012"]["aws"].put_object(bucket.name, f"out/notes_{number:04}.txt", b"x")
    bucket.put_object(Key="out/zz/attendance_2024.csv", Body=b"a")
    bucket.put_object(Key="out/zz/attendance_2025.csv", Body=b"z")
    deployment.configure(source(store, files='["*.txt", "zz/*.csv"]'))
    fetched = deployment.fetch()
    assert fetched.problems == ()
    assert len(fetched.unexpected) == 1101
    assert sorted(deployment.inbox()) == ["zz/attendance_2024.csv", "zz/attendance_2025.csv"]


def test_an_object_goes_on_where_the_connection_was_cut(
    deployment: Deployment, store: int, bucket: Any, line: Callable[[int], Line]
) -> None:
    whole = a_file(10)
    bucket.put_object(Key="out/attendance_2025.csv", Body=whole)
    to_store = line(store)
    to_store.breaks_after = 6 * MEGABYTES
    deployment.configure(source(to_store.port, timeout_seconds=30))
    (problem,) = deployment.fetch().problems
    assert isinstance(problem, Interrupted)
    assert deployment.inbox() == {}
    (part,) = deployment.parts()
    there = part.stat().st_size
    assert there == 4 * MEGABYTES  # the pieces that came whole
    to_store = line(store)
    deployment.configure(source(to_store.port, timeout_seconds=30))
    assert deployment.fetch().problems == ()
    assert deployment.inbox() == {"attendance_2025.csv": whole}
    assert to_store.carried < len(whole) - there + MEGABYTES


def test_a_login_nobody_knows_is_refused(
    deployment: Deployment, store: int, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_object(Key="out/attendance_2025.csv", Body=b"a")
    know_everybody(store, b"0")  # from now on a login must be one the store knows
    deployment.configure(source(store))
    try:
        fetched = deployment.fetch()
    finally:
        know_everybody(store, b"inf")
    assert "the server refused the login. Check the variables COC_S3_..." in str(fetched.problems[0])
    assert "Q7secretQ7" not in repr(fetched)
    monkeypatch.delenv("COC_S3_SECRET_ACCESS_KEY")
    with pytest.raises(ContractError, match="needs the environment variable COC_S3_SECRET_ACCESS_KEY"):
        deployment.fetch()


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_and_a_store_that_is_not_there(deployment: Deployment, store: int) -> None:
    deployment.configure(source(store, url="s3://nobodys-files/out"))
    assert re.search("the (bucket|folder) is not there", str(deployment.fetch().problems[0]))
    deployment.configure(source(store, url="s3://partner-files/nowhere"))
    assert "is not there" in str(deployment.fetch().problems[0])
    deployment.configure(source(1))
    assert "the server cannot be reached" in str(deployment.fetch().problems[0])
