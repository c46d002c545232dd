import codecs

import pytest
from sample_contracts import ATTENDANCE, HEADER, contract_of, refusal_of, rows_of, write

NAMES = "José Ñandú, Zoë"
TEXT = f'{HEADER}\nA1,"{NAMES}",180,3\n'


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
        ("cp1252", b""),
        ("latin-1", b""),
    ],
)
def test_the_encoding_is_found(tmp_path, encoding, mark):
    rows = rows_of(write(tmp_path, mark + TEXT.encode(encoding)), contract_of(tmp_path))
    assert [(r["StudentID"], r["SchoolCode"], r["_row_number"]) for r in rows] == [("A1", NAMES, 2)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "cp437", "mac-roman", "latin-1", "utf-8"])
def test_a_declared_encoding_is_used(tmp_path, encoding):
    contract = contract_of(tmp_path, extra=f"reader: {{encoding: {encoding}}}\n")
    text = TEXT.replace("Zoë", "Zoe")
    assert rows_of(write(tmp_path, text.encode(encoding)), contract)[0]["SchoolCode"] == "José Ñandú, Zoe"


def test_bytes_that_windows_1252_lacks_are_read_as_latin_1(tmp_path):
    path = write(tmp_path, f"{HEADER}\nA1,Jos\xe9\x81,180,3\n".encode("latin-1"))
    assert rows_of(path, contract_of(tmp_path))[0]["SchoolCode"] == "Jos\xe9\x81"


def test_letters_cut_by_the_reading_buffer_stay_whole(tmp_path):
    # two-byte letters, shifted by one byte so that each megabyte ends within one
    filler = "".join(f"A{i},{'é' * 500},1,1\n" for i in range(2200))
    rows = rows_of(write(tmp_path, f"{HEADER}\nX,S,1,1\n{filler}"), contract_of(tmp_path))
    assert {r["SchoolCode"] for r in rows} == {"S", "é" * 500}


def test_mixed_encodings_are_refused_at_the_row_where_they_change(tmp_path):
    lines = [
        HEADER.encode(),
        b'A1,"a\nb",1,1',
        "A2,José,1,1".encode(),
        b"A3,Plain,1,1",
        "A4,José,1,1".encode("cp1252"),
    ]
    message = refusal_of(write(tmp_path, b"\n".join(lines)), contract_of(tmp_path))
    assert message.startswith("attendance.csv, row 5: the file mixes UTF-8 with another encoding")
    assert "Jos" not in message


@pytest.mark.parametrize(
    ("declared", "shown"), [("utf-8", "UTF-8"), ("ascii", "ascii"), ("cp1252", "cp1252")]
)
def test_bytes_outside_the_declared_encoding_are_refused_with_the_row(tmp_path, declared, shown):
    contract = contract_of(tmp_path, extra=f"reader: {{encoding: {declared}}}\n")
    message = refusal_of(
        write(tmp_path, f"{HEADER}\nA1,S1,1,1\nA2,Jos\x81\xff,1,1\n".encode("latin-1")), contract
    )
    assert message.startswith(f"attendance.csv, row 3: there are bytes that are not {shown}")
    assert "Jos" not in message


def test_a_letter_cut_off_at_the_end_is_no_utf_8(tmp_path):
    contract = contract_of(tmp_path, extra="reader: {encoding: utf-8}\n")
    message = refusal_of(write(tmp_path, f"{HEADER}\nA1,S1,1,é".encode()[:-1]), contract)
    assert "row 2: there are bytes that are not UTF-8" in message


def test_an_unknown_encoding_is_refused(tmp_path):
    contract = contract_of(tmp_path, extra="reader: {encoding: utf-9}\n")
    assert "the encoding 'utf-9' of the contract is unknown" in refusal_of(write(tmp_path, TEXT), contract)


def test_utf_16_without_a_mark_is_told_from_a_damaged_file(tmp_path):
    message = refusal_of(write(tmp_path, TEXT.encode("utf-16-le")), contract_of(tmp_path))
    assert "NUL character" in message
    assert "reader.encoding: utf-16-le" in message


def test_nul_characters_in_utf_16_are_refused_with_the_row(tmp_path):
    path = write(tmp_path, f"{HEADER}\nA1,S1,1,1\nA2,S\0,1,1\n".encode("utf-16"))
    assert refusal_of(path, contract_of(tmp_path)).startswith(
        "attendance.csv, row 3: there is a NUL character"
    )


@pytest.mark.parametrize(
    ("declared", "step"), [("latin-1", "Take `encoding: latin-1` out"), (None, "accents were broken")]
)
def test_headers_in_utf_8_that_were_read_as_something_else_say_so(tmp_path, declared, step):
    text = ATTENDANCE.replace("StudentID, student_number", "Matrícula")
    extra = f"reader: {{encoding: {declared}}}\n" if declared else ""
    rows = "Matrícula,SchoolCode,Enrolled,Absent\nA1,S1,180,2\n"
    content = rows.encode() if declared else rows.encode().decode("latin-1").encode()
    message = refusal_of(write(tmp_path, content), contract_of(tmp_path, text, extra))
    assert "the header 'Matrícula' is there in UTF-8, read as if it were" in message
    assert step in message
