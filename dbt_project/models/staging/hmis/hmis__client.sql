{{ newest_hmis('hmis_client', 'personal_id') }}
