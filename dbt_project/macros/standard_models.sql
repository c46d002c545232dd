{# The models that bring a canonical entity its rows from a standard's tables (entity -> models), beside the extracts that
   map to it straight. Each ends in the columns of the entity's raw files; their order does not matter. #}
{% macro standard_models() %}
    {{ return({
        'assessment': ['edfi__assessment'],
        'attendance': ['edfi__attendance'],
        'course_mark': ['edfi__course_mark'],
        'diploma': ['edfi__diploma'],
        'discipline': ['edfi__discipline'],
        'enrollment': ['edfi__enrollment', 'oneroster__enrollment'],
        'housing_episode': ['hmis__housing_episode'],
        'organization': ['hmis__organization', 'hsds__organization'],
        'person': ['edfi__person', 'hmis__person', 'oneroster__person'],
        'program': ['hmis__program', 'hsds__program'],
        'school': ['edfi__school', 'oneroster__school'],
        'service': ['hsds__service'],
        'service_at_site': ['hsds__service_at_site'],
        'site': ['hsds__site'],
        'student_status': ['edfi__student_status'],
    }) }}
{% endmacro %}
