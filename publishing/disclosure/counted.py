"""The SQL of disclosure control: results that another table counts as its children.

Those who went to college are a numerator of enrollment and the denominator of persistence: one number that
two tables tell. Found in the data, since a definition that says so may not hold where results are missing.
"""

from publishing.disclosure.widths import BAND_SIZE

# so many numbers are not equal by chance
EVIDENCE = 5

COUNTED = (
    # problem_id: of the numerators; representative: of those that count them
    f"""
create or replace temp table counting as
with results as (
    select
        problem_id, count(*) as counted,
        bit_xor(hash(slot_id, x)) as fingerprint_1, sum(hash(x, slot_id)::hugeint) as fingerprint_2
    from cell where x > 0 group by problem_id having count(*) >= {EVIDENCE}
),
known as (select * from problem inner join population using (problem_id))
select of.problem_id, other.representative, of.community_id, of.indicator_id
from results
inner join known as of using (problem_id)
inner join known as other
    on of.community_id = other.community_id and of.school_year = other.school_year
    and results.counted = other.counted and results.fingerprint_1 = other.fingerprint_1
    and results.fingerprint_2 = other.fingerprint_2
where other.problem_id = other.representative and of.representative <> other.representative
""",
    # counted_cell: of the representative, NULL where nobody is counted. tells_of_few: shown, it would tell
    # how few are not among them; of how many data came (coverage) says nothing of a child.
    f"""
create or replace temp table counted as
select
    cell.cell_id, other.cell_id as counted_cell,
    other.cell_id is not null and cell.n >= cell.minimum
    and cell.n - cell.x <= {BAND_SIZE.format(n="cell.n")}
    and counting.indicator_id not in (select indicator_id from coverages) as tells_of_few
from counting
inner join rules using (community_id)
inner join cell using (problem_id)
left join cell as other on counting.representative = other.problem_id and cell.slot_id = other.slot_id
""",
)
