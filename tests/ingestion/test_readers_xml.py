"""XML: which elements are records, what their children become, and what is refused."""

import gzip
import json
import zipfile

import duckdb
import pytest
from sample_contracts import contract_of, refusal_of, rows_of, write

from ingestion.errors import ContractError
from ingestion.mapping.mapping import map_source
from ingestion.readers import read_source, split_together
from ingestion.readers.formats import row_numbers_of

SECRET = "Zephyrine"
CONTRACT = """
partner: river
entity: attendance
title: Attendance
agreement: rcs_2024
file: "*.*"
reader: {record: Event}
columns:
  student_id: {sql: "json_extract_string(StudentReference, '$.StudentIdentity.StudentUniqueId')"}
  school_id: {from: [School]}
  days_enrolled: {value: "180"}
  days_absent: {from: [Days]}
"""
RECORD = (
    "<Event>\n <School>S{0}</School><Days>{0}</Days>\n <StudentReference><StudentIdentity>"
    "<StudentUniqueId>A{0}</StudentUniqueId></StudentIdentity></StudentReference>\n</Event>\n"
)
SECOND = """
partner: river
entity: person
title: Students
agreement: rcs_2024
file: "*.*"
reader: {record: Student}
columns:
  student_id: {from: [Id]}
"""


def interchange(
    *parts, namespace=' xmlns="http://ed-fi.org/5.2.0"', head='<?xml version="1.0" encoding="UTF-8"?>\n'
):
    return f"{head}<Interchange{namespace}>\n{''.join(parts)}</Interchange>\n"


def student_ids(path, contract):
    with duckdb.connect() as con:
        table = map_source(con, read_source(con, path, [contract]), contract).table
        return con.execute(
            f"select student_id, school_id, days_absent, _row_number from {table} order by 4"
        ).fetchall()


@pytest.mark.parametrize(
    "namespace", ["", ' xmlns="http://ed-fi.org/5.2.0"', ' xmlns="http://ed-fi.org/0200"']
)
def test_elements_of_a_name_are_records_whatever_their_namespace(tmp_path, namespace):
    text = interchange(
        RECORD.format(1), "<Other><Days>9</Days></Other>", RECORD.format(2), namespace=namespace
    )
    contract = contract_of(tmp_path, CONTRACT)
    assert student_ids(write(tmp_path, text, "a.xml"), contract) == [("A1", "S1", 1, 1), ("A2", "S2", 2, 2)]
    assert (
        row_numbers_of(contract.reader, "a.xml")
        == "Row 1 is the first Event of the file, wherever it stands."
    )


def test_records_may_have_a_prefix_and_lie_deeper(tmp_path):
    text = (
        '<x:All xmlns:x="u"><x:Box><x:Event><x:School>S1</x:School></x:Event></x:Box>'
        "<Event><School>S2</School></Event></x:All>"
    )
    rows = rows_of(write(tmp_path, text, "a.xml"), contract_of(tmp_path, CONTRACT))
    assert [(r["School"], r["_row_number"]) for r in rows] == [("S1", 1), ("S2", 2)]


def cells_of(folder, inside, extra="", attributes=""):
    """What a record with `inside` gives for StudentReference, as JSON, and School."""
    text = interchange(f"<Event{attributes}><School>S</School>{inside}</Event>")
    contract = contract_of(
        folder, CONTRACT.replace("{record: Event}", f"{{record: Event{extra}}}"), "ignore: ['@id']\n"
    )
    (row,) = rows_of(write(folder, text, "a.xml"), contract)
    return json.loads(row["StudentReference"])


def test_what_is_deeper_is_json(tmp_path):
    deep = (
        '<StudentReference id="r1"><A> x\n</A><B/><C code="c">y</C><D xsi:nil="true"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/><E>&lt;&amp;&#233;"\\</E>'
        "<!-- no --><?no no?><F><![CDATA[<i>]]></F><G><H>1</H><H>2</H></G><K><L/></K><K/></StudentReference>"
    )
    assert cells_of(tmp_path, deep) == {
        "@id": "r1",
        "A": "x",
        "B": None,
        "C": {"@code": "c", "#text": "y"},
        "D": None,
        "E": '<&é"\\',
        "F": "<i>",
        "G": {"H": ["1", "2"]},
        "K": [{"L": None}, None],
    }


def test_text_beside_elements_is_kept(tmp_path):
    deep = "<StudentReference>one <A>a</A> two\n <A>b</A></StudentReference>"
    assert cells_of(tmp_path, deep) == {"A": ["a", "b"], "#text": "one two"}


def test_children_that_repeat_are_a_list_and_the_contract_says_which_always_are(tmp_path):
    once, twice = (
        "<StudentReference><N>1</N></StudentReference>",
        "<StudentReference><N>2</N></StudentReference>",
    )
    assert cells_of(tmp_path, once) == {"N": "1"}
    assert cells_of(tmp_path, once + twice) == [{"N": "1"}, {"N": "2"}]
    assert cells_of(tmp_path, once, extra=", lists: [StudentReference, N]") == [{"N": ["1"]}]


