# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the tests: every decision is made wrong in every small way, and a unit test has to notice.

mutmut makes the mutants and runs the tests. It takes the name of a module from the path of its file, so it works in a
copy of the collection that lies where Python imports it from. It changes functions, not tables and not properties.

Survivors that no test can kill, because they behave as the original does, are explained in equivalent_mutants.yml. An
explanation of what does not survive is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from reliability import page

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".test-results" / "mutations"
EXPLAINED = Path(__file__).with_name("equivalent_mutants.yml")
COLLECTION = Path("ansible_collections/certops/cdn")
PACKAGE = "ansible_collections.certops.cdn.plugins"

KILLED, SURVIVED, UNTESTED = (1, 3), 0, 33
"""Exit codes of a mutant's tests; any other one is a mutant that did not end in time, or not at all."""


@dataclass(frozen=True)
class Subject:
    """A file with decisions.

    :ivar tests: what is run, below tests/unit/plugins
    :ivar functions: patterns of the functions that count, as ``function`` or ``Class.method``
    """

    path: str
    tests: tuple[str, ...]
    functions: tuple[str, ...] = ("*",)


SUBJECTS = {
    Path(subject.path).stem: subject
    for subject in (
        Subject("module_utils/_hostnames.py", ("module_utils/test_hostnames.py",)),
        Subject("module_utils/_errors.py", ("module_utils/test_errors.py",)),
        Subject("module_utils/_filters.py", ("module_utils/test_filters.py",)),
        Subject("module_utils/_redaction.py", ("module_utils/test_redaction.py",)),
        Subject("module_utils/_shape.py", ("module_utils/test_shape.py",)),
        Subject("module_utils/_times.py", ("module_utils/test_times.py",)),
        Subject("module_utils/_wait.py", ("module_utils/test_wait.py",), ("Backoff.*", "poll_pauses", "Deadline.*")),
        Subject("module_utils/_parallel.py", ("module_utils/test_parallel.py",), ("all_pages", "chunks")),
        Subject(
            "module_utils/_http.py",
            ("module_utils/test_http.py",),
            ("_network_block", "_host_of", "_retry_after", "_clock_skew", "JsonClient._pause_before_retry"),
        ),
        Subject("module_utils/_zenlayer.py", ("module_utils/test_zenlayer.py",), ("outcome_of", "normalise_code")),
        Subject(
            "module_utils/_tencent.py", ("module_utils/test_tencent.py",), ("outcome_of", "_is_or_below", "advice_on")
        ),
        Subject(
            "module_utils/_vdms.py",
            ("module_utils/test_vdms.py", "module_utils/test_vdms_cert_request_action.py"),
            ("outcome_of", "answered", "order_of"),
        ),
        Subject(
            "module_utils/_zenlayer_domain_cert.py",
            ("module_utils/test_zenlayer_domain_cert.py",),
            ("decide", "rollout_progress"),
        ),
        Subject(
            "module_utils/_zenlayer_certificate.py",
            ("module_utils/test_zenlayer_certificate.py",),
            ("superseded_by", "found_in", "decide_*"),
        ),
        Subject(
            "module_utils/_tencent_cert_resubmit.py",
            ("module_utils/test_tencent.py",),
            ("decide", "said_of", "resubmit_progress", "_left_out", "_shown"),
        ),
        Subject(
            "module_utils/_vdms_model.py",
            ("module_utils/test_vdms.py",),
            ("decide", "differences", "planned", "removal", "towards", "domains_to_send", "notifications_to_send",
             "zone_of", "dns_zones", "predicted_*", "_*domains*", "Status.*", "StatusReport.*"),
        ),
        Subject("plugin_utils/_rotation.py", ("plugin_utils/test_rotation.py",)),
    )
}  # fmt: skip


@dataclass
class Score:
    """What became of a file's mutants."""

    killed: int = 0
    late: int = 0
    survivors: list[str] = field(default_factory=list)
    explained: int = 0
    seconds: float = 0.0


