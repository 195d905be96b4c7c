# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the stages of `make test`, some at a time, and sum them up.

The whole output of each stage is kept in .test-results/<stage>.log; what is shown is one line for each stage
as it ends, the output of the stages that failed, and a closing table. What a stage runs, it runs in a copy of
the repository's files under the path that Ansible wants, so that nothing is left behind in the repository.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".test-results"
COLLECTIONS = ROOT / ".venv" / "collections"
HOME = ROOT / ".venv" / "home"
BIN = Path(sys.executable).parent
TOOLS = Path(__file__).resolve().parent
TIME_LIMIT = 2400  # seconds for one command: a stage that hangs must not hang the run, however slow the machine is
processes: set[subprocess.Popen[bytes]] = set()

# What ansible-test may warn of. Anything else it warns of is a check that did not run, and fails the stage.
HARMLESS = (
    r'Using locale "C\.UTF-8" instead of',
    r'Skipping sanity test "(compile|import)" on Python [\d.]+ because it could not be found',
    r"Unable to determine context for the following test targets, they will be run on the target host",
    r"Reviewing previous \d+ warning",
)
# What galaxy-importer misses and cannot be installed here; the usage tests check how it is used.
ABSENT = r"^WARNING: playbooks/awx_setup\.yml:\d+:\d+: syntax-check\[unknown-module\]: .* 'awx\.awx\.\w+'"
# what pip says while ansible-test installs its requirements: in the log, but not shown
NOISE = re.compile(r"\s*(Collecting|Downloading|Installing|Successfully installed|Using cached|━)")


class StageError(Exception):
    """The stage failed; its log says why, or this message does."""


class NothingToDo(Exception):  # noqa: N818 - it is not an error
    """The part of the repository that the stage tests does not exist."""


