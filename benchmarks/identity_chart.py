"""A line chart as SVG, drawn by hand: no library, no network."""

from __future__ import annotations

from pathlib import Path

WIDTH, HEIGHT, EDGE = 640, 360, 56
COLORS = ("#1b6ca8", "#c8553d", "#4f772d", "#7b2d8b")


def line_chart(path: Path, title: str, x_name: str, labels: list[str], lines: dict[str, list[float]]) -> None:
    """Write a chart of lines over equally spaced labels; all share one axis, from the lowest value up."""
    values = [value for line in lines.values() for value in line]
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def point(index: int, value: float) -> str:
        x = EDGE + index * (WIDTH - 2 * EDGE) / max(len(labels) - 1, 1)
        return f"{x:.1f},{HEIGHT - EDGE - (value - low) / span * (HEIGHT - 2 * EDGE):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{EDGE}" y="24" font-size="15">{title}</text>',
        f'<text x="8" y="{HEIGHT - EDGE}">{low:.4g}</text><text x="8" y="{EDGE}">{high:.4g}</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x_name}</text>',
    ]
    for index, label in enumerate(labels):
        left, bottom = point(index, low).split(",")
        parts.append(f'<text x="{left}" y="{float(bottom) + 18}" text-anchor="middle">{label}</text>')
    for number, (name, line) in enumerate(lines.items()):
        color = COLORS[number % len(COLORS)]
        points = " ".join(point(index, value) for index, value in enumerate(line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        x = WIDTH - EDGE - 80 * (len(lines) - 1 - number)  # beside the title, where no line can cross it
        parts.append(f'<text x="{x}" y="24" text-anchor="end" fill="{color}">{name}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")
