-- One row per release; its notes are not for every audience.
select release_id, created_at, data_as_of, is_current
from published.releases
