"""`twicket replay` as an admin runs it: without an agent, from files and from a pipe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rig import agent_folder

pytestmark = pytest.mark.alone
DATA = Path(__file__).resolve().parents[1] / "replay"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("replay") / "nagios.log"
    subprocess.run([sys.executable, "-B", DATA / "genlog.py", "3000", path, path.with_name("objects.cache")], check=True)
    return path


def replay(*words, config="site.cfg", options=(), **more):
    argv = [agent_folder() / "twicket", *options, "-c", DATA / config, "replay", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, env={**os.environ, "TZ": "UTC"}, **more)


def test_table(log):
    done = replay(log, "--objects", log.with_name("objects.cache"))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "state changes" in done.stdout and "\npublic " in done.stdout and "USD/MONTH" in done.stdout


def test_pipe_and_archives_give_the_same(log, tmp_path):
    cache = ("--objects", log.with_name("objects.cache"))
    whole = replay(log, *cache).stdout
    assert replay("-", *cache, stdin=log.open()).stdout == whole
    lines = log.read_text().splitlines(keepends=True)
    parts = [tmp_path / "z.log", tmp_path / "a.log"]
    parts[0].write_text("".join(lines[:1500]))
    parts[1].write_text("".join(lines[1500:]))
    assert replay(*reversed(parts), *cache).stdout == whole, "in the order of their lines"


def test_posts(log):
    cache = ("--objects", log.with_name("objects.cache"))
    shown = replay(log, *cache, "--posts", "operators").stdout
    kept = json.loads(replay(log, *cache, "--posts", "operators", options=["--json"]).stdout)
    operators = kept["runs"][0]["audiences"][1]
    assert operators["name"] == "operators" and operators["posts"] == len(kept["posts"]) > 0
    assert kept["posts"][0]["text"].splitlines()[0] in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines() if line.startswith(" ")) <= 80


def test_compared_with_itself(log):
    done = replay(log, "--objects", log.with_name("objects.cache"), "--compare", DATA / "site.cfg")
    assert done.returncode == 0 and done.stdout.count("AUDIENCE") == 2
    assert "public: no difference" in done.stdout


def test_without_objects_the_public_hears_nothing(log):
    done = replay(log)
    assert done.returncode == 0 and "no host or service has a public name" in done.stderr
    facts = json.loads(replay(log, options=["--json"]).stdout)
    assert facts["runs"][0]["audiences"][0]["posts"] == 0 < facts["runs"][0]["audiences"][1]["posts"]


@pytest.mark.parametrize(
    "words, code, reason",
    [
        ([], 2, "of which log?"),
        (["/nonexistent.log"], 1, "No such file"),
        ([DATA / "site.cfg"], 1, "this is no nagios.log: line 1"),
        (["/dev/null"], 1, "it is empty"),
        (["x.log", "--posts", "publik"], 1, 'did you mean "public"?'),
        (["x.log", "--objects", "/nonexistent.cache"], 1, "No such file"),
        (["x.log", "--compare", "/nonexistent.cfg"], 1, "nonexistent.cfg: cannot be read"),
    ],
)
def test_refusals(words, code, reason):
    done = replay(*words)
    assert done.returncode == code and reason in done.stderr and done.stdout == "", done
