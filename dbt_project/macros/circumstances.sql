{# What other sectors tell of a child's year, as attributes to disaggregate by. `rows` has community_id, person_id,
   school_year and collection, `birth_year` says when the child was born. #}

{# Programs of the years before kindergarten in which children are taught: not home visits, nor care for infants. #}
{% macro preschool_program_types() -%}
    'public_prek', 'private_prek', 'head_start'
{%- endmacro %}

{# Whether a row of participation says that its child was there: by any of a sign, sessions and hours; where none is told,
   by being told of. #}
{% macro was_there() -%}
    coalesce(
        has_attended or sessions_attended > 0 or hours_attended > 0,
        coalesce(has_attended, sessions_attended > 0, hours_attended > 0) is null
    )
{%- endmacro %}

{# An interim collection comes before the year's files of other sectors: last year's stand, and go on to, so that an interim
   value compares with those of other years. #}
{% macro year_that_stands(rows) -%}
    {{ rows }}.school_year - case when {{ rows }}.collection = 'annual' then 0 else 1 end
{%- endmacro %}

{% macro join_circumstances(rows) -%}
    left join {{ ref('int_year_circumstances') }} as circumstances
        on
            {{ rows }}.community_id = circumstances.community_id
            and {{ rows }}.person_id = circumstances.person_id
            and {{ year_that_stands(rows) }} = circumstances.school_year
    left join {{ ref('int_told_circumstances') }} as told_circumstances
        on
            {{ rows }}.community_id = told_circumstances.community_id
            and {{ year_that_stands(rows) }} = told_circumstances.school_year
    left join {{ ref('int_early_learning_history') }} as early_learning_history
        on
            {{ rows }}.community_id = early_learning_history.community_id
            and {{ rows }}.person_id = early_learning_history.person_id
{%- endmacro %}

{# Yes where somebody says so, no where whoever could say so tells of the year and does not, else unknown. #}
{% macro circumstance_attributes(is_homeless, birth_year) -%}
        case
            when {{ is_homeless }} or circumstances.is_in_homeless_system then 'yes'
            when {{ is_homeless }} is not null or told_circumstances.tells_homeless_system then 'no'
            else 'unknown'
        end as homelessness_any_source,
        case
            when circumstances.is_assisted then 'yes'
            when told_circumstances.tells_assistance then 'no'
            else 'unknown'
        end as housing_assistance,
        {# both years before kindergarten, each told; where nobody saw it begin, in the year of the fifth birthday or the one after, by the
           month the state cuts at -#}
        case
            when early_learning_history.first_school_year is not null then 'yes'
            when
                {% for before, age in [(2, 4), (1, 5), (1, 6)] -%}
                {{ 'and ' if not loop.first }}{{ has_value(
                    'told_circumstances.early_learning_years',
                    'coalesce(early_learning_history.kindergarten_year - ' ~ before ~ ', ' ~ birth_year ~ ' + ' ~ age ~ ')'
                ) }}
                {% endfor -%}
                then 'no'
            else 'unknown'
        end as early_learning_history,
        case
            when circumstances.is_participant then 'yes'
            when told_circumstances.tells_participation then 'no'
            else 'unknown'
        end as program_participation
{%- endmacro %}

{# Attributes that are known of children who are at no school. #}
{% macro told_of_others() %}
    {% set found = [
        'race_ethnicity', 'gender', 'home_language', 'homelessness_any_source', 'housing_assistance',
        'early_learning_history', 'program_participation', 'race_spd15', 'neighborhood',
    ] %}
    {% for race in reported_races() %}{% do found.append(race ~ '_in_combination') %}{% endfor %}
    {{ return(found) }}
{% endmacro %}
