{#- Tables whose school years are made one by one, and only those of which something changed.

    int_cell_years says of what the rows of a year are made, as one hash; the rows carry it (inputs_hash). Rows of
    other years, or made of something else, go, and those that are not there are made, in one transaction; a table
    without a year to keep is replaced as a whole. What is kept does not depend on what was run before: the rows
    themselves tell. -#}
{% materialization by_school_year, adapter="duckdb", supported_languages=["sql", "python"] %}
  {%- set before = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type="table") -%}
  {%- set keeps = milepost.has_years_to_keep(before) -%}
  {{ run_hooks(pre_hooks) }}
  {% if before is not none and not keeps and (model.language == "python" or not before.is_table) %}
    {% do adapter.drop_relation(before) %}
  {% elif keeps %}
    {% call statement("other_years") -%}
      delete from {{ target }}
      where (school_year, inputs_hash) not in (select (school_year, inputs_hash) from {{ ref("int_cell_years") }})
    {%- endcall %}
  {% endif %}
  {% call statement("main", language=model.language) -%}
    {% if model.language == "python" and keeps %}
{{ compiled_code }}

def materialize(made, con):
    con.register("made", made)
    con.execute("insert into {{ target | replace('"', '\\"') }} by name from made")
    con.unregister("made")
    {% elif model.language == "python" %}
      {{- py_write_table(false, target, compiled_code) }}
    {% else %}
      {{ get_assert_columns_equivalent(compiled_code) }}
      {% if not keeps %}
      create or replace table {{ target }} {{ milepost.stored_columns() }};
      {% endif %}
      insert into {{ target }} {{ get_column_names() }} ({{ get_select_subquery(compiled_code) }});
    {% endif %}
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro has_inputs_hash(relation) %}
    {% if relation is none or not relation.is_table %}{{ return(false) }}{% endif %}
    {{ return("inputs_hash" in adapter.get_columns_in_relation(relation) | map(attribute="name") | list) }}
{% endmacro %}

{% macro has_years_to_keep(relation) %}
    {% if not milepost.has_inputs_hash(relation) %}{{ return(false) }}{% endif %}
    {% set found = run_query(
        "select 1 from " ~ relation ~ " semi join " ~ ref("int_cell_years") ~ " using (school_year, inputs_hash) limit 1"
    ) %}
    {{ return(found | length > 0) }}
{% endmacro %}

{# TRUE for rows of the school years that a model by_school_year has to make. #}
{% macro is_to_be_made(school_year) -%}
    {%- set relation = ref("int_cell_years") -%}
    {{ school_year }} in (
        select to_be_made.school_year
        from {{ relation }} as to_be_made
        {%- if execute and milepost.has_inputs_hash(load_cached_relation(this)) %}
        anti join {{ this }} as made
            on to_be_made.school_year = made.school_year and to_be_made.inputs_hash = made.inputs_hash
        {%- endif %}
    )
{%- endmacro %}