@dataclass
class Run:
    """One run of a stage: its log, and what the closing table says about it."""

    name: str
    log: Path
    measure: bool = False  # the coverage of integration targets, which takes half as long again
    note: str = ""
    closing: str = ""  # pytest's own last line
    seconds: float = 0.0
    outcome: str = "passed"
    error: str = field(default="", repr=False)

    def __call__(self, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
        """Run a command to its end and return what it printed. Fail with it."""
        words = [str(word) for word in command]
        with self.log.open("a+", encoding="utf-8", errors="replace") as log:
            log.write(f"$ {' '.join(words)}\n")
            log.flush()
            start = log.tell()
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env={**base_environment(), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            processes.add(process)
            try:
                code = process.wait(TIME_LIMIT)
            except subprocess.TimeoutExpired as error:
                raise StageError(f"{words[0]} had not ended after {TIME_LIMIT} s") from error
            finally:
                processes.remove(process)
                kill(process)  # with whatever it started and left behind
            log.seek(start)
            output = log.read()
        if code != 0:
            raise StageError(f"{Path(words[0]).name} ended with exit code {code}")
        return output

    def say(self, text: str) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(text + "\n")


def kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def base_environment() -> dict[str, str]:
    """The caller's environment, with the tools of the virtual environment and a home of their own.

    Ansible's tools write below HOME, and what one leaves there (a copy of the collection) misleads the next.
    Settings of the caller's own Ansible, Python and pytest do not get in.
    """
    ours = ("ANSIBLE_", "PYTHON", "PYTEST_", "COVERAGE_", "ZENLAYER", "TENCENTCLOUD_", "VDMS_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # pyenv's shims answer for Pythons that are not there; the Pythons themselves are asked instead
    path = [entry for entry in environment.get("PATH", os.defpath).split(os.pathsep) if not entry.endswith("/shims")]
    pyenv = Path(environment.get("PYENV_ROOT", Path.home() / ".pyenv"))
    path += sorted(str(folder) for folder in pyenv.glob("versions/3.*/bin"))
    return {
        **environment,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "HOME": str(HOME),
        "NO_COLOR": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "PATH": os.pathsep.join([str(BIN), *path]),
        "PYTHONPATH": os.pathsep.join([str(COLLECTIONS), str(ROOT / "tests")]),
        "XDG_CACHE_HOME": str(HOME / ".cache"),
    }


def repository_files() -> list[str]:
    """What git tracks, or would: no results, no caches."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in listed.split("\0") if name and (ROOT / name).is_file()})


@contextlib.contextmanager
def copied_tree() -> Iterator[Path]:
    """A copy of the repository's files where ansible-test accepts them: ansible_collections/certops/cdn."""
    with tempfile.TemporaryDirectory(prefix="certops-cdn-") as folder:
        tree = Path(folder).resolve() / "ansible_collections" / "certops" / "cdn"
        for name in repository_files():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
        yield tree


def tree_paths(tree: Path) -> dict[str, str]:
    """The environment in which `tree`, and not the repository, is the collection."""
    return {"ANSIBLE_COLLECTIONS_PATH": str(tree.parents[2]), "PYTHONPATH": ""}


def ansible_test(
    run: Run, tree: Path, *arguments: str, venv: Path = BIN.parent, env: Mapping[str, str] | None = None
) -> str:
    """Run a virtual environment's ansible-test in the tree. Whatever it warns of beyond the harmless is a check that
    did not run."""
    # Its wrappers begin with the path of this Python, which must not contain a space.
    link = tree.parents[2] / "venv"
    link.symlink_to(venv, target_is_directory=True)
    program = (link / "bin" / "python", link / "bin" / "ansible-test")
    output = run(*program, *arguments, "--color", "no", cwd=tree, env={**tree_paths(tree), **(env or {})})
    warnings = re.findall(r"^WARNING: (.*)$", output, re.MULTILINE)
    unknown = sorted({text for text in warnings if not any(re.match(known, text) for known in HARMLESS)})
    if unknown:
        raise StageError("ansible-test warned: " + "; ".join(unknown))
    return output


def wanted(*names: str) -> None:
    """Leave the stage when none of these files or folders is in the repository yet."""
    if not any(file == name or file.startswith(name + "/") for file in repository_files() for name in names):
        raise NothingToDo(f"no {' or '.join(names)}")


# --- the stages --------------------------------------------------------------------------------------------


def ruff(run: Run) -> None:
    run("ruff", "format", "--check", "--diff", ".")
    run("ruff", "check", ".")


def mypy(run: Run) -> None:
    run("mypy", "tests/tools")
    wanted("plugins/module_utils")
    parts = ("module_utils", "plugin_utils")
    run("mypy", *[word for part in parts for word in ("-p", f"ansible_collections.certops.cdn.plugins.{part}")])


def yamllint(run: Run) -> None:
    run("yamllint", "--strict", *[name for name in repository_files() if name.endswith((".yml", ".yaml"))])


def ansible_lint(run: Run) -> None:
    with copied_tree() as tree:
        run("ansible-lint", "--offline", "--strict", cwd=tree, env=tree_paths(tree))


def docs(run: Run) -> None:
    with copied_tree() as tree:
        checks = ["--plugin-docs", "--validate-collection-refs", "self", "--check-extra-docs-refs"]
        run("antsibull-docs", "lint-collection-docs", *checks, ".", cwd=tree, env=tree_paths(tree))


def site(run: Run) -> None:
    """The documentation as a site. Whatever Sphinx warns of, such as a link that leads nowhere, is an error."""
    run(sys.executable, TOOLS / "draw.py", "--check")
    folder = RESULTS / "docs"
    shutil.rmtree(folder, ignore_errors=True)
    with copied_tree() as tree:
        shutil.copytree(tree / "docs" / "site", tree, dirs_exist_ok=True)
        (tree / "reference").mkdir(mode=0o700)
        options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--no-add-antsibull-docs-version"]
        command = ("antsibull-docs", "--config-file", "antsibull-docs.cfg", "collection", *options)
        run(*command, "--dest-dir", tree / "reference", "certops.cdn", cwd=tree, env=tree_paths(tree))
        doctrees = tree.parents[2] / "doctrees"
        strict = ("--fail-on-warning", "--keep-going", "--jobs", "2", "--quiet")
        run("sphinx-build", *strict, "-d", doctrees, tree, folder, env=tree_paths(tree))
    looked = run(sys.executable, TOOLS / "look_at_site.py", folder).splitlines()[-1]
    run.note = f"{(folder / 'index.html').relative_to(ROOT)}; {looked}"


def changelog(run: Run) -> None:
    with copied_tree() as tree:
        run("antsibull-changelog", "lint", cwd=tree, env=tree_paths(tree))
        if (tree / "changelogs" / "changelog.yaml").exists():
            run("antsibull-changelog", "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml", cwd=tree)


def reuse(run: Run) -> None:
    with copied_tree() as tree:
        run("reuse", "lint", cwd=tree)


def sanity(run: Run) -> None:
    ignores = [name for name in repository_files() if fnmatch.fnmatch(name, "tests/sanity/ignore*.txt")]
    if ignores:
        raise StageError(f"sanity tests are obeyed here, not ignored: {', '.join(ignores)}")
    run(sys.executable, TOOLS / "seed_get_pip.py")
    with copied_tree() as tree:
        output = ansible_test(run, tree, "sanity")
    ran = set(re.findall(r'^Running sanity test "([\w-]+)"', output, re.MULTILINE))
    pythons = sorted(set(re.findall(r"on Python (3\.\d+) because it could not be found", output)), key=version)
    run.note = f"{len(ran)} sanity tests" + (f"; no Python {', '.join(pythons)} here" if pythons else "")


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def importer(run: Run) -> None:
    with copied_tree() as tree, tempfile.TemporaryDirectory(prefix="certops-cdn-") as folder:
        run.note = run(sys.executable, "-m", "tools.release", folder).splitlines()[-1]
        [built] = Path(folder).glob("*.tar.gz")
        settings = Path(folder) / "galaxy-importer.cfg"
        settings.write_text(
            "[galaxy-importer]\nCHECK_REQUIRED_TAGS = True\nCHECK_CHANGELOG = True\nRUN_ANSIBLE_TEST = False\n",
            encoding="utf-8",
        )
        output = run(
            sys.executable,
            "-m",
            "galaxy_importer.main",
            built,
            cwd=Path(folder),
            env={**tree_paths(tree), "GALAXY_IMPORTER_CONFIG": str(settings)},
        )
    complaints = [line for line in re.findall(r"^(?:WARNING|ERROR): .*$", output, re.M) if not re.search(ABSENT, line)]
    if complaints:
        raise StageError("galaxy-importer complains: " + "; ".join(complaints))


def pytest(run: Run, folder: str, *options: str, env: Mapping[str, str] | None = None) -> None:
    wanted(folder)
    junit = RESULTS / f"{run.name}.xml"
    try:
        output = run("pytest", folder, f"--junit-xml={junit}", *options, env=env)
    finally:
        text = run.log.read_text(encoding="utf-8", errors="replace")
        closing = re.findall(r"^=+ (.*\b(?:passed|failed|error|errors|no tests ran)\b.* in [\d.]+s.*?) =+$", text, re.M)
        run.closing = closing[-1] if closing else ""
        run.note = run.closing
    if "skipped" in run.closing:
        for line in re.findall(r"^SKIPPED .*$", output, re.MULTILINE):
            run.note += f"\n{line}"


def unit(run: Run) -> None:
    data = str(RESULTS / "coverage" / "unit")
    pytest(run, "tests/unit", "-n", "2", "--cov", "--cov-report=", "--cov-fail-under=0", env={"COVERAGE_FILE": data})


def conformance(run: Run) -> None:
    pytest(run, "tests/conformance")


def usage(run: Run) -> None:
    # two at a time, as much of their time is waiting; a file stays together for the sake of what its tests share
    pytest(run, "tests/usage", "-n", "2", "--dist", "loadfile")


def bounds(run: Run) -> None:
    oldest = run(sys.executable, "-m", "tools.bounds").splitlines()[-1]
    pytest(run, "tests/bounds")
    run.note += f"; {oldest}"


def reliability(run: Run) -> None:
    pytest(run, "tests/reliability")


def integration(run: Run) -> None:
    """The targets whose names begin with the last part of the stage's name."""
    targets = [name for name in integration_targets() if stage_of(name) == run.name]
    data = RESULTS / "coverage" / run.name
    shutil.rmtree(data, ignore_errors=True)
    with copied_tree() as tree:
        try:
            output = ansible_test(run, tree, "integration", "-v", *(["--coverage"] if run.measure else []), *targets)
        finally:
            if (tree / "tests" / "output" / "coverage").is_dir():
                shutil.copytree(tree / "tests" / "output" / "coverage", data)
    ran = re.findall(r"^Running (\S+) integration test", output, re.MULTILINE)
    if set(ran) != set(targets):
        raise StageError(f"these targets did not run: {', '.join(sorted(set(targets) - set(ran)))}")
    run.note = f"{len(ran)} target{'s' if len(ran) > 1 else ''}"


def coverage(run: Run) -> None:
    wanted("plugins")
    folder = RESULTS / "coverage"
    parts = [folder / "unit", *(folder.glob("integration-*/integration=*") if run.measure else ())]
    combined = f"--data-file={folder / 'combined'}"
    run("coverage", "combine", "--keep", "--quiet", combined, *parts)
    run("coverage", "html", "--quiet", "--fail-under=0", combined, f"--directory={folder / 'html'}")
    run("coverage", "json", "--quiet", "--fail-under=0", combined, "-o", folder / "coverage.json")
    totals = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))["totals"]
    run.note = f"{totals['percent_covered']:.1f} % of plugins/, branches counted"
    run("coverage", "report", combined)


@dataclass(frozen=True)
class Stage:
    name: str
    work: Callable[[Run], None]
    group: str = ""
    after: tuple[str, ...] = ()


def integration_targets() -> list[str]:
    """All of them, but for those that only prepare others."""
    folder = "tests/integration/targets/"
    found = {name.removeprefix(folder).partition("/")[0] for name in repository_files() if name.startswith(folder)}
    return sorted(name for name in found if not name.startswith("setup_"))


def stage_of(target: str) -> str:
    """The stage that runs a target: one for each first word of their names, so that they run side by side."""
    return f"integration-{target.partition('_')[0]}"


INTEGRATION = tuple(sorted({stage_of(target) for target in integration_targets()}))

# The longest first, so that a short one ends the run.
STAGES = (
    Stage("sanity", sanity),
    Stage("usage", usage),
    Stage("reliability", reliability),
    *(Stage(name, integration, "integration") for name in reversed(INTEGRATION)),
    Stage("unit", unit),
    Stage("bounds", bounds),
    Stage("importer", importer),
    Stage("conformance", conformance),
    Stage("ansible-lint", ansible_lint, "lint"),
    Stage("docs-lint", docs),
    Stage("docs", site),
    Stage("mypy", mypy, "lint"),
    Stage("changelog", changelog, "lint"),
    Stage("ruff", ruff, "lint"),
    Stage("yamllint", yamllint, "lint"),
    Stage("reuse", reuse, "lint"),
    Stage("coverage", coverage, after=("unit", *INTEGRATION)),
)


# --- running them ------------------------------------------------------------------------------------------


def perform(stage: Stage, measure: bool) -> Run:
    run = Run(stage.name, RESULTS / f"{stage.name}.log", measure)
    run.log.write_text("", encoding="utf-8")
    start = time.monotonic()
    try:
        stage.work(run)
    except NothingToDo as reason:
        run.outcome, run.note = "skipped", str(reason)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong fails the stage, and the others go on
        run.outcome = "failed"
        run.error = str(error) if isinstance(error, StageError) else repr(error)
        run.say(run.error)
    run.seconds = time.monotonic() - start
    return run


def line(run: Run) -> str:
    notes = "; ".join(text for text in (run.error, run.note) if text).replace("\n", "\n" + " " * 40)
    return f"{run.outcome:8} {run.name:20} {run.seconds:6.1f} s  {notes}".rstrip()


def perform_all(stages: list[Stage], jobs: int, measure: bool = False) -> list[Run]:
    """Run the stages, at most `jobs` at a time, each once those that it comes after have ended."""
    pending = list(stages)
    chosen = {stage.name for stage in stages}
    running: dict[Future[Run], str] = {}
    runs: list[Run] = []
    with ThreadPoolExecutor(jobs) as pool:
        while pending or running:
            ended = {run.name for run in runs}
            for stage in list(pending):
                if len(running) < jobs and ended.issuperset(chosen.intersection(stage.after)):
                    running[pool.submit(perform, stage, measure)] = stage.name
                    pending.remove(stage)
            try:
                done = wait(running, return_when=FIRST_COMPLETED).done
            except KeyboardInterrupt:
                for process in list(processes):
                    kill(process)
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            for future in done:
                del running[future]
                runs.append(future.result())
                print(line(runs[-1]), flush=True)
    return runs


def select(names: list[str]) -> list[Stage]:
    known = {stage.name for stage in STAGES} | {stage.group for stage in STAGES if stage.group}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no such stage: {', '.join(unknown)}. Stages: {', '.join(sorted(known))}")
    return [stage for stage in STAGES if not names or stage.name in names or stage.group in names]


def report(runs: list[Run], seconds: float) -> int:
    failed = [run for run in runs if run.outcome == "failed"]
    for run in failed:
        print(f"\n----- {run.name}: {run.log.relative_to(ROOT)} " + "-" * 40)
        for text in run.log.read_text(encoding="utf-8", errors="replace").splitlines():
            if not NOISE.match(text):
                print(text)
    print(f"\nStages ({seconds:.0f} s in all; logs in {RESULTS.relative_to(ROOT)}/)")
    order = [stage.name for stage in STAGES]
    for run in sorted(runs, key=lambda each: order.index(each.name)):
        print(line(run))
    print()
    for run in runs:
        if run.closing:
            print(f"===== {run.closing} =====")
    counts = {outcome: sum(run.outcome == outcome for run in runs) for outcome in ("passed", "failed", "skipped")}
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count or outcome != "skipped"))
    return 1 if failed or not counts["passed"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="STAGE", help="a stage or a group (lint)")
    parser.add_argument("--jobs", type=int, default=min((os.cpu_count() or 1) + 1, 4), help="stages at a time")
    parser.add_argument("--measure", action="store_true", help="the coverage of integration targets, too")
    options = parser.parse_args()
    stages = select(options.only)
    for folder in (RESULTS / "coverage", HOME):
        folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.monotonic()
    try:
        runs = perform_all(stages, options.jobs, options.measure)
    except KeyboardInterrupt:
        sys.exit("interrupted")
    return report(runs, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
