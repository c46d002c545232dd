{% set columns = raw_columns('site') | join(', ') %}

select {{ columns }}
from {{ rows_of('site') }}
