{# A fact table that does not have as many rows as its entity has in the lake, or of a `key` as many as there are different
   ones. `left_out` is a condition on the entity's staging: the rows that the fact is not to have. #}
{% test same_rows(model, entity, key=[], left_out=none) %}
    with counts as (

        select
            (select count(*) from {{ model }}) as n_rows,
            (
                select count({{ 'distinct (' ~ key | join(', ') ~ ')' if key else '*' }}) from {{ milepost.rows_of(entity) }}
            )
            {%- if left_out %}
            - (select count(*) from {{ ref('stg_' ~ entity) }} where {{ left_out }})
            {%- endif %} as n_raw_rows

    )

    select *
    from counts
    where n_rows <> n_raw_rows
{% endtest %}
