"""A small line plot as SVG, for the pages in docs/."""

import math
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 30, 40, 48
# Told apart by those who do not see all colours, and by their dashes in print (Okabe and Ito).
STYLES = (("#0072b2", ""), ("#d55e00", "6 3"), ("#009e73", "2 3"))
TICKS = 5


class Plot:
    """Lines over one pair of axes; the y axis begins at nought."""

    def __init__(self, title: str, x: str, y: str, log_x: bool = False):
        self.title, self.x, self.y, self.log_x = title, x, y, log_x
        self.lines = []

    def line(self, name: str, points: list):
        self.lines.append((name, points))

    def svg(self) -> str:
        xs = [x for _, points in self.lines for x, _ in points]
        self.low, self.high = min(xs), max(xs)
        self.top = nice(max(y for _, points in self.lines for _, y in points))
        parts = [*self.frame(), *self.y_ticks(), *self.x_ticks()]
        for number, (name, points) in enumerate(self.lines):
            parts += self.drawn(number, name, points)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="sans-serif" font-size="12" aria-label="{escape(self.title)}">'
        )
        return "\n".join([head, *parts, "</svg>"]) + "\n"

    def frame(self) -> list:
        middle = (TOP + HEIGHT - BOTTOM) / 2
        return [
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            text(LEFT, 20, self.title, "start", 'font-weight="bold"'),
            text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, self.x, "middle"),
            text(16, middle, self.y, "middle", f'transform="rotate(-90 16 {middle:g})"'),
        ]

    def y_ticks(self) -> list:
        parts = []
        for step in range(TICKS + 1):
            value = self.top * step / TICKS
            y = self.y_of(value)
            parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            parts.append(text(LEFT - 8, y + 4, f"{value:,g}", "end"))
        return parts

    def x_ticks(self) -> list:
        if self.log_x:
            powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            values = [10**power for power in powers]
        else:
            values = [self.low + (self.high - self.low) * step / TICKS for step in range(TICKS + 1)]
        return [text(self.x_of(value), HEIGHT - BOTTOM + 18, f"{value:,.0f}", "middle") for value in values]

    def drawn(self, number: int, name: str, points: list) -> list:
        colour, dashes = STYLES[number % len(STYLES)]
        style = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"'
        path = "L".join(f"{self.x_of(x):.1f} {self.y_of(y):.1f}" for x, y in points)
        y = TOP + 16 + 18 * number
        return [
            f'<path d="M{path}" fill="none" {style}/>',
            f'<path d="M{LEFT + 12} {y - 4}h24" {style}/>',
            text(LEFT + 42, y, name, "start"),
        ]

    def x_of(self, value: float) -> float:
        low, high = self.low, self.high
        share = math.log(value / low) / math.log(high / low) if self.log_x else (value - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y_of(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)


def text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:.1f}" text-anchor="{anchor}" fill="#222" {more}>{escape(words)}</text>'


def nice(value: float) -> float:
    """The next number of 1, 2 or 5 with noughts behind it."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)
