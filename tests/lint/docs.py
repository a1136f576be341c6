#!/usr/bin/env python3
"""What the documentation must hold to stay true to the source. Run by `make lint`.

Fails on: a message that the source can print and docs/errors.md does not name, an entry there that
nothing prints; a key of the parser without its line in twicket.cfg(5), the reverse, and a key of sample.cfg
that is neither; a command or an option of `twicket --help` that a shell's completion lacks; a file or a
link of docs/ that is not there; a manual page that man warns of.
It must never need a build.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import messages

TOP = Path(__file__).resolve().parents[2]
ERRORS = "docs/errors.md"
SPARED = "tests/lint/messages-for-developers.txt"
SOURCES = ("agent", "common", "module", "notifiers")
PAGES = ("*.1", "*.5", "*.7", "*.8")
SECTIONS = {  # the tables of keys, and where twicket.cfg(5) has them
    "agent/config.c": "GLOBAL KEYS", "agent/config_account.c": "ACCOUNTS", "agent/config_audience.c": "AUDIENCES",
    "agent/config_desk.c": "DESK", "agent/config_people.c": "PEOPLE",
    "agent/config_policy.c": "AUDIENCES", "agent/config_icinga.c": "ICINGA 2",
}
GROUPS = {"accounts", "audiences", "people", "desk", "icinga2"}  # each has a section of its own
PRICES = "agent/config_money.c"
# in docs/errors.md, what the reader types, not what twicket says
OF_A_READER = re.compile(r"(sudo|systemctl|twicket|journalctl|chmod|adduser|icinga2|TWICKET) |[a-z_]+ = ")

problems = []


def problem(name, line, text):
    problems.append(f"{name}:{line}: {text}")


def read(name):
    return (TOP / name).read_text()


# --- messages -------------------------------------------------------------------------------------


@functools.cache
def all_messages():
    """{message: where the source has it first}"""
    found = {}
    for folder in SOURCES:
        for path in sorted((TOP / folder).glob("*.c")):
            name = str(path.relative_to(TOP))
            for line, message in messages.messages(name, path.read_text()):
                found.setdefault(message, (name, line))
    return found


def code_spans(text):
    """What stands in backticks; two of them where one is in it."""
    text = re.sub(r"(?ms)^```.*?^```", "", text)
    return [re.sub(r"\s+", " ", m.group(2)).strip() for m in re.finditer(r"(?s)(`+)(.+?)\1(?!`)", text)]


def bare(text):
    """Without the blanks and marks at which a message is put together."""
    return re.sub(r"(… ?)+", "…", re.sub(r"\s+", " ", text)).strip(" :;,…")


def check_messages():
    found, spared = all_messages(), {}
    for number, line in enumerate(read(SPARED).split("\n"), 1):
        message, tab, reason = line.partition("\t")
        if line and not line.startswith("#"):
            spared[message] = number
            if not reason.strip():
                problem(SPARED, number, "no reason")
            if message not in found:
                problem(SPARED, number, f"the source has no such message: {message}")
    index = [bare(span) for span in code_spans(read(ERRORS))]
    for message, (name, line) in found.items():
        if message not in spared and not any(bare(message) in entry for entry in index):
            problem(name, line, f"{ERRORS} does not name: {message}")
    check_entries(index, [bare(m) for m in found])


def check_entries(index, known):
    """An entry is made of what the source has: at least its longest piece between two values is there."""
    everything = " ".join(re.sub(r"\s+", " ", path.read_text()) for folder in SOURCES
                          for path in sorted((TOP / folder).glob("*.[ch]")))
    everything = everything.replace('\\"', '"')
    everything = re.sub(r'%" PRI\w+ "', "%d", everything)
    everything = re.sub(r'" "', "", everything).replace("%%", "%")
    for entry in index:
        if "…" not in entry and " " not in entry:
            continue  # a word, a key, a file
        piece = max(re.split("…", entry), key=len).strip(" :;,")
        if len(piece) > 11 and piece not in everything and not any(piece in k for k in known):
            if not OF_A_READER.match(entry):
                problem(ERRORS, 1, f"nothing prints: {entry}")


# --- keys -----------------------------------------------------------------------------------------


def parser_keys():
    """{section: keys}"""
    found = {}
    for name, section in SECTIONS.items():
        keys = re.findall(r'\{"(\w+)",\s*KEY_', read(name))
        found.setdefault(section, set()).update(k for k in keys if section != "GLOBAL KEYS" or k not in GROUPS)
    prices = re.findall(r"(?m)^\s*\[PRICE_\w+\] = \{\"(\w+)\"", read(PRICES))
    return found, set(prices)


def manual_keys():
    """{section: keys}, with those that a section only names in its text in `mentioned`."""
    found, mentioned, section = {}, {}, ""
    for line in read("agent/twicket.cfg.5").split("\n"):
        if line.startswith(".Sh "):
            section = line[4:].strip()
        item = re.match(r"\.It Cm (\w+)", line)
        if item:
            found.setdefault(section, set()).add(item.group(1))
        for word in re.findall(r"\.Cm ((?:\w+ ?(?:, )?)+)", line):
            mentioned.setdefault(section, set()).update(re.findall(r"\w+", word))
    return found, mentioned


def check_keys():
    (wanted, prices), (items, mentioned) = parser_keys(), manual_keys()
    inner = {"AUDIENCES": set(re.findall(r'\{"(\w+)",\s*KEY_', read("agent/config_policy.c")))}
    for section, keys in wanted.items():
        for key in sorted(keys):
            place = mentioned if key in inner.get(section, ()) else items
            if key not in place.get(section, ()):
                problem("agent/twicket.cfg.5", 1, f"no line for {key} under {section}")
        for key in sorted(items.get(section, set()) - keys - prices):
            problem("agent/twicket.cfg.5", 1, f"{section} has {key}, which no parser knows")
    for key in prices:
        if key not in items.get("ACCOUNTS", ()):
            problem("agent/twicket.cfg.5", 1, f"no line for the price {key}")
    for line in read("agent/twicket.cfg.5").split("\n"):
        if re.match(r"\.It Cm \w+", line) and not re.match(r"\.It Cm \w+ (Pq|Ta) .", line):
            problem("agent/twicket.cfg.5", 1, f"no type and default: {line}")
    known = set().union(*wanted.values()) | GROUPS
    for number, line in enumerate(read("sample.cfg").split("\n"), 1):
        plain = re.sub(r'"[^"]*"', '""', line)
        plain = re.sub(r"^(\s*)# ?", r"\1", plain)
        if not re.match(r"\s*[\w-]+\s*=", plain):
            continue
        for key, opens in re.findall(r"([\w-]+)\s*=\s*(\{?)", plain.split("#")[0]):
            if key not in known and not opens:
                problem("sample.cfg", number, f"{key} is no key")


# --- commands -------------------------------------------------------------------------------------


def commands():
    """{command: its long options} of the table in cli.c, and the general options of the usage."""
    text = read("agent/cli.c")
    table = text[text.index("commands[] = {") : text.index("#define N_COMMANDS")]
    found = {}
    for name, body in re.findall(r'\{"(\w+)", cli_\w+,((?:\s*"(?:\\.|[^"\\])*")+)', table):
        found[name] = set(re.findall(r"--[a-z][a-z-]+", body))
    usage = text[text.index("usage[] =") :]
    usage = usage[: usage.index(";\n")]
    return found, set(re.findall(r"--(?:json|help|version)\b", usage)) | set(re.findall(r"\[(-[a-z]) ", usage))


def check_completion():
    found, general = commands()
    for name in ("contrib/completion/twicket.bash", "contrib/completion/_twicket"):
        if not (TOP / name).exists():
            problem(name, 1, "is missing")
            continue
        text = read(name)
        parts = dict(re.findall(r"(?ms)^# --- (\w+)\n(.*?)(?=^# --- |\Z)", text))
        for command, options in found.items():
            if command not in parts:
                problem(name, 1, f"has no part '# --- {command}'")
            for option in sorted(options):
                if not re.search(re.escape(option) + r"(?![\w-])", parts.get(command, "")):
                    problem(name, 1, f"{command} lacks {option}")
            for option in sorted(set(re.findall(r"--[a-z][a-z-]+", parts.get(command, ""))) - options - general):
                problem(name, 1, f"{command} has {option}, which it does not know")
        for option in general:
            if not re.search(r"(?<![\w-])" + re.escape(option) + r"(?![\w-])", text):
                problem(name, 1, f"lacks {option}")
        shell = "zsh" if Path(name).name.startswith("_") else "bash"
        if shutil.which(shell):
            done = subprocess.run([shell, "-n", TOP / name], capture_output=True, text=True)
            if done.returncode:
                problem(name, 1, done.stderr.strip())


def check_help():
    """twicket(1) has each command and each of its options."""
    text = read("agent/twicket.1").replace("\\-", "-")
    found, general = commands()
    for command, options in found.items():
        if not re.search(rf'(?m)^\.B[RI]? "?{command}\b', text):
            problem("agent/twicket.1", 1, f"no entry for {command}")
        for option in sorted(options):
            if option not in text:
                problem("agent/twicket.1", 1, f"{command}: nothing of {option}")


# --- files ----------------------------------------------------------------------------------------


def anchors(text):
    heads = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", text))
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def check_links():
    for path in [*sorted((TOP / "docs").glob("*.md")), *sorted(TOP.glob("*.md"))]:
        name, text = str(path.relative_to(TOP)), path.read_text()
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?:", target):
                continue
            file, _, anchor = target.partition("#")
            other = (path.parent / file) if file else path
            if not other.exists():
                problem(name, 1, f"links to {target}, which is not there")
            elif anchor and anchor not in anchors(other.read_text()):
                problem(name, 1, f"links to {target}: no such heading")


def check_source_walk():
    name = "docs/source.md"
    named = set()
    for number, line in enumerate(read(name).split("\n"), 1):
        for file in re.findall(r"`((?:[\w.*-]+/)+[\w.*-]*)`", line):
            hits = list(TOP.glob(file.rstrip("/")))
            named.update(str(p.relative_to(TOP)) for p in hits)
            if not hits:
                problem(name, number, f"there is no {file}")
    for folder in SOURCES:
        for path in sorted((TOP / folder).glob("*.c")):
            family = f"{folder}/{re.split('[_.]', path.name)[0]}"
            if not any(re.match(re.escape(family) + r"[_.]", other) for other in named):
                problem(name, 1, f"names no file of the family {family}")


def check_pages():
    if not shutil.which("man"):
        return
    for folder in ("agent", "module"):
        for path in sorted(p for pattern in PAGES for p in (TOP / folder).glob(pattern)):
            done = subprocess.run(["man", "--warnings", "-l", path], capture_output=True, text=True,
                                  env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
            for line in done.stderr.splitlines():
                problem(str(path.relative_to(TOP)), 1, line)


def main():
    check_messages()
    check_keys()
    check_completion()
    check_help()
    check_links()
    check_source_walk()
    check_pages()
    for line in problems:
        print(line)
    print(f"lint: documentation: {len(all_messages())} messages, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
