{# Tables of one delivery of a standard: of the same partner and period, by the same layout, which is the third part of
   an extract's id. #}
{% macro same_delivery(one, other) -%}
    {{ one }}.partner_id = {{ other }}.partner_id
            and {{ one }}.school_year = {{ other }}.school_year
            and {{ one }}.collection = {{ other }}.collection
            and split_part({{ one }}.extract_id, '.', 3) = split_part({{ other }}.extract_id, '.', 3)
{%- endmacro %}

{# Of several accounts of one thing the latest, whole: an annual one before an interim one of the same year. #}
{% macro latest_account(key) -%}
    row_number() over (
        partition by {{ key }}
        order by
            school_year desc, case when collection = 'annual' then 0 else 1 end asc, collection asc, extract_id asc,
            _row_number asc
    ) = 1
{%- endmacro %}
