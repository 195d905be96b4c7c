# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make drawings`: the drawings of the documentation, as SVG that is readable in light and in dark mode.

A drawing is written to docs/images/NAME.svg, and into each guide in docs/docsite/rst that has a place for it: a guide
has to bring its drawing along, because antsibull-docs takes nothing else with it. `--check` only compares.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
GUIDES = ROOT / "docs" / "docsite" / "rst"
# REUSE-IgnoreStart
LICENCE = "Copyright: (c) 2026, certops.cdn contributors\nSPDX-License-Identifier: GPL-3.0-or-later"
# REUSE-IgnoreEnd

COLOURS = {
    # name: in light mode, in dark mode
    "paper": ("#ffffff", "#16191d"),
    "ink": ("#1d2733", "#e6ebf0"),
    "soft": ("#5b6b7c", "#9fb0c0"),
    "box": ("#f1f5f9", "#232a32"),
    "line": ("#94a3b8", "#64748b"),
    "good": ("#15803d", "#4ade80"),
    "bad": ("#b91c1c", "#f87171"),
    "busy": ("#a16207", "#facc15"),
    "ours": ("#0b6e8a", "#5cc4de"),
}
LIGHT, DARK = (";".join(f"--{name}:{pair[mode]}" for name, pair in COLOURS.items()) for mode in (0, 1))
KINDS = "".join(
    f".drawing .{kind} rect,.drawing .{kind} path{{stroke:var(--{kind})}}.drawing .{kind} .tip{{fill:var(--{kind})}}"
    for kind in ("good", "bad", "busy", "ours")
)
# The theme of the site can be switched; elsewhere the browser's preference counts.
STYLE = f"""
.drawing{{{LIGHT};background:var(--paper);border-radius:8px;font:14px system-ui,sans-serif}}
.drawing{{width:100%;min-width:640px;height:auto}}
@media(prefers-color-scheme:dark){{.drawing{{{DARK}}}}}
body[data-theme="light"] .drawing{{{LIGHT}}}
body[data-theme="dark"] .drawing{{{DARK}}}
.drawing text{{fill:var(--ink);text-anchor:middle;paint-order:stroke;stroke:var(--paper);stroke-width:8px}}
.drawing .box text{{stroke:none}}
.drawing .head{{font-weight:600}}
.drawing .soft{{fill:var(--soft);font-size:12px}}
.drawing .left{{text-anchor:start}}
.drawing rect{{fill:var(--box);stroke:var(--line);stroke-width:1.5px}}
.drawing path{{fill:none;stroke:var(--line);stroke-width:1.8px}}
.drawing .tip{{fill:var(--line);stroke:none}}
{KINDS}
.drawing .ours.edge text{{fill:var(--ours)}}
.drawing .bad.edge text{{fill:var(--bad)}}
.drawing .dashed rect,.drawing .dashed path{{stroke-dasharray:5 4}}
.drawing .area rect{{fill:none}}
""".strip().replace("\n", "")

Point = tuple[float, float]
Place = tuple[float, float, float, float]  # left, top, width, height
LINE = 18
# On a phone it is scrolled: made smaller, nobody could read it.
SCROLLING = '<div style="overflow-x:auto">\n'


