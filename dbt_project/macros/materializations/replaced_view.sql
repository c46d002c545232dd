{#- Views, replaced in one statement: dbt would create one beside, rename both and drop the old, which takes
    longer than all else there is to do for a view (see replaced_table.sql). -#}
{% materialization view, adapter="duckdb" %}
  {%- set before = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type="view") -%}
  {{ run_hooks(pre_hooks) }}
  {% if before is not none and not before.is_view %}
    {% do adapter.drop_relation(before) %}
  {% endif %}
  {% call statement("main") -%}
    {% if config.get("contract").enforced %}{{ get_assert_columns_equivalent(compiled_code) }}{% endif %}
    create or replace view {{ target }} as ({{ compiled_code }});
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({"relations": [target]}) }}
{% endmaterialization %}
