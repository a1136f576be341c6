#!/usr/bin/env python3
"""R1 to R10 of the goals by name: runs the suites that stand for them, prints a line each with what they counted.

usage: goals.py BUILD_FOLDER [R5 R10 ...]   (make check-goals GOALS="R5 R10")

A count is what a suite itself says that it ran. A suite that several goals rest on runs once. Exit: 0 when
each goal asked for holds, 1 when one does not or nothing of it ran; what was skipped is named, not counted.
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
CASES = re.compile(r"^(\w+): (\d+) (?:cases|ran|parsers)\b(.*)$", re.M)
NO_CASES = re.compile(r", 0 (failed|skipped)\b|, \d+ s$| in \d+ programs ran|, 0 programs failed")

# What each says, and what shows it: make:TARGET, unit:PROGRAM, e2e:FILE[::CASE]
GOALS = {
    "R1": ("killed at every write and around every request: nothing twice, nothing lost",
           ["make:check-crash", "e2e:test_crash.py::test_killed", "e2e:test_x_crash.py"]),
    "R2": ("the answer of every third request lost", ["make:check-crash", "e2e:test_crash.py::test_every_third"]),
    "R3": ("reloads of the core in the middle of an incident", ["e2e:test_reload.py"]),
    "R4": ("agent killed, stopped, hung, speaking garbage: no instruction more in the core",
           ["make:check-module", "e2e:test_reload.py::test_reload_without"]),
    "R5": ("disk full, read-only, locked, damaged: the core untouched, nothing twice, said",
           ["unit:test_store_broken", "e2e:test_faults.py"]),
    "R6": ("hostile texts run no command, forge no row", ["unit:test_gate", "e2e:test_attacks.py", "e2e:test_attacks_many.py"]),
    "R7": ("who is not listed changes nothing", ["unit:test_authority", "e2e:test_attacks_who.py"]),
    "R8": ("every parser of outside bytes is fuzzed", ["make:check-fuzz"]),
    "R9": ("no finding of ASan, UBSan, the leak checker or valgrind",
           ["make:check-unit", "make:check-crash", "make:check-scenario", "make:check-random", "make:check-module"]),
    "R10": ("no secret where another could read it", ["unit:test_secret", "e2e:test_secrets.py"]),
}


class Suites:
    """Runs a suite when it is first asked for. An answer: (cases, skipped, failed, remarks)."""

    def __init__(self, build, goals):
        self.build = Path(build).resolve()
        self.known = {}
        self.e2e_wanted = sorted({part[4:].split("::")[0] for goal in goals for part in GOALS[goal][1]
                                  if part.startswith("e2e:")})
        self.e2e_cases = None

    def ask(self, part):
        kind, name = part.split(":", 1)
        if part not in self.known:
            self.known[part] = self.e2e(name) if kind == "e2e" else self.make(name, kind)
        return self.known[part]

    def make(self, name, kind):
        if kind == "unit":
            name = ["check-unit", f"unit_TESTS={self.build}/unit/{name}"]
        else:
            name = [name]
        argv = [os.environ.get("MAKE", "make"), "--no-print-directory", f"B={self.build}", *name]
        done = subprocess.run(argv, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        found = CASES.findall(done.stdout)
        if done.returncode:
            print(done.stdout[-4000:])
        skipped = sum(int(n) for n in re.findall(r", (\d+) skipped", done.stdout))
        remarks = [NO_CASES.sub("", rest).strip(" ,") for _, _, rest in found]
        return sum(int(n) for _, n, _ in found), skipped, done.returncode != 0, [r for r in remarks if r]

    def run_e2e(self):
        """All files at once: {(file, case): (outcome, remarks)}."""
        report = self.build / "goals-e2e.xml"
        report.unlink(missing_ok=True)
        agent = os.environ.get("TWICKET_AGENT") or self.build / "asan"
        env = {**os.environ, "TWICKET_BUILD": str(self.build), "TWICKET_AGENT": str(agent)}
        argv = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-n", os.environ.get("E2E_JOBS", "4"),
                f"--junitxml={report}", *(f"tests/e2e/{name}" for name in self.e2e_wanted)]
        done = subprocess.run(argv, cwd=TOP, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        cases = {}
        for case in xml.parse(report).iter("testcase") if report.exists() else []:
            bad = case.find("failure") is not None or case.find("error") is not None
            outcome = "failed" if bad else "skipped" if case.find("skipped") is not None else "ran"
            remarks = [p.get("value") for p in case.iter("property") if p.get("name") == "goal"]
            cases.setdefault((case.get("classname").split(".")[-1] + ".py", case.get("name")), []).append((outcome, remarks))
        if done.returncode:
            print(done.stdout[-6000:])
        return cases

    def e2e(self, name):
        if self.e2e_cases is None:
            self.e2e_cases = self.run_e2e()
        file, _, prefix = name.partition("::")
        mine = [result for (f, case), results in self.e2e_cases.items() if f == file and case.startswith(prefix)
                for result in results]
        count = {word: sum(outcome == word for outcome, _ in mine) for word in ("ran", "skipped", "failed")}
        return count["ran"], count["skipped"], count["failed"] > 0, [r for _, remarks in mine for r in remarks]


def judge(goal, suites):
    """Prints the goal's line. True: it holds."""
    what, parts = GOALS[goal]
    ran, skipped, failed, told, remarks = 0, 0, [], [], []
    for part in parts:
        cases, left, is_bad, more = suites.ask(part)
        name = part.split(":", 1)[1]
        ran, skipped = ran + cases, skipped + left
        failed += [name] if is_bad or not cases else []
        told.append(f"{name} {cases}")
        remarks += more
    word = "FAILED" if failed else "ok"
    left = f", {skipped} skipped" if skipped else ""
    print(f"{goal:<4}{word:<7}{ran:>6} cases{left}: {what} ({', '.join(told)})", flush=True)
    for name in failed:
        print(f"           {name} failed, or ran nothing")
    for remark in remarks if word == "ok" else []:
        print(f"           {remark}")
    return not failed


def main():
    if len(sys.argv) < 2 or any(goal not in GOALS for goal in sys.argv[2:]):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    goals = sys.argv[2:] or list(GOALS)
    suites = Suites(sys.argv[1], goals)
    held = sum(judge(goal, suites) for goal in goals)
    print(f"goals: {held} of {len(goals)} hold")
    return 0 if held == len(goals) else 1


if __name__ == "__main__":
    sys.exit(main())
