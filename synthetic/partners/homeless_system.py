"""The continuum of care: a full HMIS CSV export of FY2026 a year, clients of all ages, some of it deleted."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.deliveries import Series, annual_since
from synthetic.formats import archive, delimited
from synthetic.hmis_columns import COLUMNS
from synthetic.members import empty, member
from synthetic.sectors.housing import COC, FIRST_EXPORT, NIGHT_BY_NIGHT, PROJECTS

LAYOUT = "hmis_csv_2026"
TABLES = (
    "hmis_export",
    "hmis_organization",
    "hmis_project",
    "hmis_project_coc",
    "hmis_client",
    "hmis_enrollment",
    "hmis_exit",
    "hmis_service",
    "hmis_current_living_situation",
)
RACES = {
    "AmIndAKNative": "american_indian_or_alaska_native",
    "Asian": "asian",
    "BlackAfAmerican": "black_or_african_american",
    "NativeHIPacific": "native_hawaiian_or_pacific_islander",
    "White": "white",
}
RELATIONS = "case relationship when 'self' then 1 when 'child' then 2 else 3 end"
# Now and then a stay is entered twice and the second one deleted.
DELETED_TWICE = "chance(key * 16, 'entered twice') < 0.04"


def _period(collection: Collection) -> tuple[str, str]:
    year = collection.school_year
    return f"date '{year - 1}-07-01'", f"date '{year}-06-30'"


def _stays(collection: Collection) -> str:
    """FROM item: members' stays of which a part lies in the period, those entered twice marked."""
    first, last = _period(collection)
    return f"""(
        select stay_member.*, is_deleted, enrollment_id || case when is_deleted then 'X' else '' end as number
        from stay_member, (values (false), (true)) as copies (is_deleted)
        where entry_date <= {last} and exit_date >= {first} and (not is_deleted or {DELETED_TWICE})
    )"""


def _stamps(collection: Collection, created: str, deleted: str = "null") -> dict[str, str]:
    """The columns that close every file."""
    at = f"strftime({created}, '%Y-%m-%d 09:15:00')"
    return {
        "DateCreated": at,
        "DateUpdated": at,
        "UserID": "'U1'",
        "DateDeleted": deleted,
        "ExportID": f"'RB{collection.school_year}'",
    }


def _projects(collection: Collection) -> dict[str, str]:
    listed = ", ".join(f"('{number}', '{name}', {kind})" for number, name, kind, _ in PROJECTS)
    source = f"(values {listed}) as projects (number, title, kind)"
    stamps = _stamps(collection, "date '2019-07-01'")
    return {
        "Organization.csv": member(
            COLUMNS["Organization.csv"],
            {
                "OrganizationID": "'1'",
                "OrganizationName": "'Riverbend Shelters'",
                "VictimServiceProvider": "0",
                **stamps,
            },
            "(select 1 as one)",
            "one",
        ),
        "Project.csv": member(
            COLUMNS["Project.csv"],
            {
                "ProjectID": "number",
                "OrganizationID": "'1'",
                "ProjectName": "title",
                "OperatingStartDate": "date '2018-07-01'",
                "ContinuumProject": "1",
                "ProjectType": "kind",
                "HousingType": "1",
                "RRHSubType": "case kind when 13 then 2 end",
                **stamps,
            },
            source,
            "number",
        ),
        "ProjectCoC.csv": member(
            COLUMNS["ProjectCoC.csv"],
            {
                "ProjectCoCID": "'P' || number",
                "ProjectID": "number",
                "CoCCode": "'ST-500'",
                "Geocode": "'990010'",
                "ZIP": "'55101'",
                "GeographyType": "2",
                **stamps,
            },
            source,
            "number",
        ),
    }


def _client(collection: Collection) -> str:
    source = f"""(
        select distinct partner_person.*, false as is_deleted from partner_person
        semi join {_stays(collection)} as stays using (student_id) where partner_id = '{COC}'
        union all
        select '{COC}', 'TESTCLIENT', 0, 'Test', null, 'Client', date '2000-01-01', 'female', null, 'no',
            'none', 'none', true
    )"""
    races = {
        column: f"cast(coalesce(list_contains(string_split(races, ';'), '{race}'), false) as integer)"
        for column, race in RACES.items()
    }
    cells = {
        "PersonalID": "student_id",
        "FirstName": "first_name",
        "MiddleName": "middle_name",
        "LastName": "last_name",
        "NameDataQuality": "1",
        "SSNDataQuality": "99",
        "DOB": "birth_date",
        "DOBDataQuality": "case when birth_date is null then 99 else 1 end",
        "Sex": "case gender when 'female' then 0 when 'male' then 1 else 99 end",
        **races,
        "HispanicLatinao": "case hispanic_ethnicity when 'yes' then 1 else 0 end",
        "MidEastNAfrican": "0",
        "RaceNone": "case when races is null and hispanic_ethnicity <> 'yes' then 99 end",
        "VeteranStatus": "0",
        **_stamps(collection, "date '2020-07-01'", "case when is_deleted then '2020-08-01 10:00:00' end"),
    }
    return member(COLUMNS["Client.csv"], cells, source, "student_id")


