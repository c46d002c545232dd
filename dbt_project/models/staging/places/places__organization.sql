{% set columns = raw_columns('organization') | join(', ') %}

select {{ columns }}
from {{ rows_of('organization') }}
