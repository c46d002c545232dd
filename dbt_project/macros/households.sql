{# Where the same address does not tell who lives together: a shelter, a home for children, a house of many flats whose
   numbers are not told, or a text that an office writes for all whose address it does not know. The limits are ours, and
   careful: six persons of three surnames at a door without a flat's number may be neighbours, and thirteen are no
   household whatever the door says. Persons with an address are nearly all children: rosters and registries tell of them. #}
{% macro is_building(has_unit, n_persons, n_surnames) -%}
    ({{ n_persons }} > 12 or (not {{ has_unit }} and {{ n_persons }} > 5 and {{ n_surnames }} > 2))
{%- endmacro %}

{# What stands for a partner's number of a household or a guardian: the lowest person_id of whom it is of, `least_person_id`, and
   from the second with the same one on its place among them, in the order of the partner's numbers. A hash of the number
   would be undone by trying all numbers. #}
{% macro shared_key(alias, number) -%}
    {{ alias }}.least_person_id || coalesce(
        '-' || nullif(
            dense_rank() over (
                partition by {{ alias }}.partner_id, {{ alias }}.least_person_id
                order by {{ alias }}.{{ number }} asc
            ),
            1
        ),
        ''
    )
{%- endmacro %}

{# Projects that house whom they serve, in a home of its own; the sheltering ones house everybody else. #}
{% macro rehousing_project_types() -%}
    'rapid_rehousing', 'permanent_supportive_housing', 'other_permanent_housing'
{%- endmacro %}

{# The birthday from which nobody counts as a child of a household: school is over for nearly all. #}
{% macro grown_up_at() -%}
    19
{%- endmacro %}
