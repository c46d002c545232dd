{# What says early that a student may not get there: attendance, behaviour and course performance, as Balfanz, Herzog and
   Mac Iver (2007), Educational Psychologist 42:223-235, and the on-track rules of each grade. #}
{% macro early_warning_indicators() -%}
    'chronic_absence', 'suspension', 'early_grades_on_track', 'sixth_grade_on_track', 'eighth_grade_on_track',
    'ninth_grade_on_track', 'school_mobility'
{%- endmacro %}
