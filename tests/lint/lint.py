#!/usr/bin/env python3
"""The rules of the source tree that a compiler does not know. Run by `make lint`.

Fails on: an include that points the wrong way, a pure file that could do I/O, a core header outside
the module's one door, a banned function, a file over 500 lines, a function over 60 lines that is
not in long-functions.txt (or grew), the host name of a package registry, and a rule of SPEC
that tests/scenario/INDEX.txt gives no test for.
--format also reports, without failing, how many files clang-format would change.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
RATCHET = TOP / "tests/lint/long-functions.txt"

# module -> common <- notifiers <- agent -> common
MAY_INCLUDE = {
    "common": {"common"},
    "module": {"module", "common"},
    "notifiers": {"notifiers", "common"},
    "agent": {"agent", "notifiers", "common"},
}
# words_catalogue.c turns the catalogue files into what words.c uses: the one door for libconfig
PURE = re.compile(r"agent/(incident|match|reply|words(?!_catalogue))(_\w+)?\.[ch]$")
NOT_PURE = re.compile(r"(curl|sqlite3|libconfig|poll|sys/socket|sys/epoll|netdb|openssl)\b")
NOT_PURE_OURS = re.compile(r"agent/(agent|http|store|runner|outbox|collector|control|command|source)\w*\.h")
CORE_HEADER = re.compile(r"(include/)?(neb\w+|nagios|naemon|objects|broker|comments|downtime)\.h$|lib/libnagios")
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|atoi|strtok|gets|localtime|gmtime|system)\s*\(")
LIBC_ONLY = {"common", "module"}
LIBRARIES = re.compile(r"(curl|sqlite3|libconfig|jansson|gumbo|utf8proc|openssl)\b")
REGISTRY = re.compile(
    r"\b((deb|ftp\.\w+|security|snapshot|archive|httpredir)\.debian\.org|archive\.ubuntu\.com|pypi\.org"
    r"|files\.pythonhosted\.org|registry\.npmjs\.org|crates\.io|proxy\.golang\.org|rubygems\.org"
    r"|(docker|ghcr|quay)\.io|packages\.[\w-]+\.(com|io))\b"
)
OTHERS = re.compile(r"build[^/]*/|\.git/|.*__pycache__")
MAX_FILE, MAX_FUNCTION = 500, 60

INDEX = "tests/scenario/INDEX.txt"
STATES = {"H": "HELD", "T": "TOLD", "R": "RECOVERING", "S": "RESOLVED"}
CELLS = {  # SPEC 4.1: the cells that are not "-"
    "another problem": "HTRS", "severity": "HTRS", "one recovers": "HT", "last recovers": "HT",
    "acknowledged": "HTRS", "ack gone": "HTR", "flapping": "HTRS", "downtime covers": "HT",
    "downtime ends": "HT", "ancestor": "HTR", "source lost": "HTRS", "snapshot": "HTRS",
    "retracted": "HTRS",
}
PATIENCE = ("hold", "recovery_hold", "reopen", "update", "remind", "remind_acked", "outlive", "digest")
CAPABILITIES = (3, 5, *range(8, 40), *range(41, 50))  # SPEC section 3, the engine's

problems, notes = [], []


def tracked():
    """The project's files: what git knows or would take; without git, all but build folders."""
    listing = ["git", "-C", str(TOP), "ls-files", "-co", "--exclude-standard", "-z"]
    done = subprocess.run(listing, capture_output=True) if shutil.which("git") else None
    if done and not done.returncode:
        names = done.stdout.decode().split("\0")
    else:
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*")]
    return sorted(TOP / name for name in names if name and not OTHERS.match(name))


def without_comments(text):
    """Comments and the insides of strings become blanks; lines stay where they are."""

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + found[0]
        return re.sub(r"[^\n]", " ", found)

    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    return re.sub(pattern, blank, text, flags=re.S)


def problem(name, line, text):
    problems.append(f"{name}:{line}: {text}")


def check_include(name, number, target, quoted):
    area = name.split("/")[0]
    if quoted and area in MAY_INCLUDE and "/" in target:
        if (TOP / target).exists() and target.split("/")[0] not in MAY_INCLUDE[area]:
            problem(name, number, f"{area}/ may not include {target}")
    if PURE.match(name) and (NOT_PURE.match(target) or NOT_PURE_OURS.match(target)):
        problem(name, number, f"a pure file may not include {target}")
    if area in LIBC_ONLY and LIBRARIES.match(target):
        problem(name, number, f"{area}/ needs nothing but libc, not {target}")
    if area in MAY_INCLUDE and CORE_HEADER.search(target) and not (TOP / target).exists():
        if name != "module/neb_compat.h":
            problem(name, number, "core headers come through module/neb_compat.h only")


