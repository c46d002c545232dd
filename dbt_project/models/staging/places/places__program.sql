{% set columns = raw_columns('program') | join(', ') %}

select {{ columns }}
from {{ rows_of('program') }}
