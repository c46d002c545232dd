{% set columns = raw_columns('school') | join(', ') %}

select {{ columns }}
from {{ rows_of('school') }}
