"""Draw the states of a handoff from their table: `.venv/bin/python docs/pictures/handoff.py` writes handoff.svg.

Each box says what the state means, what the assistant does meanwhile, how long it lasts, and what leads out of it.
`--check` writes nothing and ends with 1 where the drawing is not fresh.
"""

import html
import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from conversation.handoff_states import MEANINGS, TABLE, State  # noqa: E402 - a script's own folder is all it sees

PICTURE = HERE / "handoff.svg"
WIDTH, LINE, GAP, MARGIN, ARC = 330, 15, 70, 16, 46
PLACES = {
    State.TRANSFERRING: (0, 0),
    State.OPEN: (1, 0),
    State.OWNED: (2, 0),
    State.COLLECTING: (0, 1),
    State.WAITING: (1, 1),
    State.CLOSED: (2, 1),
}
"""Column and row of each state."""
STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", sans-serif; font-size: 11px; fill: #1f2328 }
  .name { font-size: 15px; font-weight: 600 } .what { fill: #59636e }
  rect { fill: #f6f8fa; stroke: #818b98 } .person rect { fill: #ddf4ff; stroke: #0969da }
  path { fill: none; stroke: #818b98; stroke-width: 1.3 } marker path { fill: #818b98; stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .what { fill: #9198a1 }
    rect { fill: #151b23; stroke: #656c76 } .person rect { fill: #121d2f; stroke: #4493f8 }
    path { stroke: #7d8590 } marker path { fill: #7d8590 }
  }
"""


def lines_of(state: State) -> list[str]:
    """Return what the box of a state says under its name."""
    meaning = MEANINGS[state]
    exits = [(event, following) for (of, event), following in TABLE.items() if of is state]
    said = [f"{meaning.what}; the assistant {meaning.assistant}"]
    if exits:
        hours = meaning.lasts.total_seconds() / 3600 if meaning.lasts else 0
        lasts = f"{hours:g} h" if hours >= 1 else f"{hours * 60:g} min"
        said.append(f"at most {lasts if meaning.lasts else 'HUMAN_RESUME_H'}")
    for event, following in exits:
        effects = ", ".join(following.effects)
        said.append(f"{event} → {following.to}" + (f": {effects}" if effects else ""))
    return [
        line for text in said for line in textwrap.wrap(text, 58, subsequent_indent="\N{NO-BREAK SPACE}" * 4)
    ]


def drawn() -> str:
    """Return the drawing."""
    heights = {state: 40 + LINE * len(lines_of(state)) for state in PLACES}
    tops = [max(h for state, h in heights.items() if PLACES[state][1] == row) for row in (0, 1)]
    at = {
        state: (MARGIN + column * (WIDTH + GAP), ARC + row * (tops[0] + GAP))
        for state, (column, row) in PLACES.items()
    }
    width, height = MARGIN * 2 + 3 * WIDTH + 2 * GAP, ARC * 2 + tops[0] + GAP + tops[1]
    arrows = sorted({(of, following.to) for (of, _), following in TABLE.items() if of is not following.to})
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>The states of a handoff, and what leads from one to another</title>",
        f"<style>{STYLE}</style>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker>',
    ]
    lines += [_arrow(of, to, at, heights) for of, to in arrows]
    lines += [_box(state, *at[state], heights[state]) for state in PLACES]
    return "\n".join([*lines, "</svg>", ""])


def _arrow(of: State, to: State, at: dict[State, tuple[int, int]], heights: dict[State, int]) -> str:
    """Return an arrow between two boxes, which goes around the box between them where there is one."""
    (x, y), (end_x, end_y) = at[of], at[to]
    columns, rows = (PLACES[to][0] - PLACES[of][0], PLACES[to][1] - PLACES[of][1])
    start = (x + WIDTH, y + heights[of] / 2) if columns > 0 else (x + WIDTH / 2, y + heights[of])
    end = (end_x, end_y + heights[to] / 2) if columns > 0 else (end_x + WIDTH / 2, end_y)
    if columns > 0 and rows:
        start = (x + WIDTH, y + heights[of] - 12 if rows > 0 else y + 12)
        end = (end_x, end_y + 12 if rows > 0 else end_y + heights[to] - 12)
    if columns == 2 and not rows:
        over = y - ARC + 8 if PLACES[of][1] == 0 else y + max(heights[of], heights[to]) + ARC
        side = y if PLACES[of][1] == 0 else y + heights[of]
        other = end_y if PLACES[of][1] == 0 else end_y + heights[to]
        start, end = (x + WIDTH / 2, side), (end_x + WIDTH / 2, other)
        return _path(f"M{start[0]:.0f} {start[1]:.0f}C{start[0]:.0f} {over:.0f} {end[0]:.0f} {over:.0f}", end)
    return _path(f"M{start[0]:.0f} {start[1]:.0f}L", end)


def _path(begins: str, end: tuple[float, float]) -> str:
    return f'<path d="{begins} {end[0]:.0f} {end[1]:.0f}" marker-end="url(#tip)"/>'


def _box(state: State, x: int, y: int, height: int) -> str:
    label = f'<text class="name" x="{x + 14}" y="{y + 24}">{state}</text>'
    for number, text in enumerate(lines_of(state)):
        kind = ' class="what"' if "→" not in text and not text.startswith("\N{NO-BREAK SPACE}") else ""
        label += f'<text{kind} x="{x + 14}" y="{y + 44 + LINE * number}">{html.escape(text)}</text>'
    box = f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{height + 6}" rx="8"/>'
    person = ' class="person"' if state is State.OWNED else ""
    return f"<g{person}>{box}{label}</g>"


def main() -> int:
    """Write the drawing, or compare it."""
    picture = drawn()
    if "--check" in sys.argv:
        return int(picture != PICTURE.read_text(encoding="utf-8"))
    PICTURE.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
