select
    releases.release_id,
    releases.created_at,
    releases.data_as_of,
    releases.notes,
    releases.release_id = this_release.release_id as is_current,
    releases.withdrawn_at,
    releases.withdrawal_reason
from {{ source('reference', 'releases') }} as releases
cross join {{ source('reference', 'release') }} as this_release
