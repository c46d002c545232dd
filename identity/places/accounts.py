"""What partners say of organizations and of sites, one row per account, from the views of staging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from identity.places import words
from ingestion.home import Home
from ingestion.sql_text import literal
from ingestion.state_ids import MOST_STUDENTS, is_placeholder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VIEWS = ("places__organization", "places__site", "places__school", "places__program", "places__number")
# canonical entities that those views read
ENTITIES = (
    *("organization", "site", "school", "program"),
    *("enrollment", "participation", "early_learning", "housing_episode"),
)
MOST_SCHOOLS = MOST_STUDENTS  # a school that was renumbered has two numbers; an id of three is nobody's


def collect_accounts(con: DuckDBPyConnection, home: Home, staging: str = "warehouse.staging") -> None:
    """Make the table `account` of `con` from the views VIEWS in the schema `staging`.

    One row per community, entity, partner and local id (lower case, trimmed): kind (organization or site),
    entity (organization, district or partner; school, site or project), roster (partner and entity: the list
    within which no two rows are one place), what it is called and where it is as sent, and its known ids.
    `account` numbers them in their order, so that equal accounts have equal numbers.
    """
    con.execute(_told(staging, literal(str(home.reference_file("partners")))))
    con.execute(_account())


def _told(staging: str, partners: str) -> str:
    """SQL: the latest account of each that has a name, whole, as marts take it; else what there is."""
    # kind, entity, view, number, name, whose it is; a district is known by the schools that name it
    described = (
        ("site", "school", "school", "school_id", "school_name", "'district'", "district_id"),
        ("site", "site", "site", "site_id", "site_name", "'organization'", "organization_id"),
        ("site", "project", "program", "program_id", "program_name", "'organization'", "organization_id"),
        ("organization", "organization", "organization", "organization_id", "organization_name",
         "'organization'", "parent_organization_id"),
        ("organization", "district", "school", "district_id", "district_name", "null", "null"),
    )  # fmt: skip
    views = " union all by name ".join(
        f"""select '{kind}' as kind, '{entity}' as entity, lower(trim({number})) as local_id, {name} as name,
                   {owner_entity} as owner_entity, lower(trim({owner})) as owner_id, *
            from {staging}.places__{view}"""
        for kind, entity, view, number, name, owner_entity, owner in described
    )
    return f"""
        create or replace temp table told as
        with together as (
            {views}
            union all by name
            select 'site' as kind, * from {staging}.places__number
            union all by name
            select 'organization' as kind, 'partner' as entity, community_id, partner_id, partner_id
                as local_id,
                   partner_name as name
            from read_parquet({partners})
        )
        select kind, entity, community_id, partner_id, local_id, nullif(trim(name), '') as name, owner_entity,
               owner_id, trim(nces_school_id) as nces_school_id, trim(state_school_id) as state_school_id,
               street_address, zip_code, latitude::double as latitude, longitude::double as longitude,
               website, email, phone, tax_id
        from together
        where local_id <> ''
            -- programs are places where stays are told of: the projects of shelters
            and (entity <> 'project' or (partner_id, local_id) in
                (select (partner_id, local_id) from {staging}.places__number where entity = 'project'))
        qualify row_number() over (
            partition by community_id, entity, partner_id, local_id
            order by name is not null desc, school_year desc, collection = 'annual' desc, collection,
                extract_id,
                _row_number
        ) = 1
    """


def _account() -> str:
    """SQL: `told`, numbered, with what a district has of its schools and the ids that are ids."""
    tax = words.digits("tax_id")
    return f"""
        create or replace temp table account as
        with ids as (
            select *, partner_id || '/' || entity as roster,
                   case when {_is_id("nces_school_id")} and regexp_full_match(nces_school_id, '[0-9]{{12}}')
                       then nces_school_id end as nces,
                   case when {_is_id("state_school_id")} then upper(state_school_id) end as state_id,
                   case when {_is_id(tax)} and length({tax}) = 9 then {tax} end as tax_number
            from told
        ),
        usable as (
            select * replace (
                case when {_uses("roster, nces")} <= {MOST_SCHOOLS} then nces end as nces,
                case when {_uses("roster, state_id")} <= {MOST_SCHOOLS} then state_id end as state_id
            ),
                -- chapters file under one number: then it is evidence, and no id
                {_uses("roster, tax_number")} = 1 as has_own_tax_number
            from ids
        ),
        districts as (
            -- the first seven digits of a school's national id are its district's
            select community_id, partner_id, owner_id as local_id, min(left(nces, 7)) as nces
            from usable
            where entity = 'school' and nces is not null
            group by all
            having count(distinct left(nces, 7)) = 1
        )
        select row_number() over (order by kind, community_id, entity, partner_id, local_id) as account,
               usable.* exclude (nces, has_own_tax_number),
               case when entity = 'district' then districts.nces else usable.nces end as nces,
               case when has_own_tax_number then tax_number end as tax_id_number,
               -- made to be unique in the world, so two that have it mean one thing
               case when regexp_full_match(local_id, '[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}')
                   then local_id end as uuid
        from usable left join districts using (community_id, partner_id, local_id)
        order by account
    """


def _is_id(column: str) -> str:
    return f"{column} <> '' and not {is_placeholder(column)}"


def _uses(columns: str) -> str:
    return f"count(*) over (partition by community_id, kind, {columns})"
