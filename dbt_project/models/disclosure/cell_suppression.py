"""Which cells of the publication plan are shown, hidden, or shown as a band: publishing/disclosure.py on the marts."""


def model(dbt, session):
    from publishing.disclosure import INPUTS, protect

    relations = {
        "indicator_cells": dbt.ref("indicator_cells"),
        "dim_school": dbt.ref("dim_school"),
        "publication_plan": dbt.source("reference", "publication_plan"),
        "communities": dbt.source("reference", "communities"),
        "indicator_selection": dbt.source("reference", "indicator_selection"),
    }
    queries = {name: relation.sql_query() for name, relation in relations.items()}
    for view, sql in INPUTS.items():
        session.execute(f"create or replace temp view {view} as {sql.format(**queries)}")
    protect(session)
    return session.table("cell_suppression")