def _enrollment(collection: Collection) -> str:
    _, last = _period(collection)
    deleted = "case when is_deleted then strftime(entry_date + 2, '%Y-%m-%d 10:00:00') end"
    cells = {
        "EnrollmentID": "number",
        "PersonalID": "student_id",
        "ProjectID": "project_id",
        "EntryDate": "entry_date",
        "HouseholdID": "household_id",
        "RelationshipToHoH": RELATIONS,
        "EnrollmentCoC": "'ST-500'",
        "LivingSituation": "living_situation",
        "DisablingCondition": "cast(has_disabling_condition as integer)",
        "MoveInDate": f"case when move_in_date <= least({last}, exit_date) then move_in_date end",
        **_stamps(collection, "entry_date", deleted),
    }
    return member(COLUMNS["Enrollment.csv"], cells, _stays(collection), "number")


def _exit(collection: Collection) -> str:
    cells = {
        "ExitID": "'X' || number",
        "EnrollmentID": "number",
        "PersonalID": "student_id",
        "ExitDate": "exit_date",
        "Destination": "destination",
        **_stamps(collection, "exit_date"),
    }
    _, last = _period(collection)
    left = f"(from {_stays(collection)} where exit_date <= {last} and not is_deleted) as left_by"
    return member(COLUMNS["Exit.csv"], cells, left, "number")


def _services(collection: Collection) -> str:
    """A night in a bed each third night of those who stay by the night."""
    first, last = _period(collection)
    nights = f"""(
        select *, cast(unnest(generate_series(entry_date, exit_date - 1, interval 3 days)) as date) as night
        from {_stays(collection)} where project_id = '{NIGHT_BY_NIGHT}' and not is_deleted
    ) where night between {first} and {last}"""
    cells = {
        "ServicesID": "'N' || number || strftime(night, '%Y%m%d')",
        "EnrollmentID": "number",
        "PersonalID": "student_id",
        "DateProvided": "night",
        "RecordType": "200",
        "TypeProvided": "200",
        **_stamps(collection, "night"),
    }
    return member(COLUMNS["Services.csv"], cells, nights, "number, night")


def _export(collection: Collection) -> str:
    first, last = _period(collection)
    cells = {
        "ExportID": f"'RB{collection.school_year}'",
        "SourceType": "1",
        "SourceID": "'ST-500'",
        "SourceName": "'Riverbend Continuum of Care'",
        "ExportDate": f"strftime({last} + 21, '%Y-%m-%d 08:00:00')",
        "ExportStartDate": first,
        "ExportEndDate": last,
        "SoftwareName": "'Shelterbook'",
        "SoftwareVersion": "'7.1'",
        "CSVVersion": "'2026 v1.0'",
        "ExportPeriodType": "3",
        "ExportDirective": "2",
        "HashStatus": "1",
        "ImplementationID": "'riverbend'",
    }
    return member(COLUMNS["Export.csv"], cells, "(select 1 as one)", "one")


def _members(collection: Collection) -> dict[str, str]:
    written = {
        "Export.csv": _export(collection),
        **_projects(collection),
        "Client.csv": _client(collection),
        "Enrollment.csv": _enrollment(collection),
        "Exit.csv": _exit(collection),
        "Services.csv": _services(collection),
    }
    return {name: written.get(name) or empty(columns) for name, columns in COLUMNS.items()}


SERIES = (
    Series(
        "riverbend_coc.hmis",
        "riverbend_coc/hmis_{label}.zip",
        tuple(f"{COC}.{table}.{LAYOUT}" for table in TABLES),
        lambda collection: f"select 1 as one from {_stays(collection)}",
        lambda collection: archive(
            {name: (query, delimited()) for name, query in _members(collection).items()}
        ),
        annual_since(FIRST_EXPORT),
    ),
)
