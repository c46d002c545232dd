-- One row per release.
select release_id, created_at, data_as_of, notes, is_current
from published.releases
