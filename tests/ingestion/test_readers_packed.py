import gzip
import io
import zipfile

import pytest
from sample_contracts import ATTENDANCE, HEADER, contract_of, refusal_of, rows_of, write

from ingestion import unpacked_size

CSV = f"{HEADER}\nA1,S1,180,3\n"


def zip_of(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def test_gzip_is_unpacked(tmp_path):
    rows = rows_of(write(tmp_path, gzip.compress(CSV.encode()), "attendance.csv.gz"), contract_of(tmp_path))
    assert (rows[0]["StudentID"], rows[0]["_source_file"]) == ("A1", "attendance.csv.gz")


@pytest.mark.parametrize("keep", [5, -9, -4])
def test_a_truncated_gzip_is_refused(tmp_path, keep):
    packed = gzip.compress((CSV * 1000).encode())
    message = refusal_of(write(tmp_path, packed[:keep], "a.csv.gz"), contract_of(tmp_path))
    assert message.startswith("a.csv.gz: the gzip file is damaged or cut off before its end")
    assert "send it again" in message


def test_what_only_claims_to_be_gzip_is_refused(tmp_path):
    assert "damaged" in refusal_of(write(tmp_path, CSV, "a.csv.gz"), contract_of(tmp_path))


def test_the_members_that_match_are_read_one_after_another(tmp_path):
    contract = contract_of(tmp_path, extra="member: 'att*.csv'\n")
    packed = zip_of(att_1__csv=CSV, readme__txt="hello", att_2__csv=f"{HEADER}\n\nB1,S2,1,1\n")
    rows = rows_of(write(tmp_path, packed, "a.zip"), contract)
    assert {(r["StudentID"], r["_row_number"], r["_source_file"]) for r in rows} == {
        ("A1", 2, "a.zip/att_1.csv"),
        ("B1", 3, "a.zip/att_2.csv"),
    }


def test_members_may_differ_in_the_order_and_names_of_columns(tmp_path):
    packed = zip_of(a__csv=CSV, b__csv="Absent,student_number,SchoolCode,Enrolled\n7,B1,S2,1\n")
    rows = rows_of(write(tmp_path, packed, "a.zip"), contract_of(tmp_path))
    assert [(r["StudentID"], r["student_number"], r["Absent"]) for r in rows] in (
        [("A1", None, "3"), (None, "B1", "7")],
        [(None, "B1", "7"), ("A1", None, "3")],
    )


def test_a_missing_member_is_told_with_those_that_are_there(tmp_path):
    contract = contract_of(tmp_path, extra="member: 'grades.csv'\n")
    message = refusal_of(write(tmp_path, zip_of(a__csv=CSV), "a.zip"), contract)
    assert message.startswith(
        "a.zip: no member of the zip file matches 'grades.csv'. The zip file holds: a.csv."
    )


@pytest.mark.parametrize("name", ["../a.csv", "x/../../a.csv", "/etc/a.csv", "C:\\a.csv", "..\\a.csv"])
def test_names_that_lead_out_of_the_archive_are_refused(tmp_path, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, CSV)
        archive.writestr("good.csv", CSV)
    contract = contract_of(tmp_path, extra="member: 'good.csv'\n")
    assert "leads out of the archive" in refusal_of(write(tmp_path, buffer.getvalue(), "a.zip"), contract)


def test_a_zip_bomb_is_refused_by_its_ratio(tmp_path):
    message = refusal_of(write(tmp_path, zip_of(a__csv="0" * 40_000_000), "a.zip"), contract_of(tmp_path))
    assert message.startswith("a.zip: the file unpacks to more than 250 times its size")


def test_a_gzip_bomb_is_refused_by_its_ratio(tmp_path):
    packed = gzip.compress(b"0" * 40_000_000)
    assert "250 times its size" in refusal_of(write(tmp_path, packed, "a.csv.gz"), contract_of(tmp_path))


def test_the_total_size_is_limited_over_all_members(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked_size, "MAX_UNPACKED_BYTES", 2**20)
    packed = zip_of(a__csv=CSV * 30_000, b__csv=CSV * 30_000)
    assert "more than 1 MB" in refusal_of(write(tmp_path, packed, "a.zip"), contract_of(tmp_path))


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_truncated_zip_is_refused(tmp_path, keep):
    packed = zip_of(a__csv=CSV * 1000)
    message = refusal_of(write(tmp_path, packed[: int(len(packed) * keep)], "a.zip"), contract_of(tmp_path))
    assert message.startswith("a.zip: the zip file is damaged, cut off before its end")


def test_a_damaged_member_is_refused(tmp_path):
    packed = bytearray(zip_of(a__csv="".join(f"{i}\n" for i in range(10_000))))
    packed[500] ^= 0xFF
    assert "damaged" in refusal_of(write(tmp_path, bytes(packed), "a.zip"), contract_of(tmp_path))


def test_an_encrypted_zip_is_refused(tmp_path):
    packed = bytearray(zip_of(a__csv=CSV))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    message = refusal_of(write(tmp_path, bytes(packed), "a.zip"), contract_of(tmp_path))
    assert message.startswith("a.zip: the zip file is encrypted")


def test_an_error_within_a_member_names_it(tmp_path):
    packed = zip_of(a__csv=CSV + "A2,S1\n")
    assert refusal_of(write(tmp_path, packed, "a.zip"), contract_of(tmp_path)).startswith(
        "a.zip/a.csv, row 3:"
    )


def test_other_formats_come_packed_too(tmp_path):
    contract = contract_of(tmp_path, ATTENDANCE)
    line = '{"StudentID": "A1", "SchoolCode": "S1", "Enrolled": 180, "Absent": 3}\n'
    rows = rows_of(write(tmp_path, gzip.compress(line.encode()), "a.ndjson.gz"), contract)
    assert rows[0]["Enrolled"] == "180"
