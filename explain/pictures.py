"""Pictures of an explanation: waterfall, contrast bars, shape functions; never by colour alone, always with words.

Bars for and against differ by hatching, by the side they grow to and by a sign before the number. Each picture has
a text alternative that says the same. SVG for pages and letters, PNG where a program needs pixels.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from explain.contrast import Contrast
from explain.document import Picture
from explain.game import Curve
from explain.phrases import Phrases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS = 9
FOR, AGAINST = "#0b4f6c", "#b5651d"
"""Dark blue and brown: apart for every common colour blindness, and in grey."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it stands for in words, and its length in logits."""

    words: str
    value: float


def bars_of(explanation: Mapping[str, Any], say: Phrases, most: int = MOST_BARS) -> tuple[Bar, ...]:
    """The largest top-level contributions, and what is left as one bar."""
    parts = [part for part in explanation["contributions"] if part.get("parent") is None]
    parts.sort(key=lambda part: (-abs(part["value"]), part["id"]))
    shown = [Bar(part_words(str(part["id"]), say), float(part["value"])) for part in parts[:most]]
    rest = sum(float(part["value"]) for part in parts[most:])
    return (*shown, Bar(say.texts("picture-rest", count=len(parts) - most), rest)) if parts[most:] else tuple(shown)


def part_words(part: str, say: Phrases) -> str:
    """A contribution's name in words."""
    field = part.removeprefix("fact:")
    if field in say.catalogue.fields:
        return say.label(field)
    key = f"part-{part.replace(':', '-')}"
    return say.texts(key) if say.texts.has(key) else part


def waterfall(explanation: Mapping[str, Any], pathway: str, say: Phrases, *, large: bool = False) -> Picture:
    """From base to margin, one step for each contribution."""
    bars = bars_of(explanation, say)
    title = say.texts("picture-waterfall", pathway=say.pathway(pathway))
    figure, axes = _figure(len(bars) + 2, title, large)
    level = float(explanation["base"])
    _mark(axes, 0, level, say.texts("cw-base"), say)
    for place, bar in enumerate(bars, start=1):
        _bar(axes, place, level, bar, say)
        level += bar.value
    _mark(axes, len(bars) + 1, float(explanation["margin"]), say.texts("cw-margin"), say)
    _finish(axes, [say.texts("cw-base"), *(bar.words for bar in bars), say.texts("cw-margin")], say)
    steps = "; ".join(f"{bar.words} {say.number(bar.value)}" for bar in bars)
    alt = say.texts(
        "picture-waterfall-alt",
        pathway=say.pathway(pathway),
        base=say.number(explanation["base"]),
        steps=steps,
        margin=say.number(explanation["margin"]),
    )
    return Picture(_svg(figure), alt)


def contrast_bars(contrast: Contrast, say: Phrases, *, large: bool = False) -> Picture:
    """What speaks more for the first pathway than for the second, and the other way round."""
    first, second = say.pathway(contrast.first), say.pathway(contrast.second)
    bars = [Bar(part_words(part.id, say), part.difference) for part in contrast.parts[:MOST_BARS]]
    title = say.texts("picture-contrast", first=first, second=second)
    figure, axes = _figure(len(bars), title, large)
    for place, bar in enumerate(bars):
        _bar(axes, place, 0.0, bar, say)
    axes.axvline(0, color="black", linewidth=1)
    _finish(axes, [bar.words for bar in bars], say)
    steps = "; ".join(f"{bar.words} {say.number(bar.value)}" for bar in bars)
    return Picture(_svg(figure), say.texts("picture-contrast-alt", first=first, second=second, steps=steps))


def shape(
    curve: Curve, points: Sequence[float], now: float | None, field: str, say: Phrases, *, large: bool = False
) -> Picture:
    """How a number field moves the score over its range, with the citizen's own value marked."""
    import numpy as np

    xs = np.asarray(points, dtype=np.float64)
    ys = np.asarray(curve(xs), dtype=np.float64)
    title = say.texts("picture-shape", field=say.label(field))
    figure, axes = _figure(6, title, large)
    axes.step(xs, ys, where="post", color=FOR, linewidth=2)
    axes.axhline(0, color="black", linewidth=1)
    if now is not None:
        height = float(np.asarray(curve(np.array([now], dtype=np.float64)))[0])
        axes.plot([now], [height], marker="D", markersize=9, color=AGAINST)
        axes.annotate(say.texts("picture-now"), (now, height), textcoords="offset points", xytext=(8, 8))
    axes.set_xlabel(say.label(field))
    axes.set_ylabel(say.texts("picture-axis"))
    low, high = int(np.argmin(ys)), int(np.argmax(ys))
    alt = say.texts(
        "picture-shape-alt",
        field=say.label(field),
        low=say.number(ys[low]),
        low_at=f"{xs[low]:g}",
        high=say.number(ys[high]),
        high_at=f"{xs[high]:g}",
    )
    return Picture(_svg(figure), alt)


def to_png(picture: Picture) -> bytes:
    """A picture as PNG; Typst draws it, so no system library is needed."""
    import typst

    source = '#set page(width: auto, height: auto, margin: 4pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    made = typst.compile(source.encode(), format="png", ppi=144.0, sys_inputs={"svg": picture.svg})
    return bytes(made)


def _figure(rows: int, title: str, large: bool) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    # A Figure of its own, without pyplot: no window, no state shared between threads.
    # Fixed margins: a layout engine would draw everything several times.
    height = 1.4 + 0.42 * max(rows, 3)
    figure = Figure(figsize=(8, height))
    axes = figure.add_axes((0.34, 0.65 / height, 0.63, 1 - 1.4 / height))
    figure.text(0.01, 1 - 0.15 / height, title, fontsize=15 if large else 12, va="top")
    axes.tick_params(labelsize=14 if large else 10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _bar(axes: Axes, place: int, start: float, bar: Bar, say: Phrases) -> None:
    up = bar.value >= 0
    axes.barh(
        place,
        bar.value,
        left=start,
        height=0.62,
        color=FOR if up else "white",
        edgecolor=FOR if up else AGAINST,
        hatch=None if up else "////",
        linewidth=1.5,
    )
    side: Literal["left", "right"] = "left" if up else "right"
    axes.annotate(
        say.number(bar.value),
        (start + bar.value, place),
        xytext=(5 if up else -5, 0),
        textcoords="offset points",
        va="center",
        ha=side,
        fontsize=9,
    )


def _mark(axes: Axes, place: int, value: float, words: str, say: Phrases) -> None:
    axes.plot([value], [place], marker="|", markersize=22, color="black", markeredgewidth=3)
    axes.annotate(say.number(value), (value, place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=9)


def _finish(axes: Axes, words: Sequence[str], say: Phrases) -> None:
    axes.set_yticks(range(len(words)), [_wrapped(word) for word in words])
    axes.invert_yaxis()
    axes.use_sticky_edges = False
    axes.margins(x=0.18)
    axes.set_xlabel(say.texts("picture-axis"))


def _wrapped(words: str, width: int = 34) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(words, width)[:2])


def _svg(figure: Figure) -> str:
    import matplotlib

    out = io.StringIO()
    # Text stays text (selectable, read aloud), and the same picture gives the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "vejviser"}), warnings.catch_warnings():
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
