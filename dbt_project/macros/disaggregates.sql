{# The disaggregates of the seed, in its order, read when a model runs: the seed is the only place that lists them. One that
   a file of the community tells is there where a community has that file. While dbt parses (and SQL lint renders) there is
   no warehouse to ask, and two stand for all. #}
{% macro disaggregates() %}
    {% set told = {'neighborhoods': source('reference', 'neighborhoods')} %}
    {% if not execute %}
        {{ return([
            {'id': 'race_ethnicity', 'column': 'race_ethnicity', 'in_pairs': true},
            {'id': 'gender', 'column': 'gender', 'in_pairs': true},
        ]) }}
    {% endif %}
    {% set rows = run_query(
        'select disaggregate_id, column_name, allowed_in_pairs, told_by from ' ~ ref('disaggregates') ~ ' order by sort_order'
    ) %}
    {% set found = [] %}
    {% for row in rows.rows %}
        {% if not row[3] or run_query('select count(*) from ' ~ told[row[3]]).rows[0][0] > 0 %}
            {% do found.append({'id': row[0], 'column': row[1], 'in_pairs': row[2]}) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{# What a child is disaggregated by in one text, in the order of the seed: a few thousand texts stand for all children, and
   one is written in a twentieth of the time that its two dozen columns take. No value has a '|' in it. #}
{% macro profile(attributes) -%}
    concat_ws('|', {{ attributes | join(', ') }})
{%- endmacro %}

{# The disaggregates in two parts, those that are paired and those that are not, without a part that has none. Children
   alike in one part are far more than those alike in both, so the cells of each are far fewer. The first has the total. #}
{% macro profile_parts(all) %}
    {% set parts = [] %}
    {% for name, in_pairs in {'paired': true, 'unpaired': false}.items() %}
        {% set found = all | selectattr('in_pairs', 'equalto', in_pairs) | list %}
        {% if found %}
            {% do parts.append({
                'name': name, 'disaggregates': found, 'columns': found | map(attribute='column') | list,
                'has_total': not parts,
            }) %}
        {% endif %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}

{# Geography level -> the column of int_indicator_cells that tells the place: of the school, and of residence. #}
{% macro geography_levels() %}
    {{ return({
        'school': 'organization_id',
        'district': 'district_id',
        'community': 'community_id',
        'zip': 'zip_code',
        'tract': 'tract_id',
    }) }}
{% endmacro %}

{# The total if the part has it, every single one of its disaggregates, and every pair of those allowed in pairs. #}
{% macro disaggregate_grouping_sets(keys, part, with_pairs=true) %}
    {%- set keys = keys | join(', ') -%}
    grouping sets (
        {%- if part.has_total %}
        ({{ keys }}),
        {%- endif %}
        {%- for first in part.disaggregates %}
        {%- set later = part.disaggregates[loop.index:] if with_pairs and first.in_pairs else [] %}
        ({{ keys }}, {{ first.column }})
        {%- for second in later if second.in_pairs %},
        ({{ keys }}, {{ first.column }}, {{ second.column }})
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )
{%- endmacro %}

{# Of a row of these grouping sets: 'race_ethnicity_x_gender', 'gender', or 'all'. #}
{% macro disaggregate_name(all) %}
    coalesce(nullif(concat_ws(
        '_x_'
        {%- for one in all %},
        case when grouping({{ one.column }}) = 0 then '{{ one.id }}' end
        {%- endfor %}
    ), ''), 'all')
{%- endmacro %}

{# And its subgroup: 'asian|female', 'female', or 'all'; a column not grouped by is NULL and drops out. `names` is the list of
   which the columns hold positions. #}
{% macro subgroup_name(all, names) %}
    coalesce(nullif(concat_ws(
        '|'
        {%- for one in all %},
        {{ at_position(names, one.column) }}
        {%- endfor %}
    ), ''), 'all')
{%- endmacro %}
