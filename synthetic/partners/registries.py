"""Two registries of the state, births and immunizations: flat files of who was born or vaccinated here."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.codes import coded
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited
from synthetic.sectors.births import PARTNER as BIRTHS
from synthetic.sectors.health import REGISTRY

PAYERS = {"medicaid": "1", "private": "2", "uninsured": "3"}
GENDERS = {"female": "F", "male": "M", "nonbinary": "X"}
CROSSWALKS: dict[str, list[tuple[str, dict[str, str], int | None, int | None]]] = {
    BIRTHS: [("gender", GENDERS, None, None)],
    REGISTRY: [("gender", GENDERS, None, None)],
}


def _births(collection: Collection) -> str:
    return f"""
        select student_id as "CertificateNumber", first_name as "ChildFirstName", middle_name as
            "ChildMiddleName",
            last_name as "ChildLastName", strftime(fact_birth.birth_date, '%Y%m%d') as "DateOfBirth",
            {coded("gender", GENDERS)} as "Sex", cast(birth_weight_grams as varchar) as "BirthWeightGrams",
            cast(gestation_weeks as varchar) as "ObstetricEstimate", cast(prenatal_care_month as varchar)
                as "PrenatalCareMonth", cast(prenatal_visits as varchar) as "PrenatalVisits",
            cast(plurality as varchar) as "Plurality", cast(mother_age_years as varchar) as "MotherAge",
            {coded("payer_type", PAYERS)} as "Payer", zip_code as "MotherZip", cast(tract_id as varchar) as
                "MotherTract"
        from fact_birth inner join partner_person using (partner_id, student_id)
        where school_year = {collection.school_year} order by student_id"""


def _immunizations(collection: Collection) -> str:
    source = coded("immunization_source", {"administered": "00", "historical": "01"})
    return f"""
        select student_id as patient_id, last_name as last, first_name as first, strftime(birth_date,
            '%m/%d/%Y') as dob,
            {coded("gender", GENDERS)} as sex, vaccine_code as cvx_code, strftime(administered_date,
                '%m/%d/%Y') as admin_date, cast(dose_number as varchar) as dose_no, {source} as source
        from fact_immunization inner join partner_person using (partner_id, student_id)
        where partner_id = '{REGISTRY}' and school_year = {collection.school_year}
        order by student_id, admin_date, cvx_code"""


SERIES = (
    Series(
        "birth_registry.births",
        "birth_registry/births_{label}.csv",
        (f"{BIRTHS}.person.birth_record", f"{BIRTHS}.birth.birth_record"),
        _births,
        lambda _: delimited(),
        is_annual,
    ),
    Series(
        "immunization_registry.doses",
        "immunization_registry/immunizations_{label}.csv",
        (f"{REGISTRY}.person.immunization_registry", f"{REGISTRY}.immunization.immunization_registry"),
        _immunizations,
        lambda _: delimited(),
        is_annual,
    ),
)
