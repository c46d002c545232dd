"""How counts are worded in what people read."""


def counted(number: int, one: str, many: str = "") -> str:
    """`1 row`, `1,204 rows`; `many` where an s does not do: `counted(n, "delivery", "deliveries")`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
