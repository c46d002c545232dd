"""Participants beside their pairs by propensity, where a community asks for it: publishing/propensity_tables.py on the marts."""


def model(dbt, session):
    from publishing.propensity_tables import write_comparisons

    dbt.config(materialized="table")
    write_comparisons(
        session,
        participants=dbt.ref("int_program_participants").sql_query(),
        described=dbt.ref("int_results_described").sql_query(),
        matching=dbt.source("reference", "program_matching").sql_query(),
    )
    return session.sql("from compared")
