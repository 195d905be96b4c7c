# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test with every ansible-core from 2.16 to the newest, and every Python that is on this machine.

A core has Pythons that run it, and older ones that run modules alone, on the hosts that it manages. With each of both,
the unit tests and some integration targets are run; with each core, its sanity tests and the search for secrets in what
it writes. Pythons are looked for on PATH and among those of pyenv; what is not there is skipped, and said so. The
environments are made once, in .venv/matrix/. The whole output of each run is in .test-results/matrix/. A run of
everything writes docs/compatibility.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools import figures, run_tests
from tools.run_tests import (
    BIN,
    HOME,
    RESULTS,
    ROOT,
    TOOLS,
    Run,
    Stage,
    StageError,
    base_environment,
    copied_tree,
    version,
)

ENVIRONMENTS = ROOT / ".venv" / "matrix"
FOLDER = RESULTS / "matrix"
PAGE = ROOT / "docs" / "compatibility.md"
UV = BIN / "uv"

OLDEST_CORE = (2, 16)
OLDEST_PYTHON = (3, 9)

# One target of each provider; one of them writes, waits and rolls back.
TARGETS = ("edge_cert_verify", "tencent_cert_info", "vdms_cert_request_info", "zenlayer_domain_cert")
# The unit tests of what runs on managed hosts; those beside them test what the controller runs.
MODULE_TESTS = ("tests/unit/plugins/module_utils", "tests/unit/plugins/modules")
KINDS = ("unit", "sanity", "integration", "secrets")
ONCE = ("sanity", "secrets")  # with each core


# --- what there is -----------------------------------------------------------------------------------------