def copied(name: str) -> Path:
    """A place of its own for one file: the collection under its full name, and mutmut's settings."""
    place = FOLDER / name
    shutil.rmtree(place, ignore_errors=True)
    for part in ("plugins", "tests/unit"):
        shutil.copytree(
            ROOT / part, place / COLLECTION / part, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
    subject = SUBJECTS[name]
    lines = [
        "[mutmut]",
        f"source_paths = {COLLECTION}",
        f"only_mutate = {COLLECTION}/plugins/{subject.path}",
        "pytest_add_cli_args_test_selection =",
        *(f"    {COLLECTION}/tests/unit/plugins/{test}" for test in subject.tests),
        "[tool:pytest]",  # or pytest would find the repository's own settings
        "addopts = --import-mode=importlib -p no:cacheprovider -p no:xdist -p no:cov",
    ]
    (place / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def mutmut(place: Path, *arguments: str) -> str:
    """Its output.

    :raises RuntimeError: it has failed
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(place / "mutants"), str(ROOT / "tests")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments], cwd=place, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"mutmut {' '.join(arguments)}:\n{done.stdout[-3000:]}")
    return done.stdout


def patterns(name: str) -> list[str]:
    """The names, in mutmut's form, of the mutants that count."""
    module = f"{PACKAGE}.{SUBJECTS[name].path.removesuffix('.py').replace('/', '.')}"
    found = []
    for function in SUBJECTS[name].functions:
        owner, dot, method = function.partition(".")
        found.append(
            f"{module}.x\N{LATIN LETTER LATERAL CLICK}{owner}\N{LATIN LETTER LATERAL CLICK}{method}__mutmut_*"
            if dot
            else f"{module}.x*{function}__mutmut_*"
        )
    return found


def change_of(place: Path, mutant: str) -> dict[str, str]:
    """The lines that a mutant changes, before and after."""
    lines = mutmut(place, "show", mutant).splitlines()
    changed = [line for line in lines if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))]
    old, new = (" ".join(line[1:].strip() for line in changed if line.startswith(sign)) for sign in "-+")
    function = mutant.rpartition(".")[2].partition("__mutmut_")[0].removeprefix("x")
    return {
        "function": function.strip("_\N{LATIN LETTER LATERAL CLICK}").replace("\N{LATIN LETTER LATERAL CLICK}", "."),
        "was": old,
        "is": new,
    }


def examined(name: str, processes: int) -> tuple[Score, list[dict[str, str]]]:
    """The score of one file, and what its survivors change."""
    began = time.monotonic()
    place = copied(name)
    wanted = patterns(name)
    mutmut(place, "run", "--max-children", str(processes), *wanted)
    meta = place / "mutants" / COLLECTION / "plugins" / f"{SUBJECTS[name].path}.meta"
    codes: dict[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    score, changes = Score(), []
    for mutant, code in codes.items():
        if not any(fnmatchcase(mutant, pattern) for pattern in wanted):
            continue
        if code in KILLED:
            score.killed += 1
        elif code in (SURVIVED, UNTESTED):
            changes.append({"file": SUBJECTS[name].path, **change_of(place, mutant)})
        else:
            score.late += 1
    score.seconds = time.monotonic() - began
    return score, changes


def figures(scores: dict[str, Score]) -> str:
    """The section of the page."""
    lines = [
        "| file | mutants | killed | too late | explained | survived |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    total = Score()
    for name, score in scores.items():
        lines.append(_line(f"`{SUBJECTS[name].path}`", score))
        total.killed += score.killed
        total.late += score.late
        total.explained += score.explained
        total.survivors += score.survivors
    return "\n".join([*lines, _line("all", total)])


def _line(name: str, score: Score) -> str:
    numbers = (score.killed, score.late, score.explained, len(score.survivors))
    return f"| {name} | {sum(numbers)} | " + " | ".join(map(str, numbers)) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SUBJECTS)}; all by default")
    parser.add_argument("--processes", type=int, default=2, help="tests at a time (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=60, help="begin with no file after that (default %(default)s)")
    options = parser.parse_args()
    known: list[dict[str, Any]] = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8")) or []
    explanations = {(item["file"], item["function"], item["was"], item["is"]): item["why"] for item in known}
    used = set()
    scores: dict[str, Score] = {}
    ends = time.monotonic() + 60 * options.minutes
    for name in options.names or SUBJECTS:
        if time.monotonic() > ends:
            print(f"out of time before {name}")
            return 1
        score, changes = examined(name, options.processes)
        for change in changes:
            key = (change["file"], change["function"], change["was"], change["is"])
            if key in explanations:
                used.add(key)
                score.explained += 1
            else:
                score.survivors.append(f"{change['function']}\n    - {change['was']}\n    + {change['is']}")
        scores[name] = score
        print(
            f"{name}: {score.killed} killed, {score.late} too late, {score.explained} explained, "
            f"{len(score.survivors)} survived, {score.seconds:.0f} s",
            flush=True,
        )
        for survivor in score.survivors:
            print(f"  {survivor}")
    examined_files = {SUBJECTS[name].path for name in scores}
    if not options.names:
        page.replace("mutations", figures(scores))
    stale = [key for key in explanations if key not in used and key[0] in examined_files]
    for file, function, was, _is in stale:
        print(f"{EXPLAINED.name}: nothing like this survives in {file}: {function}: {was}")
    return 1 if stale or any(score.survivors for score in scores.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