def pure_closure(name, text):
    """What a pure file reaches through the project's own headers."""
    seen, todo = set(), re.findall(r'(?m)^\s*#\s*include\s+"([^"]+)"', text)
    while todo:
        header = todo.pop()
        if header in seen or not (TOP / header).exists():
            continue
        seen.add(header)
        inner = (TOP / header).read_text(errors="replace")
        for target in re.findall(r'(?m)^\s*#\s*include\s+[<"]([^>"]+)[>"]', inner):
            if NOT_PURE.match(target):
                problem(name, 1, f"a pure file reaches {target} through {header}")
            todo.append(target)


def functions(code):
    """(name, first line, length) of each function: body braces stand in column 0."""
    lines = code.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            head = "\n".join(lines[max(0, start - 8) : start - 1]).rsplit("\n\n", 1)[-1]
            names = re.findall(r"(\w+)\s*\(", head)
            if names and not line.startswith("};"):
                yield names[0], start, number - start - 1
            start = None


def read_ratchet():
    found = {}
    if RATCHET.exists():
        for line in RATCHET.read_text().splitlines():
            words = line.split()
            if len(words) == 2 and not line.startswith("#"):
                found[words[0]] = int(words[1])
    return found


def check_c(name, text, ratchet):
    code = without_comments(text)
    for number, line in enumerate(text.split("\n"), 1):
        include = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if include:
            check_include(name, number, include.group(2), include.group(1) == '"')
    if PURE.match(name):
        pure_closure(name, text)
    for number, line in enumerate(code.split("\n"), 1):
        banned = BANNED.search(line)
        if banned:
            problem(name, number, f"{banned.group(1)}() is banned")
    for function, line, length in functions(code):
        if length > ratchet.get(f"{name}:{function}", MAX_FUNCTION):
            problem(name, line, f"{function}() has {length} lines, the limit is {MAX_FUNCTION}")


def index_wanted():
    for row, states in CELLS.items():
        yield from (f"4.1 {row} / {STATES[state]}" for state in states)
    yield from (f"4.2 {name}" for name in PATIENCE)
    yield from (f"4.5 {number}" for number in range(1, 23))
    yield from (f"3 {number}" for number in CAPABILITIES)


def check_index(text):
    """Each rule has a test that is there; each scenario that was written for one stands at it."""
    keys, listed = set(), set()
    for number, line in enumerate(text.split("\n"), 1):
        key, _, names = (part.strip() for part in line.partition("  "))
        if not key or key.startswith("#"):
            continue
        keys.add(key)
        if not names:
            problem(INDEX, number, f"no test for {key}")
        for name in names.split():
            path = name if "/" in name else f"tests/scenario/{name}"
            listed.add(path)
            if not (TOP / path).is_file():
                problem(INDEX, number, f"{key}: there is no {path}")
    for key in index_wanted():
        if key not in keys:
            problem(INDEX, 1, f"no line for {key}")
    for path in sorted(p for p in (TOP / INDEX).parent.glob("c*_*.txt") if p.name[:5] in ("case_", "cell_")):
        name = str(path.relative_to(TOP))
        if name not in listed:
            problem(name, 1, f"stands in no line of {INDEX}")


def format_report(files):
    if not shutil.which("clang-format"):
        notes.append("clang-format is not installed: format not looked at")
        return
    differing = []
    for path in files:
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", path], cwd=TOP, capture_output=True)
        if done.returncode:
            differing.append(str(path.relative_to(TOP)))
    if differing:
        notes.append(f"clang-format would change {len(differing)} of {len(files)} files")


def main():
    ratchet = read_ratchet()
    files = [p for p in tracked() if p.is_file() and not p.is_symlink()]
    c_files = [p for p in files if p.suffix in (".c", ".h")]
    for path in files:
        name = str(path.relative_to(TOP))
        data = path.read_bytes()
        if b"\0" in data or name == "COPYING" or "/corpus/" in name:
            continue
        text = data.decode(errors="replace")
        for number, line in enumerate(text.split("\n"), 1):
            if REGISTRY.search(line):
                problem(name, number, "names the host of a package registry")
        counted = path.suffix in (".c", ".h", ".py", ".sh", ".mk") or path.name == "Makefile"
        if counted and "/data/" not in name and text.count("\n") > MAX_FILE:
            problem(name, MAX_FILE + 1, f"{text.count(chr(10))} lines, the limit is {MAX_FILE}")
        if path.suffix in (".c", ".h"):
            check_c(name, text, ratchet)
        if name == INDEX:
            check_index(text)
    if "--format" in sys.argv:
        format_report(c_files)
    for line in problems:
        print(line)
    for line in notes:
        print(f"lint: note: {line}")
    print(f"lint: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
