select
    program.community_id,
    program.partner_id,
    program.school_year,
    program.collection,
    {{ scoped_id('program', 'program_id') }} as program_id,
    program.program_name,
    {{ conformed('program_type') }},
    {{ scoped_id('program', 'organization_id') }} as organization_id,
    program.description,
    program.start_date,
    program.end_date,
    program.sessions_planned,
    program.hours_planned,
    program.extract_id,
    program._load_id,
    program._row_number
from {{ rows_of('program') }} as program
{{ join_codes('program_type', 'program') }}
