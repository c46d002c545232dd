{# The rows of a table of HMIS as they stand: of a record that came with several exports the newest, and none that the
   newest calls deleted. A later export need not tell again what ended before it begins, so older ones still count. #}
{% macro newest_hmis(table, key) -%}
select
    records.*,
    deliveries.export_date,
    deliveries.csv_year,
    deliveries.chain_number
from {{ source('raw', table) }} as records
inner join {{ ref('hmis__delivery') }} as deliveries
    on
        records.partner_id = deliveries.partner_id
        and split_part(records.extract_id, '.', 3) = deliveries.layout
        and records.school_year = deliveries.school_year
        and records.collection = deliveries.collection
qualify
    row_number() over (
        partition by records.partner_id, records.{{ key }}
        order by
            deliveries.export_date desc, records.school_year desc, records.collection asc,
            records.date_deleted asc nulls first
    ) = 1
    and records.date_deleted is null
{%- endmacro %}

{# Which records (`key`) each whole export tells of, and the days it tells of. A newer one that has the project of a stay, or
   the stay of an exit, and not the stay or the exit itself, says by its silence that there is none. #}
{% macro whole_hmis(table, key) -%}
select
    records.partner_id,
    records.{{ key }},
    deliveries.whole_export_date as export_date,
    deliveries.whole_first_date as first_date,
    deliveries.whole_last_date as last_date
from {{ source('raw', table) }} as records
inner join {{ ref('hmis__delivery') }} as deliveries
    on
        records.partner_id = deliveries.partner_id
        and split_part(records.extract_id, '.', 3) = deliveries.layout
        and records.school_year = deliveries.school_year
        and records.collection = deliveries.collection
where deliveries.whole_export_date is not null
{%- endmacro %}

{# HUD's numbers of a living situation or destination that are homeless: a place not meant to live in, a shelter, a safe
   haven; those of one digit less were used before October 2023. #}
{% macro is_homeless_situation(situation) -%}
    {{ situation }} in (1, 16, 18, 101, 116, 118)
{%- endmacro %}

{# A name where it is one. An export may hash names, and say so (HashStatus other than 1) or not; 32, 40, 64 and 128
   hexadecimal digits are what MD5, SHA-1, SHA-256 and SHA-512 make. A partial, street or code name (quality 2) is
   nobody's own, and what stands where the client did not say (8, 9) is no name. #}
{% macro clear_name(name) -%}
    case
        when
            has_clear_names and coalesce(name_data_quality, 1) not in (2, 8, 9)
            and not regexp_full_match({{ name }}, '(?i)([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})')
            then {{ name }}
    end
{%- endmacro %}

{# Chronically homeless at entry, by the client's own record (24 CFR 578.3; the test of HUD's reporting glossary): a
   disabling condition; homeless at entry, or straight before a short stay elsewhere; and for a year without a break
   (DateToStreetESSH), or four times and twelve months in three years (112 is 12 months, 113 is more). #}
{% macro is_chronically_homeless() -%}
    case
        when disabling_condition = 0 then false
        when disabling_condition = 1
            then
                case
                    when
                        project_type in (0, 1, 4, 8)
                        or {{ is_homeless_situation('living_situation') }}
                        or (los_under_threshold = 1 and previous_street_essh = 1)
                        then true
                    -- 8, 9 and 99: does not know, does not tell, was not asked
                    when living_situation not in (8, 9, 99) then false
                end
                and case
                    when {{ full_years_between('date_to_street_essh', 'entry_date') }} >= 1 then true
                    when times_homeless_past_three_years = 4 and months_homeless_past_three_years in (112, 113) then true
                    -- 101 to 111: one to eleven months
                    when months_homeless_past_three_years between 101 and 111 then false
                    when date_to_street_essh is not null and times_homeless_past_three_years between 1 and 3 then false
                end
    end
{%- endmacro %}

{# The school year that a day is in, by the year it ends in. #}
{% macro school_year_of(day) -%}
    year({{ day }}) + case when month({{ day }}) >= 7 then 1 else 0 end
{%- endmacro %}
