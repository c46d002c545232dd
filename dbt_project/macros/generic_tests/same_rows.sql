{# A fact table that does not have as many rows as its entity has in the lake, or of a `key` as many as there are different
   ones. #}
{% test same_rows(model, entity, key=[]) %}
    with counts as (

        select
            (select count(*) from {{ model }}) as n_rows,
            (
                select count({{ 'distinct (' ~ key | join(', ') ~ ')' if key else '*' }}) from {{ milepost.rows_of(entity) }}
            ) as n_raw_rows

    )

    select *
    from counts
    where n_rows <> n_raw_rows
{% endtest %}