def pythons() -> dict[str, Path]:
    """The Pythons on this machine that can run a module, one of each version: "3.9" and its program."""
    found: dict[str, Path] = {}
    for folder in base_environment()["PATH"].split(os.pathsep):
        for program in sorted(Path(folder).glob("python3.*")):
            name = program.name.removeprefix("python")
            if not re.fullmatch(r"3\.\d+", name) or name in found or version(name) < OLDEST_PYTHON:
                continue
            command = [str(program), "-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            if answer.stdout.strip() == name:
                found[name] = program
    return dict(sorted(found.items(), key=lambda item: version(item[0])))


def newest_cores() -> list[str]:
    """The newest release of each ansible-core that the package index has, or its newest preview where none is out."""
    command = [sys.executable, "-m", "pip", "index", "versions", "ansible-core", "--pre", "--ignore-requires-python"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    listed = re.search(r"^Available versions: (.*)$", answer, re.MULTILINE)
    if listed is None:
        sys.exit(f"pip does not say which versions of ansible-core there are:\n{answer}")
    newest: dict[tuple[int, int], str] = {}
    for name in listed[1].split(", "):  # the newest first
        parts = re.match(r"(\d+)\.(\d+)\.", name)
        series = (int(parts[1]), int(parts[2])) if parts else (0, 0)
        if series >= OLDEST_CORE and (series not in newest or (is_preview(newest[series]) and not is_preview(name))):
            newest[series] = name
    return [newest[series] for series in sorted(newest)]


def is_preview(core: str) -> bool:
    return re.fullmatch(r"[\d.]+", core) is None


def series_of(core: str) -> str:
    return ".".join(core.split(".")[:2])


# --- environments ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Environment:
    """A virtual environment; ``core`` is "" where it is for modules alone."""

    core: str
    python: str

    @property
    def folder(self) -> Path:
        return ENVIRONMENTS / ("-".join(("core", self.core) if self.core else ("modules",)) + f"-python-{self.python}")

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def make(self, program: Path) -> None:
        """Make it anew, unless there is one with the same in it."""
        files = [ROOT / "tests" / kind / "requirements.txt" for kind in ("unit", "integration")]
        content = "\n".join([self.core, str(program.resolve()), *(file.read_text(encoding="utf-8") for file in files)])
        stamp = self.folder / "content"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == content:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        say(f"Making {self.folder.relative_to(ROOT)}")
        try:
            # ansible-test wants pip in it
            uv("venv", "--quiet", "--seed", "--python", str(program), str(self.folder))
            core = [f"ansible-core=={self.core}"] if self.core else []
            lists = [word for file in files for word in ("-r", str(file))]
            uv("pip", "install", "--quiet", "--python", str(self.bin / "python"), *core, *lists)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        stamp.write_text(content, encoding="utf-8")


def uv(*words: str) -> None:
    done = subprocess.run([UV, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"uv {' '.join(words)}\n{done.stderr}")


def supports(core: str, python: str) -> bool:
    """Whether a release says that it runs on this Python or on older ones; no release says which are too new for it."""
    words = ["pip", "compile", "--quiet", "--no-deps", "--python-version", python, "-"]
    done = subprocess.run([UV, *words], input=f"ansible-core=={core}", capture_output=True, text=True, check=False)
    if done.returncode != 0 and "does not satisfy Python" not in done.stderr:
        sys.exit(f"uv cannot tell whether ansible-core {core} runs on Python {python}\n{done.stderr}")
    return done.returncode == 0


@dataclass(frozen=True)
class Core:
    """An ansible-core, the Pythons here that run it, and those that run modules for it."""

    name: str
    controllers: tuple[str, ...]
    targets: tuple[str, ...]
    absent: tuple[str, ...]
    """Pythons that it supports and that are not on this machine."""

    @property
    def series(self) -> str:
        return series_of(self.name)

    @property
    def pythons(self) -> tuple[str, ...]:
        return self.targets + self.controllers

    @property
    def module_library(self) -> Path:
        return ENVIRONMENTS / f"library-{self.name}"

    def controller(self, python: str) -> Environment:
        """Where Ansible runs, for modules on this Python: the same, or else the newest that runs it."""
        return Environment(self.name, python if python in self.controllers else self.controllers[-1])


def prepare(name: str, found: dict[str, Path]) -> Core | None:
    """The environments for an ansible-core; None where no Python here runs it."""
    oldest = next((python for python in found if supports(name, python)), None)
    if oldest is None:
        return None
    first = Environment(name, oldest)
    first.make(found[oldest])
    code = (
        "import json; from ansible_test._util.target.common import constants as c; "
        "print(json.dumps([c.CONTROLLER_PYTHON_VERSIONS, c.REMOTE_ONLY_PYTHON_VERSIONS]))"
    )
    answer = subprocess.run([first.bin / "python", "-c", code], capture_output=True, text=True, check=True).stdout
    supported, remote = ([p for p in known if version(p) >= OLDEST_PYTHON] for known in json.loads(answer))
    controllers = tuple(python for python in supported if python in found)
    targets = tuple(python for python in remote if python in found)
    for python in controllers:
        Environment(name, python).make(found[python])
    for python in targets:
        Environment("", python).make(found[python])
    core = Core(name, controllers, targets, tuple(p for p in [*remote, *supported] if p not in found))
    lay_module_library(core.module_library, core.controller("").bin / "python")
    return core


def lay_module_library(folder: Path, controller: Path) -> None:
    """Lay out what of an ansible-core modules find on the hosts that it manages, to be imported from.

    :param controller: the Python that the ansible-core is installed for
    """
    package = folder / "ansible"
    package.mkdir(parents=True, exist_ok=True)
    code = "import ansible; print(ansible.__path__[0])"
    command = [str(controller), "-c", code]
    source = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    (package / "__init__.py").touch()
    for name in ("release.py", "module_utils"):
        link = package / name
        link.unlink(missing_ok=True)
        link.symlink_to(source / name)


# --- the runs ----------------------------------------------------------------------------------------------


def path_with(*folders: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join([*map(str, folders), base_environment()["PATH"]])}


def unit(core: Core, python: str, run: Run) -> None:
    environment = core.controller(python)
    folders: Iterable[str] = ("tests/unit",)
    env: dict[str, str] = {}
    if python in core.targets:
        environment, folders = Environment("", python), MODULE_TESTS
        paths = [str(core.module_library), base_environment()["PYTHONPATH"]]
        env["PYTHONPATH"] = os.pathsep.join(paths)
    run_tests.pytest(run, *folders, "-n", "2", env={**path_with(environment.bin), **env})
    run.note = " ".join(re.findall(r"\d+ (?:passed|skipped|xfailed)", run.closing))


def integration(targets: list[str], core: Core, python: str, run: Run) -> None:
    controller = core.controller(python)
    with copied_tree() as tree:
        options = []
        if python in core.targets:
            link = tree.parents[2] / "modules"
            link.symlink_to(Environment("", python).folder, target_is_directory=True)
            options += ["--controller", f"origin:python={controller.python}"]
            options += ["--target", f"controller:python={python}@{link / 'bin' / 'python'}"]
        words = ("integration", "-v", *options, *targets)
        output = run_tests.ansible_test(run, tree, *words, venv=controller.folder, env=path_with(controller.bin))
    ran = set(re.findall(r"^Running (\S+) integration test", output, re.MULTILINE))
    if ran != set(targets):
        raise StageError(f"these targets did not run: {', '.join(sorted(set(targets) - ran))}")
    run.note = f"{len(ran)} target{'s' if len(ran) > 1 else ''}"


def sanity(core: Core, run: Run) -> None:
    controller = core.controller("")
    # ansible-test keeps environments below it, which two of its kind at the same time would both make.
    home = HOME / core.series
    home.mkdir(parents=True, exist_ok=True)
    env = {**path_with(controller.bin), "HOME": str(home)}
    run(controller.bin / "python", TOOLS / "seed_get_pip.py", env=env)
    lists = controller.bin.parent.glob("lib/python*/site-packages/ansible_test/_data/requirements/sanity.*.txt")
    # A preview can want a package from elsewhere than the package index.
    foreign = {file.stem.partition(".")[2] for file in lists if "://" in file.read_text(encoding="utf-8")}
    options = [word for test in sorted(foreign) for word in ("--skip-test", test)]
    with copied_tree() as tree:
        output = run_tests.ansible_test(run, tree, "sanity", *options, venv=controller.folder, env=env)
    ran = set(re.findall(r'^Running sanity test "([\w-]+)"', output, re.MULTILINE))
    run.note = f"{len(ran)} tests" + (f", without {', '.join(sorted(foreign))}" if foreign else "")


def secrets(core: Core, run: Run) -> None:
    """What Ansible writes; the tests themselves run where the emulator and ansible-runner are."""
    ansible = ("--ansible", str(core.controller("").bin))
    run_tests.pytest(run, "tests/reliability/test_secrets.py", *ansible)
    run.note = " ".join(re.findall(r"\d+ (?:passed|skipped|xfailed)", run.closing))


def stages(cores: list[Core], chosen: argparse.Namespace) -> list[Stage]:
    """What is to be run, in the order in which it begins."""
    made = []
    for kind in chosen.kinds:
        for core in cores:
            if kind in ONCE:
                work = sanity if kind == "sanity" else secrets
                made.append(Stage(f"matrix/{kind}-{core.series}", partial(work, core)))
                continue
            for python in core.pythons:
                if chosen.pythons and python not in chosen.pythons:
                    continue
                name = f"matrix/{kind}-{core.series}-python-{python}"
                for_both = unit if kind == "unit" else partial(integration, chosen.targets or targets_for(core, python))
                made.append(Stage(name, partial(for_both, core, python)))
    return made


def targets_for(core: Core, python: str) -> list[str]:
    """The integration targets that are run if nothing else is said: modules everywhere, roles once with each core."""
    return [*TARGETS, *(name for name in all_targets() if name.endswith("_role") and python == core.controllers[-1])]


def all_targets() -> list[str]:
    names = sorted(path.parent.name for path in (ROOT / "tests" / "integration" / "targets").glob("*/tasks"))
    return [name for name in names if not name.startswith("setup_")]


# --- what came of it ---------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, flush=True)


def table(cores: list[Core], found: Iterable[str], runs: list[Run]) -> str:
    """What was run with what, as a table in Markdown."""
    by_name = {run.name.removeprefix("matrix/"): run for run in runs}

    def cell(*names: str) -> str:
        there = [by_name[name] for name in names if name in by_name]
        return ", ".join(run.note if run.outcome == "passed" else f"**{run.outcome}**" for run in there) or "-"

    rows = [["ansible-core", *(f"Python {python}" for python in found), *ONCE]]
    rows.append(["---"] * len(rows[0]))
    for core in cores:
        cells = [
            cell(*(f"{kind}-{core.series}-python-{python}" for kind in KINDS if kind not in ONCE))
            + (f" (controller: {core.controllers[-1]})" if python in core.targets else "")
            if python in core.pythons
            else "not supported"
            for python in found
        ]
        rows.append([core.name, *cells, *(cell(f"{kind}-{core.series}") for kind in ONCE)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def report(cores: list[Core], found: Iterable[str], runs: list[Run], seconds: float, complete: bool) -> int:
    failed = [run for run in runs if run.outcome != "passed"]
    for run in failed:
        say(f"\n----- {run.log.relative_to(ROOT)} " + "-" * 40)
        lines = run.log.read_text(encoding="utf-8", errors="replace").splitlines()
        say("\n".join(line for line in lines[-100:] if not run_tests.NOISE.match(line)))
    text = table(cores, found, runs)
    if complete:
        figures.replace(PAGE, "matrix", text)
    say(f"\nMatrix ({seconds:.0f} s in all; logs in {FOLDER.relative_to(ROOT)}/)\n\n{text}")
    for core in cores:
        if core.absent:
            say(f"skipped  ansible-core {core.name} with Python {', '.join(core.absent)}: not on this machine")
    say(f"{len(runs) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not runs else 0


def arguments(cores: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", dest="cores", action="append", choices=cores, help="such as 2.19; all if not given")
    parser.add_argument("--python", dest="pythons", action="append", metavar="3.X", help="where modules run")
    parser.add_argument("--only", dest="kinds", action="append", choices=KINDS, help="a kind of test")
    parser.add_argument("--target", dest="targets", action="append", help="an integration target, or 'all'")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4), help="runs at a time")
    chosen = parser.parse_args()
    chosen.everything = not (chosen.cores or chosen.pythons or chosen.kinds or chosen.targets)
    chosen.kinds = chosen.kinds or list(KINDS)
    if chosen.targets == ["all"]:
        chosen.targets = all_targets()
    strangers = sorted(set(chosen.targets or ()) - set(all_targets()))
    if strangers:
        parser.error(f"no such integration target: {', '.join(strangers)}")
    return chosen


def main() -> int:
    for folder in (FOLDER, HOME):
        folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = newest_cores()
    chosen = arguments([series_of(name) for name in names])
    found = pythons()
    say(f"Pythons on this machine: {', '.join(found) or 'none'}")
    start = time.monotonic()
    cores = []
    try:
        for name in names:
            if chosen.cores and series_of(name) not in chosen.cores:
                continue
            core = prepare(name, found)
            if core is None:
                say(f"skipped  ansible-core {name}: no Python on this machine runs it")
            else:
                cores.append(core)
        runs = run_tests.perform_all(stages(cores, chosen), chosen.jobs)
    except KeyboardInterrupt:
        sys.exit("interrupted")
    return report(cores, found, runs, time.monotonic() - start, chosen.everything)


if __name__ == "__main__":
    sys.exit(main())
