"""The commands that README, docs/ and the manual pages show, typed as they stand there: each is one that twicket knows.

They run against a file rig. What they are about is mostly not there (a log, a ticket), so they may say no; they
must never be wrong usage, which is exit code 2. Besides: what is installed with them fits together.
"""

import os
import re
import shlex
import shutil
import subprocess

import pytest

from nagios import CRITICAL
from rig import TOP, agent_folder, build_folder

DOCUMENTS = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
PAGES = sorted((TOP / "agent").glob("*.[158]"))
LEAST = 30  # a reader that finds none is a defect, too
TOLD = {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}}}}

# what a document leaves to its reader
STANDS_FOR = {"NAME": "pub", "TAG": "T7K2", "HOST": "mx1", "SERVICE": "SMTP", "ID": "1", "WORDS": "words",
              "COMMAND": "check", "…": "words", "Q-…": "Q-4K7M"}


def shown_in(text):
    """(lines of code blocks, fenced or indented; what stands in backticks)"""
    fenced = re.findall(r"(?ms)^ *```\n(.*?)^ *```", text)
    rest = re.sub(r"(?ms)^ *```\n.*?^ *```", "", text)
    indented = re.findall(r"(?m)^ {4,}(\S.*)$", rest)
    spans = re.findall(r"(?s)(?<!`)`([^`]+)`(?!`)", rest)
    return [line for block in fenced for line in block.split("\n")] + indented, [re.sub(r"\s+", " ", s) for s in spans]


def shown_in_page(text):
    """The same of a manual page, where a command is a line of its own."""
    found = re.findall(r'(?m)^\.(?:Ql|BR?) "?(twicket [^"\n]*?)"?(?: [.,;:)]+)?$', text)
    return [], [command.replace("\\-", "-") for command in found]


def commands(lines, spans):
    """Each `twicket COMMAND ...` as a list of words."""
    for line in [*lines, *spans]:
        for part in re.split(r";|\|(?!\w)| < ", line):
            part = re.sub(r"^\s*(sudo )?", "", re.sub(r"\s+#\s.*", "", part)).strip()
            if re.match(r"twicket (-c \S+ )?[a-z]", part):
                words = [STANDS_FOR.get(word, word) for word in shlex.split(part)[1:]]
                is_name = line in spans and (len(words) == 1 or words[1].startswith("--"))
                yield ["help", words[0]] if is_name else words


@pytest.fixture(scope="module")
def shown():
    found = {}
    for path in DOCUMENTS:
        for words in commands(*shown_in(path.read_text())):
            found.setdefault(tuple(words), path.name)
    for path in PAGES:
        for words in commands(*shown_in_page(path.read_text())):
            found.setdefault(tuple(words), path.name)
    return found


def test_commands(make_file_rig, shown, record_property):
    rig = make_file_rig(TOLD)
    assert len(shown) >= LEAST
    wrong = []
    for words, name in shown.items():
        done = rig.agent.cli(*words)
        if done.returncode not in (0, 1):
            wrong.append(f"{name}: twicket {shlex.join(words)}: {done.returncode}: {done.stderr.strip()}")
    assert not wrong, "\n".join(wrong)
    assert rig.agent.cli("list", "--sinse", "-3h").returncode == 2
    record_property("goal", f"documents: {len(shown)} commands, none of them wrong usage")


COMPLETE = """\
source {script}
PATH={folder}:$PATH
words_of() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _twicket; echo "${{COMPREPLY[*]}}"; }}
"""


