"""Which cells of the publication plan are shown, hidden, or shown as a band: publishing/disclosure on the marts.

Children are counted within a school year, so no sum reaches over two of them, and a year of which nothing changed
is left as it is (macros/materializations/by_school_year.sql), with its proof.
"""


def model(dbt, session):
    from publishing.disclosure import INPUTS, protect

    dbt.config(materialized="by_school_year")
    relations = {
        "indicator_cells": dbt.ref("indicator_cells"),
        "dim_school": dbt.ref("dim_school"),
        "fct_student_year": dbt.ref("fct_student_year"),
        "publication_plan": dbt.source("reference", "publication_plan"),
        "communities": dbt.source("reference", "communities"),
        "indicator_selection": dbt.source("reference", "indicator_selection"),
        "indicators": dbt.source("reference", "indicators"),
        "indicator_definitions": dbt.source("reference", "indicator_definitions"),
        "disclosure_rules": dbt.source("reference", "disclosure_rules"),
        "disclosure_folds": dbt.source("reference", "disclosure_folds"),
        "disclosure_protected_last": dbt.source("reference", "disclosure_protected_last"),
        "disclosure_holds": dbt.source("reference", "disclosure_holds"),
        "disclosure_implications": dbt.source("reference", "disclosure_implications"),
        "shown_values": dbt.source("reference", "shown_values"),
        "withdrawn_releases": dbt.source("reference", "withdrawn_releases"),
    }
    queries = {name: relation.sql_query() for name, relation in relations.items()}
    years = dbt.ref("int_cell_years").sql_query()
    made = session.execute(
        "select 1 from duckdb_columns() where schema_name = $1 and table_name = $2 and column_name = 'inputs_hash'",
        [dbt.this.schema, dbt.this.identifier],
    ).fetchone()
    kept = f"anti join {dbt.this} using (school_year, inputs_hash)" if made else ""
    session.execute(f"create or replace temp table to_be_made as select * from ({years}) {kept}")
    queries["indicator_cells"] += " semi join to_be_made using (school_year)"
    for view, sql in INPUTS.items():
        session.execute(f"create or replace temp view {view} as {sql.format(**queries)}")
    protect(session)
    return session.sql("from cell_suppression inner join to_be_made using (school_year)")
