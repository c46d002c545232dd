"""A file is taken in once, unchanged, and only when it is clear what it is and that it may be."""

import datetime as dt
import hashlib
import os
import stat
import subprocess
from pathlib import Path

import duckdb
import pytest

from ingestion.configuration.community import Communities, load_communities
from ingestion.errors import DeliveryError
from ingestion.home import Home
from ingestion.lake.lake import promote
from ingestion.lake.ledger import Ledger
from ingestion.landing.receive import receive
from tests.ingestion.configuration import ATTENDANCE, millbrook, write_community

TODAY = dt.date(2025, 9, 1)
CONTENT = b"Student,School,Enrolled,Present\nS1,North,180,170\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def communities(tmp_path: Path) -> Communities:
    return millbrook(tmp_path / "communities")


def file(folder: Path, name: str, content: bytes = CONTENT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_lands_read_only_under_its_hash(home: Home, communities: Communities, tmp_path: Path) -> None:
    (delivery,) = receive(home, communities, file(tmp_path, "attendance_2024-25.csv"), today=TODAY)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    assert delivery.landed == home.landing / sha256 / "attendance_2024-25.csv"
    assert delivery.landed.read_bytes() == CONTENT
    assert stat.S_IMODE(delivery.landed.stat().st_mode) == 0o444
    assert (delivery.extract_id, delivery.school_year, delivery.collection) == (
        "mill_schools.attendance",
        2025,
        "annual",
    )
    assert delivery.partition == "mill_schools|2025-annual"
    contract = communities.contracts["mill_schools.attendance"]
    named = f"mill_schools.attendance|2025|annual|{sha256}|{contract.fingerprint}"
    assert delivery.load_id == hashlib.sha256(named.encode()).hexdigest()[:16]
    assert [event["event"] for event in Ledger(home.ledger).events()] == ["received"]
    assert list(home.staged.iterdir()) == []


def test_the_same_file_again_changes_nothing(home: Home, communities: Communities, tmp_path: Path) -> None:
    path = file(tmp_path, "attendance_2025.csv")
    first = receive(home, communities, path, today=TODAY)
    before = home.ledger.read_bytes()
    assert receive(home, communities, path, today=TODAY) == first
    renamed = receive(home, communities, file(tmp_path, "attendance_2024-25.csv"), today=TODAY)
    assert renamed == first
    assert home.ledger.read_bytes() == before


def test_the_collection_stands_in_the_name(home: Home, communities: Communities, tmp_path: Path) -> None:
    (delivery,) = receive(home, communities, file(tmp_path, "attendance_2025_Fall.csv"), today=TODAY)
    assert delivery.period == "2025-fall"


def test_a_file_of_several_years_is_split_later(home: Home, communities: Communities, tmp_path: Path) -> None:
    (delivery,) = receive(home, communities, file(tmp_path, "students_all.csv"), today=TODAY)
    assert (delivery.school_year, delivery.collection, delivery.period) == (None, "annual", "several")
    part = delivery.for_year(2024)
    assert (part.school_year, part.collection, part.partition) == (2024, "annual", "mill_schools|2024-annual")
    assert part.load_id not in (delivery.load_id, delivery.for_year(2025).load_id)
    assert part == delivery.for_year(2024)


def test_one_file_is_a_delivery_of_every_contract_that_takes_it(home: Home, tmp_path: Path) -> None:
    both = ATTENDANCE.replace(
        'files: ["attendance_{school_year}.csv", ', 'files: ["students_{school_year}.csv", '
    )
    communities = millbrook(tmp_path / "c", **{"extracts/mill_schools__attendance.yml": both})
    found = receive(home, communities, file(tmp_path, "students_2025.csv"), today=TODAY)
    assert [d.entity for d in found] == ["attendance", "person"]


def test_what_the_name_does_not_say_can_be_told(home: Home, communities: Communities, tmp_path: Path) -> None:
    (delivery,) = receive(
        home,
        communities,
        file(tmp_path, "export (3).csv"),
        extract="mill_schools.attendance",
        school_year=2024,
        collection="fall",
        today=TODAY,
    )
    assert delivery.period == "2024-fall"


REFUSED = {
    "unknown file": ("atendance_2025.csv", {}, "The nearest patterns are 'attendance_{school_year}.csv'"),
    "year of two digits": (
        "attendance_24-25.csv",
        {},
        "no contract expects a file of this name. Two-digit years are not read; 'attendance_2024-25.csv' would be.",
    ),
    "year of two digits in a name that is nobody's": (
        "SummerReading_SY26.csv",
        {},
        "no contract expects a file of this name. A year of two digits is not read as a school year. Rename",
    ),
    "year out of range": ("attendance_2019.csv", {}, "Millbrook takes 2023 to 2025"),
    "unknown collection": ("attendance_2025_fal.csv", {}, "unknown collection 'fal'. Did you mean 'fall'?"),
    "year against the name": (
        "attendance_2025.csv",
        {"school_year": 2024},
        "the file's name says 2025, --school-year says 2024. It is put in force for one of them, in the place"
        " of what is there. Rename the file, or leave --school-year out.",
    ),
    "collection against the name": (
        "attendance_2025_fall.csv",
        {"collection": "annual"},
        "the file's name says fall, --collection says annual",
    ),
    "no year": ("x.csv", {"extract": "mill_schools.attendance"}, "says which school year it is"),
    "unknown extract": (
        "x.csv",
        {"extract": "mill_schools.atendance"},
        "Did you mean 'mill_schools.att",
    ),
    "expired agreement": ("attendance_2025.csv", {"today": dt.date(2026, 7, 1)}, "expired on 2026-06-30"),
    "agreement to come": ("attendance_2025.csv", {"today": dt.date(2022, 7, 1)}, "starts on 2023-01-01"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_be_taken_in_is_refused_with_one_reason(
    home: Home, communities: Communities, tmp_path: Path, case: str
) -> None:
    name, told, says = REFUSED[case]
    with pytest.raises(DeliveryError) as refused:
        receive(home, communities, file(tmp_path, name), **{"today": TODAY, **told})  # type: ignore[arg-type]
    assert says in str(refused.value)
    assert len(refused.value.singles()) == 1
    assert not home.ledger.exists()
    assert not home.landing.exists()


def test_what_is_told_may_repeat_the_name_and_not_contradict_the_contract(home: Home, tmp_path: Path) -> None:
    fixed = ATTENDANCE.replace("_{school_year}", "").replace(
        "columns:", 'school_year: {value: "2023-24"}\n    columns:'
    )
    communities = millbrook(tmp_path / "c", **{"extracts/mill_schools__attendance.yml": fixed})
    path = file(tmp_path, "attendance_Fall.csv")
    with pytest.raises(DeliveryError) as refused:
        receive(home, communities, path, school_year=2025, today=TODAY)
    assert "the contract mill_schools.attendance says 2024, --school-year says 2025" in str(refused.value)
    assert not home.ledger.exists()
    (delivery,) = receive(home, communities, path, school_year=2024, collection="fall", today=TODAY)
    assert delivery.period == "2024-fall"


def test_a_missing_an_empty_file_and_a_folder_are_refused(
    home: Home, communities: Communities, tmp_path: Path
) -> None:
    for path, says in (
        (tmp_path / "attendance_2025.csv", "the file is missing"),
        (file(tmp_path, "attendance_2024.csv", b""), "the file is empty"),
        (tmp_path, "is not a file"),
    ):
        with pytest.raises(DeliveryError, match=says):
            receive(home, communities, path, today=TODAY)


def test_last_years_file_under_this_years_name_is_refused(
    home: Home, communities: Communities, tmp_path: Path
) -> None:
    (first,) = receive(home, communities, file(tmp_path, "attendance_2024.csv"), today=TODAY)
    with pytest.raises(DeliveryError) as refused:
        receive(home, communities, file(tmp_path, "attendance_2025.csv"), today=TODAY)
    assert "has the same content as 'attendance_2024.csv'" in str(refused.value)
    assert first.load_id in str(refused.value)
    (second,) = receive(
        home, communities, file(tmp_path, "attendance_2025.csv"), today=TODAY, allow_same_content=True
    )
    assert second.school_year == 2025


def test_the_same_content_is_told_of_the_delivery_in_force_else_that_it_was_superseded(
    home: Home, communities: Communities, tmp_path: Path
) -> None:
    old = file(tmp_path, "attendance_2023.csv")
    (first,) = receive(home, communities, old, today=TODAY)
    Ledger(home.ledger).append(first.event("accepted"))
    (newer,) = receive(home, communities, file(tmp_path / "b", old.name, CONTENT + b"\n"), today=TODAY)
    Ledger(home.ledger).append(
        first.event("superseded", reason=f"by {newer.load_id}"), newer.event("accepted")
    )
    again = file(tmp_path, "attendance_2025.csv")
    with pytest.raises(DeliveryError) as refused:
        receive(home, communities, again, today=TODAY)
    assert "as mill_schools.attendance 2023-annual and superseded since. The same file" in str(refused.value)
    assert "withdraw" not in str(refused.value)
    (same,) = receive(
        home, communities, file(tmp_path, "attendance_2024.csv"), today=TODAY, allow_same_content=True
    )
    Ledger(home.ledger).append(same.event("accepted"))
    with pytest.raises(DeliveryError) as refused:
        receive(home, communities, again, today=TODAY)
    assert "as mill_schools.attendance 2024-annual. The same file" in str(refused.value)
    assert f"withdraw {same.load_id}" in str(refused.value)


def test_after_a_rejection_the_same_content_may_be_of_another_year(
    home: Home, communities: Communities, tmp_path: Path
) -> None:
    (wrong,) = receive(home, communities, file(tmp_path, "attendance_2024.csv"), today=TODAY)
    Ledger(home.ledger).append(wrong.event("rejected", reason="wrong year"))
    (right,) = receive(home, communities, file(tmp_path, "attendance_2025.csv"), today=TODAY)
    assert right.school_year == 2025


def test_superseded_content_does_not_come_back_by_an_edit_of_its_contract(
    home: Home, communities: Communities, tmp_path: Path
) -> None:
    old, new = (
        file(tmp_path / "a", "attendance_2025.csv"),
        file(tmp_path / "b", "attendance_2025.csv", CONTENT + b"\n"),
    )
    (first,) = receive(home, communities, old, today=TODAY)
    (second,) = receive(home, communities, new, today=TODAY)
    Ledger(home.ledger).append(first.event("accepted"), first.event("superseded"), second.event("accepted"))
    edited = millbrook(
        tmp_path / "edited",
        **{"extracts/mill_schools__attendance.yml": ATTENDANCE.replace(", StudentID", "")},
    )
    assert receive(home, edited, old, today=TODAY) == [first]
    (again,) = receive(home, edited, new, today=TODAY)
    assert again.load_id != second.load_id


def test_a_file_still_being_written_is_left_for_later(
    home: Home, communities: Communities, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path, "attendance_2025.csv")
    real = os.fsync

    def growing(descriptor: int) -> None:
        real(descriptor)
        path.write_bytes(CONTENT + CONTENT)

    monkeypatch.setattr(os, "fsync", growing)
    with pytest.raises(DeliveryError, match="changed while it was read"):
        receive(home, communities, path, today=TODAY)
    assert not home.ledger.exists()
    assert list(home.staged.iterdir()) == []


def test_half_copies_of_processes_that_are_gone_are_swept(
    home: Home, communities: Communities, tmp_path: Path
) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    home.create()
    left, mine = home.staged / f"receiving-{gone.pid}-00", home.staged / f"receiving-{os.getpid()}-00"
    left.touch()
    mine.touch()
    receive(home, communities, file(tmp_path, "attendance_2025.csv"), today=TODAY)
    assert not left.exists()
    assert mine.exists()


def test_a_contract_corrected_twice_is_judged_anew_each_time(tmp_path: Path) -> None:
    """Its own earlier wording must not stand in the way of the next one."""
    home = Home(tmp_path / "home")
    path = tmp_path / "attendance_2025.csv"
    path.write_text("Student,School,Enrolled,Present\nA1,N,180,170\n")
    seen = set()
    for number in range(3):
        folder = write_community(tmp_path / f"configuration_{number}")
        contract = folder / "millbrook/extracts/mill_schools__attendance.yml"
        contract.write_text(
            contract.read_text().replace("[Student, StudentID]", f"[Student, Student{number}]")
        )
        (delivery,) = receive(home, load_communities(folder), path, today=TODAY)
        seen.add(delivery.load_id)
        with duckdb.connect() as con:
            con.execute(
                "create table rows as select 'A1' as student_id, 'N' as school_id, 180::decimal(18, 4) as days_enrolled, "
                "10::decimal(18, 4) as days_absent, 2::bigint as _row_number, 'f.csv' as _source_file"
            )
            promote(home, con, "rows", delivery)
    assert len(seen) == 3


@pytest.mark.parametrize("fault", ["gone", "no right", "disk full"])
def test_a_file_that_cannot_be_copied_is_told_and_nothing_is_left(
    home: Home, communities: Communities, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    path = file(tmp_path, "attendance_2024-25.csv")
    real = Path.open

    def opened(self: Path, mode: str = "r", **options: str) -> object:
        if fault == "gone" and self == path:
            raise FileNotFoundError(2, "No such file or directory", str(path))
        if fault == "no right" and self == path:
            raise PermissionError(13, "Permission denied", str(path))
        if fault == "disk full" and "x" in mode:
            real(self, mode, **options).close()
            raise OSError(28, "No space left on device")
        return real(self, mode, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", opened)
        with pytest.raises(DeliveryError) as refusal:
            receive(home, communities, path, today=TODAY)
    words = {"gone": "No such file", "no right": "Permission denied", "disk full": "free disk space"}
    assert str(refusal.value).startswith(f"{path}: cannot be ")
    assert words[fault] in str(refusal.value)
    assert not home.ledger.exists()
    assert list(home.staged.iterdir()) == []
    assert receive(home, communities, path, today=TODAY)


@pytest.mark.parametrize(
    "name", ["\x1b[2Jattendance_2025.csv", "\udcffattendance_2025.csv", "\nattendance_2025.csv"]
)
def test_a_name_that_would_control_a_terminal_is_refused(
    home: Home, communities: Communities, tmp_path: Path, name: str
) -> None:
    with pytest.raises(DeliveryError, match="the file's name has a control character") as refusal:
        receive(home, communities, file(tmp_path, name), today=TODAY)
    assert str(refusal.value).isprintable()


def test_in_a_partners_folder_of_the_inbox_lie_files_of_that_partner_alone(
    home: Home, communities: Communities
) -> None:
    """Whoever may drop files into the clinic's folder must not speak for the schools."""
    below = home.inbox / "millbrook" / "Mill_Clinic" / "mill_schools"
    forged = file(below, "attendance_2024-25.csv")
    with pytest.raises(DeliveryError) as caught:
        receive(home, communities, forged, today=TODAY)
    assert "a file of mill_schools, and lies in the folder of mill_clinic" in str(caught.value)
    assert not home.ledger.exists()
    # a person who names the extract vouches for it
    (named,) = receive(home, communities, forged, extract="mill_schools.attendance", today=TODAY)
    other = CONTENT.replace(b"S1", b"S2")
    for place in (home.inbox / "mill_schools", home.inbox / "from the post", home.inbox):
        (delivery,) = receive(home, communities, file(place, "attendance_2023-24.csv", other), today=TODAY)
        assert (delivery.extract_id, named.extract_id) == ("mill_schools.attendance",) * 2


def test_of_two_partners_whose_files_are_named_alike_the_folder_says_whose_it_is(
    home: Home, tmp_path: Path
) -> None:
    alike = ATTENDANCE.replace("mill_schools", "mill_clinic").replace("mill_2023", "clinic_2023")
    agreements = "agreements:\n" + "".join(
        f"  {name}: {{parties: [{party}], purpose: tests, extracts: all, starts: 2023-01-01, expires: 2099-12-31}}\n"
        for name, party in (("mill_2023", "mill_schools"), ("clinic_2023", "mill_clinic"))
    )
    both = millbrook(
        tmp_path / "both",
        **{"extracts/mill_clinic__attendance.yml": alike, "agreements.yml": agreements},
    )
    path = file(home.inbox / "mill_clinic", "attendance_2024-25.csv")
    assert [d.extract_id for d in receive(home, both, path, today=TODAY)] == ["mill_clinic.attendance"]
