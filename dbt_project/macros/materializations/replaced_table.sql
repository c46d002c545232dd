{#- Tables, replaced in one statement.

    dbt-duckdb builds a table beside the old one, looks for indexes and foreign keys, renames both and drops the
    old one: eleven statements, three events for each, a third of the time of a small refresh. DuckDB replaces a
    table within a transaction, nobody else reads this file meanwhile, and no model has an index or a key. -#}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
  {%- set before = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type="table") -%}
  {{ run_hooks(pre_hooks) }}
  {% if before is not none and (model.language == "python" or not before.is_table) %}
    {% do adapter.drop_relation(before) %}
  {% endif %}
  {% call statement("main", language=model.language) -%}
    {% if model.language == "python" %}
      {{- py_write_table(false, target, compiled_code) }}
    {% elif config.get("contract").enforced %}
      {{ get_assert_columns_equivalent(compiled_code) }}
      create or replace table {{ target }} {{ milepost.stored_columns() }};
      insert into {{ target }} {{ get_column_names() }} ({{ get_select_subquery(compiled_code) }});
    {% else %}
      create or replace table {{ target }} as ({{ compiled_code }});
    {% endif %}
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({"relations": [target]}) }}
{% endmaterialization %}

{# Columns as the contract says, but for a child's id no search for what repeats, and none where it would be: each is there a few
   times only. To write a table takes a fourth of the time less by it, and the table takes 8 bytes more for each row. #}
{% macro stored_columns() -%}
    {{ get_table_columns_and_constraints() | replace("person_id varchar", "person_id varchar using compression uncompressed") }}
{%- endmacro %}
