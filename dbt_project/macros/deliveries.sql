{# Tables of one delivery of a standard: of the same partner and period. The gate lets a partner tell a period in one layout
   of a standard alone (but for HMIS, see macros/hmis.sql). #}
{% macro same_delivery(one, other) -%}
    {{ one }}.partner_id = {{ other }}.partner_id
            and {{ one }}.school_year = {{ other }}.school_year
            and {{ one }}.collection = {{ other }}.collection
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