def test_attributes_of_a_record_are_headers_and_undeclared_ones_are_refused(tmp_path):
    path = write(
        tmp_path,
        interchange(
            '<Event id="E1" xsi:x="1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><School>S</School><Days>1</Days></Event>'
        ),
        "a.xml",
    )
    contract = contract_of(
        tmp_path, CONTRACT.replace("{from: [School]}", "{from: ['@id']}"), "ignore: [School]\n"
    )
    assert [(r["@id"], r["Days"]) for r in rows_of(path, contract)] == [("E1", "1")]
    assert "undeclared column '@id'" in refusal_of(path, contract_of(tmp_path, CONTRACT))


def test_what_nobody_reads_of_a_record_is_named_and_never_kept(tmp_path):
    ignored = f"<Event><School>S</School><Days>2</Days><Note><Deep>{SECRET}</Deep></Note></Event>"
    path = write(tmp_path, interchange(RECORD.format(1), ignored), "a.xml")
    assert refusal_of(path, contract_of(tmp_path, CONTRACT)).startswith("a.xml: undeclared column 'Note'.")
    with duckdb.connect() as con:
        read_source(con, path, [contract_of(tmp_path, CONTRACT, "ignore: [note]\n")])
        for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
            assert SECRET not in str(con.table(table).fetchall())


def test_a_nested_value_is_refused_as_the_value_of_a_column(tmp_path):
    path = write(
        tmp_path, interchange(RECORD.format(1), f"<Event><Days><x>{SECRET}</x></Days></Event>"), "a.xml"
    )
    message = refusal_of(path, contract_of(tmp_path, CONTRACT))
    assert message.startswith("a.xml, row 2: the value of 'Days' is an object")
    assert SECRET not in message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_declared_encoding_is_read(tmp_path, encoding):
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n'
    text = interchange("<Event><School>Peñas</School></Event>", head=head)
    rows = rows_of(write(tmp_path, text.encode(encoding), "a.xml"), contract_of(tmp_path, CONTRACT))
    assert rows[0]["School"] == "Peñas"


@pytest.mark.parametrize("encoding", ["rot13", "hex", "nosuch"])
def test_an_encoding_that_is_none_of_text_is_refused(tmp_path, encoding):
    text = interchange(RECORD.format(1), head=f'<?xml version="1.0" encoding="{encoding}"?>\n')
    message = refusal_of(write(tmp_path, text, "a.xml"), contract_of(tmp_path, CONTRACT))
    assert message.startswith("a.xml, line 1: the XML declaration names an encoding that is unknown")


def test_xml_is_read_out_of_archives(tmp_path):
    text = interchange(RECORD.format(7)).encode()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/b.xml", text)
    for path in (tmp_path / "a.zip", write(tmp_path, gzip.compress(text), "b.xml.gz")):
        assert student_ids(path, contract_of(tmp_path, CONTRACT)) == [("A7", "S7", 7, 1)]


def test_records_of_two_names_come_from_one_pass(tmp_path):
    text = interchange(RECORD.format(1), "<Student><Id>A1</Id></Student>", RECORD.format(2))
    path = write(tmp_path, text, "a.xml")
    events, students = contract_of(tmp_path, CONTRACT), contract_of(tmp_path, SECOND)
    split = split_together([events, students])
    with duckdb.connect() as con:
        first = read_source(con, path, [events], table="a", split=split[events.extract_id])
        # the second reading finds its records taken out already, whatever has become of the file
        write(tmp_path, interchange("<Student><Id>other</Id></Student>"), "a.xml")
        second = read_source(con, path, [students], table="b", split=split[students.extract_id])
        assert con.execute(f"select School from {first} order by 1").fetchall() == [("S1",), ("S2",)]
        assert con.execute(f"select Id, _row_number from {second}").fetchall() == [("A1", 1)]


def test_a_record_within_a_record_of_another_name_is_in_both(tmp_path):
    text = interchange("<Event><School>S1</School><Student><Id>A1</Id></Student></Event>")
    path = write(tmp_path, text, "a.xml")
    events = contract_of(
        tmp_path,
        CONTRACT.replace("(StudentReference, '$.StudentIdentity.StudentUniqueId')", "(Student, '$.Id')"),
    )
    students = contract_of(tmp_path, SECOND)
    split = split_together([events, students])
    with duckdb.connect() as con:
        first = read_source(con, path, [events], table="a", split=split[events.extract_id])
        second = read_source(con, path, [students], table="b", split=split[students.extract_id])
        assert con.execute(f"select Student from {first}").fetchall() == [('{"Id":"A1"}',)]
        assert con.execute(f"select Id from {second}").fetchall() == [("A1",)]


