{# What a participant of a program and a child in none are alike in, before the program. #}
{% macro alike_in() %}
    {{ return([
        'grade_level', 'race_ethnicity', 'gender', 'economic_disadvantage', 'english_learner', 'disability', 'result_before',
    ]) }}
{% endmacro %}

{# Results of one school year that a program of the year may go with. #}
{% macro results_of_programs() -%}
    'chronic_absence', 'consistent_attendance', 'suspension', 'early_grade_reading', 'middle_grade_math',
    'early_grades_on_track', 'sixth_grade_on_track', 'eighth_grade_on_track', 'ninth_grade_on_track'
{%- endmacro %}
