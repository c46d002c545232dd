{{ newest_hmis('hmis_exit', 'enrollment_id') }}
