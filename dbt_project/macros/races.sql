{# Rules that make subgroups of the races a child is reported with, which are kept as they are: several may be reported, and
   Hispanic or Latino is one of them. #}

{% macro reported_races() %}
    {{ return([
        'american_indian_or_alaska_native', 'asian', 'black_or_african_american', 'hispanic_or_latino',
        'middle_eastern_or_north_african', 'native_hawaiian_or_pacific_islander', 'white',
    ]) }}
{% endmacro %}

{# By the standard of 2024 (OMB, Statistical Policy Directive No. 15): one question, Middle Eastern or North African a group of
   its own, and who reports several, Hispanic or Latino too, of two or more. Then each group alone or in combination, of which
   a child may be in several. Of who is called of two or more, be it beside Hispanic or Latino, nobody knows which others. #}
{% macro race_attributes(races) -%}
    case
            when {{ races }} is null then 'unknown'
            when contains({{ races }}, ';') or {{ races }} = 'two_or_more_races' then 'two_or_more_races'
            else {{ races }}
        end as race_spd15
        {%- for race in reported_races() %},
        case
            when contains(';' || {{ races }} || ';', ';{{ race }};') then 'yes'
            when {{ races }} is null or contains({{ races }}, 'two_or_more_races') then 'unknown'
            else 'no'
        end as {{ race }}_in_combination
        {%- endfor %}
{%- endmacro %}

{# The one group of the federal seven that a person record counts in: Hispanic or Latino of any race is Hispanic or Latino. #}
{% macro federal_race(races, ethnicity) -%}
    case
        when {{ ethnicity }}.conformed_code = 'yes' then 'hispanic_or_latino'
        else {{ races }}.conformed_code
    end
{%- endmacro %}

{# All races of a person record in one text, Hispanic or Latino first; NULL where a code is unmapped. #}
{% macro all_races(races, ethnicity) -%}
    case
        when coalesce({{ races }}.is_mapped, true)
            then nullif(concat_ws(
                ';',
                case
                    when
                        {{ ethnicity }}.conformed_code = 'yes'
                        and not coalesce(contains({{ races }}.known_codes, 'hispanic_or_latino'), false)
                        then 'hispanic_or_latino'
                end,
                {{ races }}.known_codes
            ), '')
    end
{%- endmacro %}
