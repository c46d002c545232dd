"""How counts, lists and names are worded in what people read."""

import re
from collections.abc import Sequence

LONGEST = 120  # characters of a name that a message repeats
# what controls a terminal, turns the order of letters, or is not seen; not the joiners that some scripts need
# and not line breaks and tabs; the halves of surrogates are bytes of a file's name that are no letters
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 row`, `1,204 rows`; `many` where an s does not do: `counted(n, "delivery", "deliveries")`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in a row, the first `most` of them, and how many more there are; very long ones are cut."""
    shown = ", ".join(name if len(name) <= LONGEST else f"{name[:LONGEST]}..." for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "nothing"


def visible(text: str) -> str:
    """The text with signs that are not seen, or change how others are, written as what they are: \\u202e."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
