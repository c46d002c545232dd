"""The course of a rate over the years as a small SVG; a year without a rate is a gap in the line."""

from __future__ import annotations

from markupsafe import Markup

from publishing.site.source import Row

WIDTH, HEIGHT, MARGIN = 160, 40, 5


def sparkline(course: list[Row]) -> Markup:
    """The rates of `course` (rows with `school_year` and `value` in percent); empty where fewer than
    two are shown.

    It is decoration: what it shows is told in words beside it.
    """
    shown = [row for row in course if row["value"] is not None]
    if len(shown) < 2:
        return Markup("")
    first, last = course[0]["school_year"], course[-1]["school_year"]
    low, high = min(row["value"] for row in shown), max(row["value"] for row in shown)
    room = max(high - low, 4.0)  # a course that hardly moves is drawn nearly flat
    middle = (low + high) / 2

    def point(row: Row) -> tuple[float, float]:
        across = (row["school_year"] - first) / (last - first)
        up = (row["value"] - middle) / room + 0.5
        return MARGIN + across * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN)

    pieces: list[list[Row]] = []
    for row in shown:
        if pieces and row["school_year"] == pieces[-1][-1]["school_year"] + 1:
            pieces[-1].append(row)
        else:
            pieces.append([row])
    lines = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in map(point, piece))}"/>'
        for piece in pieces
        if len(piece) > 1
    )
    dots = "".join(
        f'<circle cx="{point(row)[0]:.1f}" cy="{point(row)[1]:.1f}" r="{4 if row is shown[-1] else 2}"/>'
        for row in shown
    )
    return Markup(
        f'<svg class="sparkline" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        f"{lines}{dots}</svg>"
    )
