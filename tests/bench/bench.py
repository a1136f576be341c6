#!/usr/bin/env python3
"""`make bench`: GOALS P1 to P11 and C1 to C5 as measured, each next to its goal.

    bench.py BUILD [module cores c p9 p9_module p3 p5 p8 p6 p7 p4 p10 p11 replay]

Runs one benchmark after the other, prints a row "NAME measured goal ok|MISSED|reported" as soon as
it is known, and all of them again as a table. Exit status 1 when a gate is missed or a part failed.
"""

import importlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import stand
from proc import RigError
from rig import CORES

PARTS = ("module", "cores", "c", "p9", "p9_module", "p3", "p5", "p8", "p6", "p7", "p4", "p10", "p11", "replay")
ROW = re.compile(r"^([A-Z]\d+\.\S+) (\S+) (\S+) (ok|MISSED|reported)$")


def run_modules(build):
    """module_instr.sh for each module that is built; its rows look like ours."""
    for core in CORES:
        if (build / core / "twicket.so").exists():
            run_module(build, core)


def run_module(build, core):
    argv = ["make", "--no-print-directory", "bench-module", f"B={build}", f"CORE={core}"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=stand.HERE.parents[1]) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            found = ROW.match(line)
            if found:
                stand.rows.append(found.groups())
    if child.returncode:
        raise RigError(f"make bench-module CORE={core} ended with {child.returncode}")


def run_part(part, build):
    start = time.monotonic()
    try:
        if part == "module":
            run_modules(build)
        else:
            importlib.import_module(part).run(build)
    except RigError as e:
        stand.note(f"{part} failed: {e}")
        stand.rows.append((part, "failed", "-", "MISSED"))
    stand.note(f"{part}: {time.monotonic() - start:.0f} s")


def print_table():
    rows = [("NAME", "measured", "goal", ""), *stand.rows]
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    print()
    for name, measured, goal, verdict in rows:
        print(f"{name:<{widths[0]}}  {measured:>{widths[1]}}  {goal:>{widths[2]}}  {verdict}")


def main():
    build = Path(sys.argv[1]).resolve()
    os.environ["TWICKET_BUILD"] = str(build)  # where the cores' modules are
    parts = sys.argv[2:] or PARTS
    for part in parts:
        if part not in PARTS:
            sys.exit(f"bench: no part {part}; there are {' '.join(PARTS)}")
    for part in parts:
        run_part(part, build)
    print_table()
    return any(row[3] == "MISSED" for row in stand.rows)


if __name__ == "__main__":
    sys.exit(main())
