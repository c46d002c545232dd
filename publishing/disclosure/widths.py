"""How open what is hidden must stay, and in which order numbers are hidden: what both stages share.

Everything here is SQL over the columns of a stage's cells.
"""

# a numerator hidden for its own sake stays open by so many children, or by as many as there are
NUMERATOR_WIDTH = 2
# a small group stays open by half the minimum, rounded up
DENOMINATOR_WIDTH = "((minimum + 1) // 2)"

# a numerator, or what it leaves out, of at most so many children is shown as a band; n is the denominator
BAND_SIZE = "greatest(band_smallest, floor({n} * band_share))::bigint"

# the columns of a stage's cells that say which is hidden first, and how dear that is
ORDER = """
    row_number() over (
        partition by unit_id
        order by first_to_show, {first}, cell_id
    ) as show_order,
    (1 + ln(1 + counted)) * case first_to_show when 0 then 20 when 1 then 4 when 2 then 4 else 1 end
        * if(is_looked_at_first, 3, 1) as price,
"""
