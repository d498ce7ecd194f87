"""Draws the imports between packages: `.venv/bin/python docs/pictures/packages.py` writes packages.svg.

A package stands above its imports. Implied arrows are left out: if a imports b and c, and b imports c, there is no
arrow from a to c. `--check` writes nothing and exits with 1 for a stale drawing.
"""

import ast
import html
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from tests import product  # noqa: E402 - a script's own folder is all that Python looks in

PICTURE = HERE / "packages.svg"
SCRIPTS = "make_call, make_call_ai_local"
BOX, GAP, LINE = 190, 22, 128
HEIGHT, MARGIN = 74, 16
THIN = 16
"""The width reserved for an arrow between boxes."""
SWEEPS = 24

Graph = dict[str, set[str]]

STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; text-anchor: middle }
  .name { font-size: 15px; font-weight: 600 } .what { font-size: 10.5px; fill: #59636e }
  rect { fill: #f6f8fa; stroke: #818b98 } .start rect { fill: #ddf4ff; stroke: #0969da }
  path { fill: none; stroke: #818b98; stroke-width: 1.3 } marker path { fill: #818b98; stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .what { fill: #9198a1 }
    rect { fill: #151b23; stroke: #656c76 } .start rect { fill: #121d2f; stroke: #4493f8 }
    path { stroke: #7d8590 } marker path { fill: #7d8590 }
  }
"""


def graph() -> Graph:
    """Return the imports of each package, and of each module at the top."""
    scripts = set(SCRIPTS.split(", "))
    tops = product.packages() | product.root_modules()
    found: Graph = {SCRIPTS if top in scripts else top: set() for top in sorted(tops)}
    for file in product.files():
        top = file.parts[0].removesuffix(".py")
        if top in tops:
            imported = {name.partition(".")[0] for name in product.imports_of(file)} & tops
            found[SCRIPTS if top in scripts else top] |= imported - {top}
    return found


def reachable(of: Graph, start: str) -> set[str]:
    """Return all direct and indirect imports of a node."""
    seen: set[str] = set()
    waiting = list(of[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += of[name]
    return seen


def reduced(of: Graph) -> Graph:
    """Return the graph without implied arrows."""
    return {
        name: {to for to in imported if not any(to in reachable(of, other) for other in imported - {to})}
        for name, imported in of.items()
    }


def levels(of: Graph) -> dict[str, int]:
    """Return each node's height: one above its highest import."""
    height: dict[str, int] = {}

    def measure(name: str) -> int:
        if name not in height:
            height[name] = 1 + max((measure(to) for to in sorted(of[name])), default=-1)
        return height[name]

    for name in of:
        measure(name)
    users = {name: [user for user in of if name in of[user]] for name in of}
    for name in sorted(of, key=lambda name: -height[name]):  # as near to its lowest user as possible
        if users[name]:
            height[name] = min(height[user] for user in users[name]) - 1
    return height


def layers(of: Graph, height: dict[str, int]) -> tuple[list[list[str]], list[list[str]]]:
    """Return each level's boxes and waypoints of arrows, from the top; and each arrow's path."""
    rows: list[list[str]] = [[] for _ in range(max(height.values()) + 1)]
    for name in sorted(of):
        rows[height[name]].append(name)
    ways = []
    for name in sorted(of):
        for to in sorted(of[name]):
            passed = [f"{name}>{to}>{level}" for level in range(height[name] - 1, height[to], -1)]
            for waypoint, level in zip(passed, range(height[name] - 1, height[to], -1), strict=True):
                rows[level].append(waypoint)
            ways.append([name, *passed, to])
    return rows[::-1], ways


def positions(rows: list[list[str]], ways: list[list[str]]) -> tuple[dict[str, float], float]:
    """Return the middle of each box and waypoint, ordered so that few arrows cross; and the drawing's width."""
    neighbours: dict[str, list[str]] = {}
    for way in ways:
        for a, b in pairwise(way):
            neighbours.setdefault(a, []).append(b)
            neighbours.setdefault(b, []).append(a)
    width = max(sum(_width(name) + GAP for name in row) for row in rows) + 2 * MARGIN
    at = {name: x for row in rows for name, x in _spread(row, width).items()}
    for sweep in range(SWEEPS):  # each row in turn is moved to the middle of its neighbours
        for row in rows if sweep % 2 else rows[::-1]:
            wanted = {
                name: sum(at[n] for n in neighbours.get(name, [name])) / len(neighbours.get(name, [name]))
                for name in row
            }
            row.sort(key=lambda name: (wanted[name], name))
            at |= _spread(row, width, wanted)
    left = min(x - _width(name) / 2 for name, x in at.items()) - MARGIN
    right = max(x + _width(name) / 2 for name, x in at.items()) + MARGIN
    return {name: x - left for name, x in at.items()}, right - left


def _width(name: str) -> int:
    return THIN if ">" in name else BOX


def _spread(row: list[str], width: float, wanted: dict[str, float] | None = None) -> dict[str, float]:
    """Return positions in this order that do not overlap, each as near as possible to its wanted one."""
    if wanted is None:
        free = (width - sum(_width(name) for name in row)) / (len(row) + 1)
        wanted, x = {}, 0.0
        for name in row:
            wanted[name] = x + free + _width(name) / 2
            x += free + _width(name)
    left, right, x = {}, {}, float(MARGIN)
    for name in row:
        left[name] = max(wanted[name], x + _width(name) / 2)
        x = left[name] + _width(name) / 2 + GAP
    x = width - MARGIN
    for name in reversed(row):
        right[name] = min(left[name], x - _width(name) / 2)
        x = right[name] - _width(name) / 2 - GAP
    return right


def what_it_is(name: str) -> list[str]:
    """Return the beginning of a package's or module's docstring, in at most three lines."""
    if name == SCRIPTS:
        return ["Scripts that place a call"]
    file = Path(name, "__init__.py") if name in product.packages() else Path(f"{name}.py")
    docstring = ast.get_docstring(product.tree_of(file)) or ""
    clause = docstring.partition("\n")[0]
    for mark in (";", ". "):
        clause = clause.partition(mark)[0]
    before, colon, after = clause.partition(": ")
    clause = after if colon and len(before) < len(after) else before  # "Settings: the only reader of ..."
    clause = clause[:1].upper() + clause[1:].removesuffix(".")
    return textwrap.wrap(clause, 32, max_lines=3, placeholder=" ...")


def drawn() -> str:
    """Return the drawing."""
    of = reduced(graph())
    height = levels(of)
    rows, ways = layers(of, height)
    imported = set().union(*of.values())
    x, width = positions(rows, ways)
    y = {name: MARGIN + number * LINE for number, row in enumerate(rows) for name in row}
    total = MARGIN * 2 + (len(rows) - 1) * LINE + HEIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {total}" role="img">',
        "<title>The packages, each above those that it imports</title>",
        f"<style>{STYLE}</style>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker>',
    ]
    lines += [_arrow(way, x, y) for way in ways]
    lines += [_box(name, x[name], y[name], is_start=name not in imported) for name in of]
    return "\n".join([*lines, "</svg>", ""])


def _arrow(way: list[str], x: dict[str, float], y: dict[str, int]) -> str:
    path = f"M{x[way[0]]:.0f} {y[way[0]] + HEIGHT}"
    for a, b in pairwise(way):
        start, end = y[a] + HEIGHT, y[b]
        middle = (start + end) / 2
        path += f"C{x[a]:.0f} {middle:.0f} {x[b]:.0f} {middle:.0f} {x[b]:.0f} {end}"
        if b != way[-1]:
            path += f"V{end + HEIGHT}"
    return f'<path d="{path}" marker-end="url(#tip)"/>'


def _box(name: str, x: float, y: int, *, is_start: bool) -> str:
    title, texts = "make_call*" if name == SCRIPTS else name, what_it_is(name)
    top = y + 40 - 6 * len(texts)
    label = f'<text class="name" x="{x:.0f}" y="{top}">{title}</text>'
    label += "".join(
        f'<text class="what" x="{x:.0f}" y="{top + 16 + 13 * number}">{html.escape(text)}</text>'
        for number, text in enumerate(texts)
    )
    box = f'<rect x="{x - BOX / 2:.0f}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="8"/>'
    start = ' class="start"' if is_start else ""
    return f"<g{start}>{box}{label}</g>"


def main() -> int:
    """Write the drawing, or compare it."""
    picture = drawn()
    if "--check" in sys.argv:
        return int(picture != PICTURE.read_text(encoding="utf-8"))
    PICTURE.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
