# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one module as a process that tells what it took of the machine. Arguments: the module's name; stdin: its options.

Its result goes to the standard output as ever; {"cpu": seconds, "memory": MB at most} to the standard error.
"""

import atexit
import importlib
import json
import re
import sys
import time
from pathlib import Path

from ansible.module_utils import basic

if hasattr(basic, "_ANSIBLE_PROFILE"):  # ansible-core 2.19 and later want to be told how the options are serialised
    basic._ANSIBLE_PROFILE = "legacy"
module = importlib.import_module(f"ansible_collections.certops.cdn.plugins.modules.{sys.argv.pop()}")
begun = time.process_time()


def tell() -> None:
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert peak is not None
    json.dump({"cpu": time.process_time() - begun, "memory": int(peak[1]) / 1000}, sys.stderr)


atexit.register(tell)
module.main()
