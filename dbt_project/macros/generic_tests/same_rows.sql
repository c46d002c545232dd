{# A fact table that does not have as many rows as its entity has in the lake. #}
{% test same_rows(model, entity) %}
    with counts as (

        select
            (select count(*) from {{ model }}) as n_rows,
            (select count(*) from {{ milepost.rows_of(entity) }}) as n_raw_rows

    )

    select *
    from counts
    where n_rows <> n_raw_rows
{% endtest %}
