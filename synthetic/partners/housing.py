"""The housing authority's household members by form HUD-50058, and the court's eviction filings."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.codes import coded, coded_list
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited
from synthetic.population import RACE_SETS
from synthetic.sectors.housing import AUTHORITY, COURT

ACTIONS = {"new_admission": "1", "annual_reexamination": "2", "end_of_participation": "6"}
RELATIONS = {"self": "H", "spouse_or_partner": "S", "child": "Y"}
RACES = {
    "white": "1",
    "black_or_african_american": "2",
    "american_indian_or_alaska_native": "3",
    "asian": "4",
    "native_hawaiian_or_pacific_islander": "5",
}
JUDGMENTS = {
    "for_landlord": "Judgment for Plaintiff",
    "for_tenant": "Judgment for Defendant",
    "settled": "Settlement",
    "dismissed": "Dismissal",
    "pending": "Open",
}


def _members(collection: Collection) -> str:
    return f"""
        select 'ST001' as "1b PHA Code", program_code as "1c Program", {coded("assistance_action", ACTIONS)}
                as "2a Type of Action", strftime(effective_date, '%m/%d/%Y') as "2b Effective Date",
            strftime(start_date, '%m/%d/%Y') as "2h Date of Admission", household_id as "HouseholdID",
            student_id as "MemberID", last_name as "3b Last Name", first_name as "3c First Name", middle_name
                as "3d MI",
            strftime(birth_date, '%m/%d/%Y') as "3e Date of Birth", case gender when 'female' then 'F' when
                'male' then 'M'
                end as "3g Sex", {coded("relationship_to_head", RELATIONS)} as "3h Relation",
            {coded_list("races", RACE_SETS, RACES, ",")} as "3k Race",
            case hispanic_ethnicity when 'yes' then '1' else '2' end as "3m Ethnicity", cast(null as varchar)
                as "3n SSN",
            case when was_homeless_at_admission then 'Y' else 'N' end as "4c Homeless at Admission",
            address as "5a Unit Address", fact.zip_code as "5a ZIP", cast(fact.tract_id as varchar) as
                "CensusTract",
            cast(bedrooms as varchar) as "5d Bedrooms",
            cast(household_size as varchar) as "3t Total Number in Household",
            cast(annual_income as varchar) as "7i Total Annual Income", strftime(end_date, '%m/%d/%Y') as
                "EndDate"
        from fact_housing_assistance as fact
        inner join partner_person using (partner_id, student_id)
        inner join (select true_person_id, family from inhabitant) as home on home.true_person_id =
            fact.true_person_id
        inner join household_year on household_year.family = home.family
            and household_year.school_year = fact.school_year
        where fact.school_year = {collection.school_year}
        order by student_id, effective_date"""


def _filings(collection: Collection) -> str:
    return f"""
        select case_id as "CaseNumber", strftime(filed_date, '%m/%d/%Y') as "FiledDate",
            'Property Holdings LLC' as "Plaintiff",
            {coded("judgment", JUDGMENTS)} as "Disposition", strftime(judgment_date, '%m/%d/%Y') as
                "DispositionDate",
            strftime(executed_date, '%m/%d/%Y') as "WritExecutedDate", cast(amount_claimed as varchar) as
                "AmountClaimed",
            address as "PropertyAddress", zip_code as "PropertyZIP", cast(tract_id as varchar) as
                "CensusTract"
        from fact_eviction where school_year = {collection.school_year} order by case_id"""


SERIES = (
    Series(
        "housing_authority.members",
        "housing_authority/hud_50058_{label}.csv",
        (f"{AUTHORITY}.housing_assistance.hud_50058", f"{AUTHORITY}.person.hud_50058"),
        _members,
        lambda _: delimited(),
        is_annual,
    ),
    Series(
        "county_court.evictions",
        "county_court/eviction_filings_{label}.csv",
        (f"{COURT}.eviction.eviction_filings",),
        _filings,
        lambda _: delimited(),
        is_annual,
    ),
)
