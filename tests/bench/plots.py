# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plots as SVG, readable in light and in dark mode as the drawings are, and the same for the same figures."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.comparison import SIZES
from bench.runs import ROOT, Times
from tools.draw import COLOURS, DARK, LICENCE, LIGHT

IMAGES = ROOT / "docs" / "images"
COLOUR = {name: light for name, (light, _dark) in COLOURS.items()}
OTHERS = ("bad", "busy", "good")
MARKERS = "osD^v"
STYLE = (
    f".plot{{{LIGHT};background:var(--paper);border-radius:8px;width:100%;min-width:560px;height:auto}}"
    f"@media(prefers-color-scheme:dark){{.plot{{{DARK}}}}}"
    f'body[data-theme="light"] .plot{{{LIGHT}}}body[data-theme="dark"] .plot{{{DARK}}}'
)
KINDS = {
    "reading": ("ours", ("DescribeCertificates", "DescribeDomains", "DescribeDomainCertificate")),
    "writing": ("bad", ("ModifyDomainCertificate",)),
    "looking how far rollouts are": ("busy", ()),
}
SETTINGS: dict[str, Any] = {
    "axes.edgecolor": COLOUR["line"], "axes.labelcolor": COLOUR["soft"], "axes.spines.right": False,
    "axes.spines.top": False, "font.size": 10,
    "grid.color": COLOUR["line"], "grid.alpha": 0.3, "legend.frameon": False, "legend.labelcolor": COLOUR["ink"],
    "svg.fonttype": "none", "svg.hashsalt": "certops.cdn", "text.color": COLOUR["ink"],
    "xtick.color": COLOUR["soft"], "ytick.color": COLOUR["soft"],
}  # fmt: skip


def saved(name: str, title: str, figure: Figure) -> None:
    """Write a figure to docs/images/NAME.svg, its colours as variables that the mode decides about."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
    )
    drawn = buffer.getvalue()
    for colour, light in COLOUR.items():
        drawn = drawn.replace(light, f"var(--{colour})")
    body = drawn[drawn.index("<defs>") :]
    body = re.sub(r"('[^']+', )+sans-serif", "system-ui, sans-serif", body)
    body = re.sub(r"\d+\.\d\d+", lambda found: f"{float(found[0]):.1f}", body)  # tenths of a pixel are enough
    body = re.sub(
        r' id="(?:figure|axes|patch|line2d|text|legend|matplotlib\.axis|xtick|ytick|PolyCollection)_\d+"', "", body
    )
    # Plots can be together in one page, where an id is to be there once.
    body = re.sub(r'(id="|#)([mp][0-9a-f]{10})', rf"\1{name}-\2", body)
    width, height = (f"{inches * 72:g}" for inches in figure.get_size_inches())
    head = (
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{escape(title)}">'
    )
    text = f"<!--\n{LICENCE}\n-->\n{head}\n<style>{STYLE}</style>\n{body}"
    (IMAGES / f"{name}.svg").write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


def comparison(name: str, title: str, times: Mapping[str, Mapping[int, Times]], floor: Mapping[int, float]) -> None:
    """Time against N for all contenders of a job, both axes logarithmic.

    :param times: seconds by label and number of things; labels of the collection begin with its name
    :param floor: seconds that are the least possible
    """
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(9, 4.6))
        axes = figure.add_axes((0.09, 0.12, 0.86, 0.62))
        others = iter(OTHERS)
        shades = iter((1.0, 0.7, 0.45))
        for marker, (label, measured) in zip(MARKERS, times.items(), strict=False):
            ours = label.startswith("`certops.cdn`")
            colour, alpha = (COLOUR["ours"], next(shades)) if ours else (COLOUR[next(others)], 1.0)
            axes.plot(
                list(measured), [one.median for one in measured.values()], marker=marker, color=colour, alpha=alpha,
                label=label.replace("`", ""), linewidth=2, markersize=6,
            )  # fmt: skip
        if floor:
            axes.plot(
                list(floor), list(floor.values()), color=COLOUR["soft"], linestyle="--", label="the least possible"
            )
        axes.set(xscale="log", yscale="log", xlabel="N", ylabel="seconds")
        axes.xaxis.set(major_locator=FixedLocator(SIZES), minor_locator=NullLocator(), major_formatter=plain())
        axes.yaxis.set(minor_locator=NullLocator(), major_formatter=plain())
        axes.set_xlim(0.8, 1250)
        axes.grid(True)
        figure.legend(loc="upper left", bbox_to_anchor=(0.08, 0.99), ncols=2, borderaxespad=0, fontsize=9)
        saved(name, title, figure)


def plain() -> FuncFormatter:
    return FuncFormatter(lambda value, _place: f"{value:,g}")


def timeline(name: str, title: str, record: Sequence[Mapping[str, Any]]) -> None:
    """Calls in flight over time, by what they were for."""
    began = min(call["time"] for call in record)
    moments = sorted({moment for call in record for moment in edges(call, began)})
    polls = [call for call in record if "domainIds" in call["body"]]
    groups = {
        kind: [call for call in record if call["action"] in actions and call not in polls]
        for kind, (_colour, actions) in KINDS.items()
    }
    groups[next(reversed(KINDS))] = polls
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(9, 3.6))
        axes: Axes = figure.add_axes((0.09, 0.15, 0.86, 0.68))
        below = [0] * len(moments)
        for kind, calls in groups.items():
            above = [low + in_flight(calls, began, moment) for low, moment in zip(below, moments, strict=True)]
            axes.fill_between(moments, below, above, step="post", color=COLOUR[KINDS[kind][0]], linewidth=0, label=kind)
            below = above
        axes.set(xlabel="seconds since the first call", ylabel="calls in flight", xlim=(0, None), ylim=(0, None))
        axes.grid(True, axis="y")
        figure.legend(loc="upper left", bbox_to_anchor=(0.08, 0.98), ncols=3, borderaxespad=0)
        saved(name, title, figure)


def edges(call: Mapping[str, Any], began: float) -> tuple[float, float]:
    """Begin and end of a call, in hundredths of a second: finer than that nobody sees, and the file would be large."""
    return round(call["time"] - began, 2), round(call["time"] + call["seconds"] - began, 2)


def in_flight(calls: Sequence[Mapping[str, Any]], began: float, moment: float) -> int:
    return sum(begin <= moment < end for begin, end in (edges(call, began) for call in calls))


def embedded(name: str, title: str) -> str:
    """The plot in a page of docs/."""
    return f"![{title}]({Path('images') / name}.svg)"
