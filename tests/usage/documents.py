# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code blocks of the documentation, and what is to be done with each.

A block is run as it stands in its page, in the page's order. What a reader need not see is a comment above it:

`not run: WHY`
    It cannot be run here; WHY says what does, or why nothing does.
`emulator: METHOD PATH JSON`
    A call of the emulator's control API comes first.
`fails`
    The command is to end with an error.
`in a clone`
    The command is run in a copy of the repository.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]

# A block, its language and the comments above it, in either language of pages.
FENCE = re.compile(
    r"(?P<above>(?:^ *<!--(?:(?!-->)[\s\S])*-->\n\s*)*)"
    r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>[\s\S]*?)^ *```$",
    re.M,
)
DIRECTIVE = re.compile(
    r"(?P<above>(?:^ *\.\. (?!.*::).*\n(?:\s*\n)?)*)"
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\w+)\n(?P<text>(?:\s*\n|(?P=indent) {3}.*\n)+)",
    re.M,
)
REMARK = re.compile(r"^ *(?:<!-- |\.\. )(not run|emulator|fails|in a clone)(?:: ([\s\S]*?))?(?: -->)?$", re.M)
FILE = re.compile(r"# ([\w./-]+\.\w+)\n")
COMMANDS = ("sh", "console")
# Blocks that nothing runs: what they show is no input.
SHOWN = ("json", "text", "promql")


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: Path
    line: int
    language: str
    text: str
    remarks: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def remarked(self, kind: str) -> list[str]:
        return [text for found, text in self.remarks if found == kind]

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, by its first line."""
        found = FILE.match(self.text)
        return found.group(1) if found else None

    @property
    def plays(self) -> list[dict[str, Any]]:
        """The plays that the block is; tasks are put into one. None where it is a file or anything else."""
        loaded = yaml.safe_load(self.text) if self.language == "yaml" and not self.file else None
        if not isinstance(loaded, list):
            return []
        if "hosts" in loaded[0]:
            return loaded
        return [{"name": str(self), "hosts": "localhost", "gather_facts": False, "tasks": loaded}]

    @property
    def commands(self) -> list[tuple[str, str]]:
        """The commands, each with what it is said to print."""
        if self.language == "sh":
            return [(self.text, "...")]
        if self.language != "console":
            return []
        parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", self.text, flags=re.M)
        return [(command, said or "...") for command, said in zip(parts[1::2], parts[2::2], strict=True)]


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page in Markdown or reStructuredText."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in (DIRECTIVE if page.suffix == ".rst" else FENCE).finditer(text):
        indent = len(match["indent"]) + (3 if page.suffix == ".rst" else 0)
        lines = [line[indent:] for line in match["text"].splitlines()]
        found.append(
            Block(
                page,
                text.count("\n", 0, match.start("indent")) + 1,
                match["language"],
                "\n".join(lines).strip("\n") + "\n",
                tuple((kind, what or "") for kind, what in REMARK.findall(match["above"])),
            )
        )
    return found


# What differs from run to run, and what stands for it.
CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\b[0-9a-f]{32,64}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b"), "ID"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "URL"),
    (re.compile(r"(?<=\"seconds\": )[\d.]+"), "SECONDS"),
    (
        re.compile(
            r"^\[WARNING\]: (No inventory was parsed|provided hosts list is empty).*\n(?:not match 'all'\n)?", re.M
        ),
        "",
    ),
    # how far a long wait is, on a slow machine
    (re.compile(r"^\w+: \d+ of \d+ done, .*\n", re.M), ""),
    (re.compile(r"[ \t]+$", re.M), ""),
)


def plain(text: str) -> str:
    for changing, word in CHANGING:
        text = changing.sub(word, text)
    return text.strip()


def same(said: str, printed: str) -> bool:
    """Whether a page tells what was printed; `...` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in plain(said).split("..."))
    return re.fullmatch(pattern, plain(printed), re.DOTALL) is not None
