select
    programs.community_id,
    programs.partner_id,
    programs.school_year,
    programs.collection,
    {{ scoped_id('programs', 'program_id') }} as program_id,
    programs.program_name,
    {{ conformed('program_type') }},
    {{ scoped_id('programs', 'organization_id') }} as organization_id,
    programs.description,
    programs.start_date,
    programs.end_date,
    programs.sessions_planned,
    programs.hours_planned,
    programs.extract_id,
    programs._load_id,
    programs._row_number
from {{ rows_of('program') }} as programs
{{ join_codes('program_type', 'programs') }}
