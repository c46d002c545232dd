{#- Seeds, read by DuckDB in one statement. dbt reads each file in Python to guess its types, truncates the table and
    copies the file into it: three times as long for lists of ten lines, of which there are dozens. -#}
{% materialization seed, adapter="duckdb" %}
  {%- set before = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type="table") -%}
  {%- set path = adapter.get_seed_file_path(model) | replace("'", "''") -%}
  {%- set types = [] -%}
  {% for column, type in config.get("column_types", {}).items() %}
    {% do types.append("'" ~ column ~ "': '" ~ type ~ "'") %}
  {% endfor %}
  {{ run_hooks(pre_hooks) }}
  {% if before is not none and not before.is_table %}
    {% do adapter.drop_relation(before) %}
  {% endif %}
  {% call statement("main") -%}
    create or replace table {{ target }} as
    from read_csv('{{ path }}', header = true, delim = ',', sample_size = -1
      {%- if types %}, types = { {{ types | join(", ") }} }{% endif %});
  {%- endcall %}
  {% do store_result("agate_table", response="OK") %} {#- dbt asks for what it would have read -#}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({"relations": [target]}) }}
{% endmaterialization %}
