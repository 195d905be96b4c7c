# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one module as a process that tells what it took of the machine.

Arguments: the module's name, and --profile, which slows it; stdin: its options. Its result goes to the standard output
as ever, to the standard error {"cpu": seconds, "memory": MB at most, "profile": {"main": seconds by whose code took
them, "others": the same for all other threads}}.
"""

import atexit
import cProfile
import importlib
import json
import pstats
import re
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from ansible.module_utils import basic

if hasattr(basic, "_ANSIBLE_PROFILE"):  # ansible-core 2.19 and later want to be told how the options are serialised
    basic._ANSIBLE_PROFILE = "legacy"
module = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{sys.argv[1]}")
profiles = {"main": [], "others": []}

# Whose code a function is, by its file and name: what is written in C has none of the first.
WHOSE = (
    ("this collection", re.compile(r"/ansible_collections/|/plugins/module_utils/|/plugins/modules/")),
    ("Ansible", re.compile(r"/site-packages/ansible/")),
    ("requests", re.compile(r"/site-packages/requests/")),
    ("urllib3", re.compile(r"/site-packages/urllib3/")),
    ("TLS", re.compile(r"_ssl\b|/ssl\.py|_socket\b|/socket\.py")),
    ("http.client and email", re.compile(r"/http/|/email/")),
    ("JSON", re.compile(r"_json|/json/")),
)


def profiled(kind):
    profile = cProfile.Profile(time.thread_time)  # not while it waits
    profiles[kind].append(profile)
    return profile


def run_profiled(self, original=threading.Thread.run):
    profiled("others").runcall(original, self)


def whose(file, name):
    return next((owner for owner, pattern in WHOSE if pattern.search(f"{file} {name}")), "else in Python")


def shares(found):
    seconds = Counter()
    for profile in found:
        for (file, _line, name), (_calls, _primitive, own, *_rest) in pstats.Stats(profile).stats.items():
            seconds[whose(file, name)] += own
    return dict(seconds)


def tell():
    cpu = time.process_time() - begun
    for profile in profiles["main"]:
        profile.disable()
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    told = {"cpu": cpu, "memory": int(peak[1]) / 1000}
    json.dump({**told, "profile": {kind: shares(found) for kind, found in profiles.items()}}, sys.stderr)


profiling = "--profile" in sys.argv
del sys.argv[1:]
atexit.register(tell)
begun = time.process_time()
if profiling:
    threading.Thread.run = run_profiled
    profiled("main").enable()
module.main()