def test_an_interchange_without_elements_may_report_that_nothing_happened(tmp_path):
    path = write(tmp_path, interchange(), "a.xml")
    assert "the file is empty" in refusal_of(path, contract_of(tmp_path, CONTRACT))
    assert rows_of(path, contract_of(tmp_path, CONTRACT, "tolerance: {empty: true}\n")) == []
    other = write(tmp_path, interchange("<Other/>"), "b.xml")
    assert "no element is named" in refusal_of(
        other, contract_of(tmp_path, CONTRACT, "tolerance: {empty: true}\n")
    )


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
MANY_ATTRIBUTES = " ".join(f'a{i}="{SECRET}"' for i in range(100_000))
HEAD = '<?xml version="1.0" encoding="{}"?>\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            f"{HEAD.format('UTF-8')}{BOMB}\n<I><Event><School>&b;</School></Event></I>",
            ["line 2", "document type"],
        ),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd">\n<I/>', ["line 1", "document type"]),
        ('\n<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]><I>&e;</I>', ["line 2", "document type"]),
        (f"<I>\n<Event><School>{SECRET}&e;</School></Event></I>", ["line 2", "not well-formed"]),
        (interchange(RECORD.format(1))[:-9] + "\n", ["line", "not well-formed XML, or cut off"]),
        (f"<I>\n<Event>\n<School>{SECRET}</Schol></Event></I>", ["line 3", "not well-formed"]),
        (f"<I>\n</I>\n{SECRET}", ["line 3", "not well-formed"]),
        ("StudentID,SchoolCode\n", ["line 1", "not well-formed"]),
        ("<I", ["line 1", "not well-formed"]),
        (interchange("<Event><School>S\x01</School></Event>"), ["line 3", "not well-formed"]),
        (interchange("<Event><School>S\0</School></Event>"), ["line 3", "NUL character"]),
        (
            interchange(f"<Evento>{SECRET}</Evento><Student/>"),
            ["no element is named 'Event'", "'Evento', 'Student'"],
        ),
        (interchange("<Event><School>Peñas</School></Event>").encode("latin-1"), ["line 3", "not UTF-8"]),
        (
            HEAD.format("ISO-8859-1") + "<I><Event><School>Peñas</School></Event></I>",
            ["line 1", "says iso8859-1", "UTF-8"],
        ),
        (HEAD.format("UTF-16") + "<I/>", ["line 1", "says utf-16", "letters of one byte"]),
        ((HEAD.format("UTF-8") + "<I/>").encode("utf-16"), ["line 1", "says utf-8", "utf-16"]),
        (HEAD.format("KLINGON-8") + "<I/>", ["line 1", "an encoding that is unknown"]),
        (
            interchange("\n<Event>" + "<a>" * 70 + SECRET + "</a>" * 70 + "</Event>"),
            ["line 4", "deeper than 64 levels"],
        ),
        (interchange("<b>" * 5000 + "</b>" * 5000), ["line 3", "deeper than 64 levels"]),
        (interchange(f"<Event {MANY_ATTRIBUTES}/>"), ["line 3", "an element has more than 1,000 attributes"]),
        (
            interchange(f"<Event><School {MANY_ATTRIBUTES}/></Event>"),
            ["line 3", "an element has more than 1,000 attributes"],
        ),
    ],
)
def test_bad_xml_is_refused(tmp_path, content, words):
    contract = contract_of(tmp_path, CONTRACT.replace("School]", "School, a]"), "ignore: [b]\n")
    message = refusal_of(write(tmp_path, content, "a.xml"), contract)
    assert message.startswith("a.xml")
    assert all(word in message for word in words), message
    assert SECRET not in message


@pytest.mark.parametrize(
    "inside",
    [
        f"<Event><School>{SECRET}{'x' * 11_000_000}</School></Event>",
        "<Event>" + f"<School>{SECRET}{'x' * 1_000_000}</School>" * 20 + "</Event>",
        "<Box>" + f"<School>{SECRET}{'x' * 1_000_000}</School>" * 20 + "</Box>",
    ],
    ids=["text", "record", "other"],
)
def test_an_element_that_is_too_large_is_refused(tmp_path, inside):
    message = refusal_of(
        write(tmp_path, interchange(RECORD.format(1), inside), "a.xml"), contract_of(tmp_path, CONTRACT)
    )
    assert "an element is longer than 16 MB, or a text in it than 10 MB" in message
    assert message.startswith("a.xml, line ")
    assert SECRET not in message


def test_many_elements_that_nobody_reads_take_no_memory_and_are_no_fault(tmp_path):
    others = "<Other><Days>9</Days></Other>" * 800_000  # 23 MB
    path = write(tmp_path, interchange(others, RECORD.format(3)), "a.xml")
    assert student_ids(path, contract_of(tmp_path, CONTRACT)) == [("A3", "S3", 3, 1)]


def test_a_contract_has_to_name_the_record(tmp_path):
    path = write(tmp_path, interchange(RECORD.format(1)), "a.xml")
    message = refusal_of(path, contract_of(tmp_path, CONTRACT.replace("reader: {record: Event}\n", "")))
    assert "does not say which elements of the file are its records. The file holds 'Event'" in message
    for reader in (
        "{format: csv, record: Event}",
        "{format: xml, record: $.a}",
        "{format: json, lists: [a]}",
    ):
        with pytest.raises(ContractError, match=r"record|lists"):
            contract_of(tmp_path, CONTRACT.replace("{record: Event}", reader))