def complete(rig, *typed):
    """What bash offers for the last of these words; -c, -s and -r stand before them."""
    options = ["-c", str(rig.agent.config_path), "-s", str(rig.agent.state), "-r", str(rig.agent.run)]
    script = COMPLETE.format(script=TOP / "contrib/completion/twicket.bash", folder=agent_folder())
    done = subprocess.run(["bash", "-c", script + "words_of " + shlex.join(["twicket", *options, *typed])],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_completion(make_file_rig):
    rig = make_file_rig(TOLD)
    rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    rig.fence()
    tags = {incident["tag"] for incident in rig.agent.json("list")["incidents"]}
    assert set(complete(rig, "show", "")) == tags and tags
    assert complete(rig, "che") == ["check"]
    assert set(complete(rig, "auth", "")) == {"pub", "noc"}
    assert set(complete(rig, "open", "the words", "--to", "")) == {"public", "operators"}
    assert complete(rig, "pause", "op") == ["operators"]
    assert complete(rig, "list", "--se") == ["--search"]
    rig.agent.stop()
    assert complete(rig, "show", "") == [], "nothing is asked where no agent runs"


def test_words_of_reply_in_both_shells():
    """Each shell offers the same, and what it offers is a word of the catalogue."""
    bash = re.search(r"reply,1\) _twicket_words '(.*)'", (TOP / "contrib/completion/twicket.bash").read_text())[1]
    zsh = re.search(r"2:words:\((.*?)\)'", (TOP / "contrib/completion/_twicket").read_text())[1].replace("\\", "")
    assert bash.split() == zsh.split() and {"ack", "say:", "go", "no", "edit:", "last?"} <= set(bash.split())
    words = " ".join(re.findall(r'"([^"]*)"', (TOP / "agent/words/en.cfg").read_text())).split()
    assert not [word for word in bash.split() if word != "?" and word not in words]


@pytest.mark.skipif(not shutil.which("man"), reason="no man")
def test_pages_fit_a_terminal():
    """At 80 columns, as every terminal has them, nothing stands beyond the edge."""
    pages = [*PAGES, TOP / "module/twicket.so.7"]
    assert len(pages) == 5
    env = {**os.environ, "MANWIDTH": "80", "MAN_KEEP_FORMATTING": "", "LC_ALL": "C.UTF-8"}
    for page in pages:
        done = subprocess.run(["man", "-l", "-Tutf8", page], capture_output=True, text=True, check=True, env=env)
        text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)
        assert "SEE ALSO" in text
        assert not [line for line in text.split("\n") if len(line) > 80], page.name


def as_pattern(glob):
    """A path rule of AppArmor; of its patterns those that ours uses."""
    words = {"\\*\\*": ".*", "\\*": "[^/]*", "\\{,": "(?:|", "\\}": ")"}
    return re.sub("|".join(map(re.escape, words)), lambda m: words[m[0]], re.escape(glob))


def test_apparmor_lets_the_agent_at_its_files():
    """Each file of twicketd(8) has its rule, and what the agent makes may be written; the whole is AppArmor's language."""
    profile = TOP / "contrib/apparmor/usr.sbin.twicketd"
    rules = re.findall(r"(?m)^  (/\S+) ([rwkm]+),$", profile.read_text())
    page = (TOP / "agent/twicketd.8").read_text().partition(".SH FILES")[2].partition(".SH ")[0]
    files = [name.replace("\\-", "-") for name in re.findall(r"(?m)^\.I (/\S+)$", page)]
    made = [name for name in files if not name.startswith("/etc/")] + ["/run/twicket/not-started.new"]
    assert len(files) >= 6 and len(made) > 6 and len(rules) > 6
    for name in files:
        assert any(re.fullmatch(as_pattern(glob), name) for glob, _ in rules), name
    for name in made:
        assert any(re.fullmatch(as_pattern(glob), name) and "w" in may for glob, may in rules), name
    if shutil.which("apparmor_parser"):
        done = subprocess.run(["apparmor_parser", "-Q", "-K", profile], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_install_and_uninstall(tmp_path):
    """What `make install` puts there `make uninstall` takes away, and nothing that an admin wrote."""
    def make(target):
        argv = ["make", "-s", "-C", TOP, "-o", "all", f"B={build_folder()}", f"DESTDIR={tmp_path}", target]
        subprocess.run(argv, check=True, capture_output=True, text=True, env={**os.environ, "MAKEFLAGS": ""})
        return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))

    put = make("install")
    for name in ("bin/twicket", "sbin/twicketd", "lib/nagios/plugins/check_twicket", "share/man/man7/twicket.so.7",
                 "share/doc/twicket/docs/errors.md", "share/zsh/site-functions/_twicket"):
        assert f"usr/local/{name}" in put
    assert not [name for name in put if name.endswith(".new")]
    assert not [name for name in make("uninstall") if "twicket" in name or not (tmp_path / name).is_dir()]
    make("install")
    (tmp_path / "etc/twicket/twicket.cfg").write_text("mine")
    assert [name for name in make("uninstall") if "twicket" in name] == ["etc/twicket", "etc/twicket/twicket.cfg"]
