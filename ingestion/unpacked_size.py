"""How much a packed file may unpack to: limits no honest extract reaches."""

from collections.abc import Callable

from ingestion.errors import ReadError

# a community's largest extracts are a few GB; text packs 5 to 50 times, deflate at most 1032 times
MAX_UNPACKED_BYTES = 16 * 2**30
MAX_RATIO = 250
# below this size a high ratio is a short file of equal rows, and harmless
RATIO_COUNTS_FROM_BYTES = 16 * 2**20


def budget(name: str, packed_bytes: int) -> Callable[[int], None]:
    """A counter of unpacked bytes over all members, since the sizes an archive states of itself may be
    false."""
    unpacked = 0

    def spend(size: int) -> None:
        nonlocal unpacked
        unpacked += size
        is_bomb = unpacked > RATIO_COUNTS_FROM_BYTES and unpacked > MAX_RATIO * packed_bytes
        if is_bomb or unpacked > MAX_UNPACKED_BYTES:
            limit = f"{MAX_RATIO} times its size" if is_bomb else f"{MAX_UNPACKED_BYTES // 2**20:,} MB"
            raise ReadError(
                f"the file unpacks to more than {limit}",
                where=name,
                rule="Packed files that grow beyond the limits are taken for an attack and not unpacked",
                next_step="If it is honest, send it unpacked or in several files",
            )

    return spend