@dataclass
class Drawing:
    """Boxes and arrows at given places."""

    name: str
    title: str
    width: int
    height: int
    boxes: dict[str, Place] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)

    def box(self, name: str, place: Place, head: str, *lines: str, kind: str = "") -> None:
        """A box with a heading and small lines below it, all in its middle."""
        self.boxes[name] = x, y, w, h = place
        top = y + h / 2 - (len(lines) * LINE) / 2 + 5
        texts = [f'<text class="head" x="{x + w / 2:g}" y="{top:g}">{escape(head)}</text>'] if head else []
        texts += [
            f'<text class="soft" x="{x + w / 2:g}" y="{top + LINE * (number + bool(head)):g}">{escape(line)}</text>'
            for number, line in enumerate(lines)
        ]
        rect = f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="7"/>'
        self.parts.append(f'<g class="box {kind}">{rect}{"".join(texts)}</g>')

    def area(self, place: Place, head: str, kind: str = "") -> None:
        """A frame around boxes, with its heading in the upper left corner."""
        x, y, w, h = place
        text = f'<text class="soft left" x="{x + 12:g}" y="{y + 20:g}">{escape(head)}</text>'
        rect = f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="9"/>'
        self.parts.append(f'<g class="box area dashed {kind}">{rect}{text}</g>')

    def text(self, x: float, y: float, *lines: str, kind: str = "soft") -> None:
        for number, line in enumerate(lines):
            self.parts.append(f'<text class="{kind}" x="{x:g}" y="{y + LINE * number:g}">{escape(line)}</text>')

    def at(self, place: str) -> Point:
        """A point on the border of a box: "name.r" is the middle of its right side, "name.b-20" left of the lower's."""
        name, side, shift = re.fullmatch(r"(\w+)\.([lrtb])([+-]\d+)?", place).groups()  # type: ignore[union-attr]
        x, y, w, h = self.boxes[name]
        off = float(shift or 0)
        return {
            "l": (x, y + h / 2 + off),
            "r": (x + w, y + h / 2 + off),
            "t": (x + w / 2 + off, y),
            "b": (x + w / 2 + off, y + h),
        }[side]

    def arrow(
        self, start: str, end: str, *label: str, via: tuple[Point, ...] = (), at: Point | None = None, kind: str = ""
    ) -> None:
        """An arrow between borders, over the points given, with a label in its middle or at a place of its own."""
        points = [self.at(start), *via, self.at(end)]
        (x1, y1), (x2, y2) = points[-2:]
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        tip = f"{x2:g},{y2:g} {x2 - 9 * dx + 4.5 * dy:.1f},{y2 - 9 * dy - 4.5 * dx:.1f}"
        tip += f" {x2 - 9 * dx - 4.5 * dy:.1f},{y2 - 9 * dy + 4.5 * dx:.1f}"
        points[-1] = (x2 - 7 * dx, y2 - 7 * dy)
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        middle = points[len(points) // 2 - 1 : len(points) // 2 + 1]
        lx, ly = at or (sum(x for x, _y in middle) / 2, sum(y for _x, y in middle) / 2 + 4)
        top = ly - LINE * (len(label) - 1) / 2
        texts = "".join(
            f'<text class="soft" x="{lx:g}" y="{top + LINE * number:g}">{escape(line)}</text>'
            for number, line in enumerate(label)
        )
        self.parts.append(f'<g class="edge {kind}"><path d="{path}"/><polygon class="tip" points="{tip}"/>{texts}</g>')

    def svg(self) -> str:
        head = (
            f'<svg class="drawing" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}"'
            f' width="{self.width}" height="{self.height}" role="img" aria-label="{escape(self.title)}">'
        )
        return "\n".join([head, f"<style>{STYLE}</style>", *self.parts, "</svg>"]) + "\n"


# --- the drawings ------------------------------------------------------------------------------------------


def zenlayer_states() -> Drawing:
    d = Drawing("zenlayer_states", "What zenlayer_domain_cert does with a domain, by its binding and rollout", 760, 470)
    d.box("other", (30, 60, 200, 66), "other certificate", "or none; rollout ended")
    d.box("waiting", (30, 210, 200, 66), "other certificate", "rollout in progress", kind="busy")
    d.box("running", (320, 60, 180, 66), "wanted certificate", "rollout in progress", kind="busy")
    d.box("done", (570, 60, 170, 66), "wanted certificate", "DEPLOYED", kind="good")
    d.box("failed", (320, 210, 180, 66), "wanted certificate", "FAILED", kind="bad")
    d.box("back", (320, 370, 180, 66), "previous certificate", "rollout in progress", kind="busy")
    d.box("was", (570, 370, 170, 66), "previous certificate", "DEPLOYED")
    d.arrow("waiting.t", "other.b", "wait, read again, decide again")
    d.arrow("other.r", "running.l", "bind", "(bound)", kind="ours")
    d.arrow("running.r", "done.l", "wait", kind="good")
    d.arrow("running.b+30", "failed.t+30", "fails", kind="bad")
    d.arrow("failed.t-40", "running.b-40", "bind again", "(reapplied)", kind="ours", at=(345, 165))
    d.arrow("failed.b", "back.t", "rollback: true: bind the previous one again", kind="ours")
    d.arrow("back.r", "was.l", "wait", at=(535, 399))
    d.text(655, 155, "a run that begins here", "sends nothing", "(unchanged)")
    d.text(655, 455, "(rolled_back, and the task fails)")
    d.text(130, 30, "blue: the module writes", kind="soft")
    return d


def tencent_states() -> Drawing:
    d = Drawing("tencent_states", "What tencent_cert_resubmit does with a certificate, by its status", 760, 500)
    d.box("rejected", (30, 60, 200, 60), "rejected", "2: the review has failed", kind="bad")
    d.box("cancelled", (30, 170, 200, 60), "cancelled", "7: the order was cancelled", kind="bad")
    d.box("cancelling", (30, 290, 200, 60), "cancelling", "6: will be cancelled", kind="busy")
    d.box("documents", (420, 115, 200, 60), "awaiting_documents", "5: yours to submit", kind="busy")
    d.box("review", (420, 220, 200, 60), "reviewing", "0, and dns_record_added 4", kind="busy")
    d.box("issued", (420, 325, 200, 60), "issued", "1", kind="good")
    d.arrow("rejected.r", "documents.l-12", "resubmit", via=((325, 90), (325, 133)), at=(325, 112), kind="ours")
    d.arrow("cancelled.r", "documents.l+12", "resubmit", via=((325, 200), (325, 157)), at=(325, 184), kind="ours")
    d.arrow("cancelling.t", "cancelled.b", "wait")
    d.text(325, 255, "blue: the module writes")
    d.arrow("documents.b", "review.t", "documents are there")
    d.arrow("review.b", "issued.t", "review passed")
    round_the_top = ((700, 250), (700, 30), (130, 30))
    d.arrow("review.r", "rejected.t", "review failed", via=round_the_top, at=(700, 140), kind="bad")
    d.area((30, 410, 330, 75), "left alone: unchanged")
    d.text(195, 450, "0, 1, 4, 5, 11 reissuing", "8 awaiting_confirmation_letter")
    d.area((400, 410, 330, 75), "refused: failed", kind="bad")
    d.text(565, 450, "3 expired, 9 revoking, 10 revoked, 12, 13", "14 refunded, 15 migrating, an unknown one")
    return d


def vdms_states() -> Drawing:
    d = Drawing("vdms_states", "The way of a certificate request, and what vdms_cert_request does on it", 780, 480)
    yours, organization = "yours: DNS records or e-mails", "the organization, OV and EV alone"
    d.box("none", (20, 60, 140, 70), "no request")
    d.box("processing", (260, 60, 170, 70), "Processing", kind="busy")
    d.box("dcv", (520, 60, 240, 70), "DomainControlValidation", yours, "wait_for: validation", kind="busy")
    d.box("other", (520, 185, 240, 70), "OtherValidation", organization, "wait_for: validated", kind="busy")
    d.box("deployment", (520, 310, 240, 70), "Deployment", "issued", "wait_for: deployment", kind="good")
    d.box("active", (260, 310, 170, 70), "Active", "live", "wait_for: active", kind="good")
    d.box("deleted", (20, 310, 140, 70), "Deleted", "the label stays taken")
    d.arrow("none.r", "processing.l", "present", at=(210, 84), kind="ours")
    d.arrow("processing.r", "dcv.l", "ordered", at=(475, 84))
    d.arrow("dcv.b", "other.t", "all domains proved")
    d.arrow("other.b", "deployment.t", "issued")
    d.arrow("deployment.l", "active.r", "rolled out", at=(475, 334))
    d.arrow("active.l", "deleted.r", "absent", at=(210, 334), kind="ours")
    d.arrow("processing.b", "deleted.t", "absent", via=((345, 220), (90, 220)), at=(217, 224), kind="ours")
    again = ("domains, organization, renew: a new order.", "Its domains may have to be validated again.")
    loop = ((305, 420), (385, 420))
    d.arrow("active.b-40", "active.b+40", *again, via=loop, at=(345, 452), kind="ours")
    d.text(90, 30, "blue: a module writes")
    return d


def floors() -> Drawing:
    d = Drawing("floors", "The floors of the collection: an import only ever goes down", 760, 560)
    d.area((20, 20, 560, 170), "what users call")
    d.box("roles", (40, 50, 160, 55), "roles, playbooks")
    d.box("action", (220, 50, 160, 55), "action plugins", "progress lines")
    d.box("inventory", (400, 50, 160, 55), "inventory plugin")
    stack = (
        ("modules", (40, 120, 340, 55), "4  modules", "documentation, argument spec, one call"),
        ("three", (40, 220, 340, 60), "3  the run", "_module: options, results. _reconcile: the stages"),
        ("two", (40, 310, 520, 60), "2  the providers", "_zenlayer*, _tencent*, _vdms*, _edge: calls and decisions"),
        ("one", (40, 400, 520, 60), "1  the network and the clock", "_http, _tls, _wait, _parallel, _resource, ..."),
        ("zero", (40, 490, 520, 50), "0  values", "_signing, _errors, _plan, _hostnames, _certificates, ..."),
    )
    for name, place, head, line in stack:
        d.box(name, place, head, line, kind="ours")
    d.box("service", (610, 385, 130, 90), "the services", "or the", "emulator")
    d.text(675, 500, "It shares no code", "with all this.")
    d.arrow("roles.b", "modules.t-90")
    d.arrow("action.b", "modules.t+90")
    d.arrow("modules.b", "three.t")
    d.arrow("three.b", "two.t-90")
    d.arrow("inventory.b", "two.t+180")
    d.arrow("two.b", "one.t")
    d.arrow("one.b", "zero.t")
    d.arrow("one.r", "service.l", kind="ours")
    return d


def run() -> Drawing:
    d = Drawing("run", "How a run flows: select, read, plan, apply, settle, report", 780, 330)
    stages = (
        ("select", "which targets", "are meant"),
        ("read", "their state now,", "several at a time"),
        ("plan", "keep, change,", "await, refuse"),
        ("apply", "one write for", "each change"),
        ("settle", "one wait for all,", "one deadline"),
        ("report", "a row for each,", "diff, summary"),
    )
    for number, (name, *lines) in enumerate(stages):
        writes = name == "apply"
        d.box(name, (10 + 130 * number, 110, 110, 80), name, *lines, kind="ours" if writes else "")
    for (left, *_rest), (right, *_others) in zip(stages, stages[1:]):
        d.arrow(f"{left}.r", f"{right}.l")
    d.arrow("plan.t", "report.t", "check mode goes from here", via=((325, 50), (715, 50)), at=(520, 54))
    d.arrow("plan.t-30", "report.t+30", "", via=((295, 20), (745, 20)), kind="bad")
    d.text(520, 24, "refused before any write")
    back = ((585, 250), (195, 250))
    d.arrow("settle.b", "read.b", "what ran before has ended: decide again", via=back, at=(310, 254))
    d.arrow("settle.b+30", "apply.b-20", "failed: roll back", via=((615, 295), (435, 295)), at=(525, 299), kind="ours")
    return d


DRAWINGS = (zenlayer_states, tencent_states, vdms_states, floors, run)


# --- where they go -----------------------------------------------------------------------------------------


def written() -> dict[Path, str]:
    """What every file that holds a drawing has to be."""
    files = {}
    guides = {path: path.read_text(encoding="utf-8") for path in sorted(GUIDES.glob("*.rst"))}
    for drawing in (make() for make in DRAWINGS):
        svg, place = drawing.svg(), f"   <!-- drawing: {drawing.name} -->\n"
        inside = [path for path, text in guides.items() if place in text]
        for path in inside:
            before, _place, after = guides[path].partition(place)
            block = "".join(f"   {line}\n" for line in (SCROLLING + svg + "</div>").splitlines())
            rest = re.sub(r"\A(?:   .*\n)*", "", after)
            guides[path] = before + place + block + rest
        if not inside:
            files[IMAGES / f"{drawing.name}.svg"] = f"<!--\n{LICENCE}\n-->\n{svg}"
    return {**files, **guides}


def main() -> int:
    stale = [path for path, text in written().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what tests/tools/draw.py draws: run `make drawings`")
        return 1 if stale else 0
    for path, text in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in stale:
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
