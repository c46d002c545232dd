-- One row per reference that gaps are told against.
select known.reference
from (values ('best_off'), ('total')) as known (reference)
where exists (select 1 from published.indicator_gaps as told where told.reference = known.reference)
