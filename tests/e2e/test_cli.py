"""The command line: what it prints, what it answers with --json, and its exit status."""

import fcntl
import json
import os
import pty
import re
import pwd
import struct
import subprocess
import termios

import pytest

from fakex import FakeX
from nagios import CRITICAL, OK
from proc import Cleanup, Place
from rig import quick_config


@pytest.fixture
def told(rig):
    """A rig with one incident that was told: (rig, tag)."""
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    tag, _ = rig.wait_root(before)
    rig.wait("the post is settled", lambda: not rig.agent.unsettled())
    return rig, tag


def local_name(rig):
    return pwd.getpwuid(rig.place.uid if os.getuid() == 0 else os.getuid()).pw_name


def test_nothing_is_open(rig):
    assert rig.agent.cli("list").stdout.strip() == "No open incidents."
    assert rig.agent.cli("list").returncode == 0
    assert rig.agent.json("list")["incidents"] == []
    assert rig.agent.json("queue")["posts"] == []
    assert rig.agent.cli("queue").returncode == 0


def test_status(rig):
    done = rig.agent.cli("status")
    assert done.returncode == 0 and done.stderr == ""
    assert "mon1" in done.stdout and "connected" in done.stdout and "status" in done.stdout
    status = rig.agent.json("status")
    assert [n["name"] for n in status["nodes"]] == ["mon1"] and status["nodes"][0]["connected"]
    assert status["nodes"][0]["lost"] == 0
    assert status["accounts"][0]["state"] == "ok"
    assert status["open"] == 0 and status["store"] == "ok"


def test_list_and_show(told):
    rig, tag = told
    assert f"#{tag}" in rig.agent.cli("list").stdout
    incident = rig.agent.json("list")["incidents"][0]
    assert incident["tag"] == tag and incident["object"] == "mx1/SMTP" and incident["open"]
    for typed in (tag, "#" + tag, tag.lower()):
        done = rig.agent.cli("show", typed)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"#{tag} mx1/SMTP CRITICAL since ")
    story = rig.agent.json("show", tag)["story"]
    assert {"event", "post"} <= {line["kind"] for line in story}
    post = next(line for line in story if line["kind"] == "post")
    assert post["state"] == "sent" and post["url"].startswith(rig.server.url)

    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 2)
    assert rig.agent.cli("show", tag).returncode == 0, "a closed one can be read as well"


def test_no_such_incident(rig):
    done = rig.agent.cli("show", "T222")
    assert done.returncode == 1 and "T222" in done.stderr and done.stdout == ""
    assert rig.agent.cli("reply", "T222", "ack").returncode == 1


def test_reply_does_what_a_reply_does(told):
    rig, tag = told
    done = rig.agent.cli("reply", tag, "ack", "disk", "full")
    assert done.returncode == 0, done.stderr
    comment = rig.wait_acknowledged("mx1", "SMTP")
    assert comment["author"] == local_name(rig)
    assert comment["comment_data"].startswith("disk full") and tag in comment["comment_data"].split()[-1]
    answer = rig.agent.json("reply", tag, "unack")
    assert answer["state"] == "confirmed"
    rig.wait("it is not acknowledged", lambda: not rig.nagios.acknowledged("mx1", "SMTP"), 60)
    rig.wait("the core's own words", lambda: "confirmed" in rig.agent.cli("show", tag).stdout, 60)


def test_reply_that_the_core_cannot_confirm(told):
    rig, tag = told
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 2)
    done = rig.agent.cli("reply", tag, "ack")
    assert done.returncode == 1, done.stdout + done.stderr
    assert not rig.nagios.acknowledged("mx1", "SMTP")


def test_report_of_this_month(told):
    """What the agent's slices add up to, over the socket; the figures themselves are the scenarios' business."""
    rig, tag = told
    assert rig.agent.cli("reply", tag, "ack", "disk", "full").returncode == 0
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 3)
    report = rig.agent.json("report")
    assert report["incidents"]["began"] == 1 and report["incidents"]["public"] == 1, report
    assert report["incidents"]["open_tags"] == [] and report["to_end"]["n"] == 1, report
    assert report["acked"] == {"reply": 1, "web": 0, "never": 0} and report["to_ack"]["n"] == 1, report
    assert report["posts"]["said"] == 3 and report["noise"]["useless_posts"] == 0, report
    text = rig.agent.cli("report").stdout
    assert "Incidents    1 began, 1 of them public\n" in text and max(map(len, text.splitlines())) <= 80
    assert rig.agent.cli("report", "--md").stdout.startswith("# ")
    assert "nothing happened" in rig.agent.cli("report", "--month", "2024-02").stdout


def on_terminal(agent, columns, *words, env=None):
    """What `twicket WORDS` prints on a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    try:
        argv = [agent.cli_path, "-c", agent.config_path, "-s", agent.state, "-r", agent.run, *words]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=slave, timeout=45, check=False,
                              env={"ASAN_OPTIONS": "detect_leaks=0", **(env or {})})
        assert done.returncode == 0
        return os.read(master, 65536).decode().replace("\r\n", "\n")
    finally:
        os.close(slave)
        os.close(master)


def test_a_terminal_gets_what_fits(rig):
    """And a file all of it, as wide as it may be."""
    name = "The telephones of the second and the third floor of the old building"
    assert rig.agent.cli("open", "no calls", "--to", "public", "--name", name).returncode == 0
    piped = rig.agent.cli("list").stdout
    assert name in piped and max(map(len, piped.splitlines())) > 80
    for columns in (80, 75):
        shown = on_terminal(rig.agent, columns, "list")
        assert "The telep" in shown and "…" in shown and max(map(len, shown.splitlines())) <= columns, shown
    assert on_terminal(rig.agent, 200, "list").splitlines()[0] == piped.splitlines()[0]


def test_colours_on_a_terminal_only(told):
    """State words and nothing else, where somebody looks; the same text without them everywhere else."""
    rig, tag = told
    red, plain, colours = "\x1b[31m", "\x1b[0m", {"TERM": "xterm"}
    for words, word in ((["list"], f"{red}CRITICAL{plain}"), (["show", tag], f" {red}CRITICAL{plain} since "),
                        (["status"], f"\x1b[32mok{plain}"), (["check"], f"\x1b[32mok{plain}")):
        shown = on_terminal(rig.agent, 200, *words, env=colours)
        assert word in shown, shown
        bare = shown.replace(red, "").replace("\x1b[32m", "").replace("\x1b[33m", "").replace(plain, "")
        assert "\x1b" not in bare
        if words != ["status"]:  # which counts seconds
            assert re.sub(r"\d+ (s|min)\b|\b\d+[sm]\b *", "", bare) == re.sub(
                r"\d+ (s|min)\b|\b\d+[sm]\b *", "", rig.agent.cli(*words).stdout)
        for env in ({}, {"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}):
            assert "\x1b" not in on_terminal(rig.agent, 200, *words, env=env), env
        assert "\x1b" not in on_terminal(rig.agent, 200, "--json", *words, env=colours)
        assert "\x1b" not in rig.agent.cli(*words).stdout


def test_wrong_usage(rig):
    for words in ([], ["frobnicate"], ["show"], ["reply"], ["list", "--nonsense"], ["report", "--month", "9999-01"]):
        done = rig.agent.cli(*words)
        assert done.returncode == 2, (words, done.stdout, done.stderr)
        assert done.stderr


def test_the_agent_is_away(rig):
    rig.agent.stop()
    for words in (["status"], ["list"], ["show", "T222"], ["queue"], ["report"], ["reply", "T222", "ack"]):
        done = rig.agent.cli(*words)
        assert done.returncode == 3 and done.stderr, words
    done = rig.agent.cli("preview", "mx1")
    assert done.returncode == 3 and "what the core watches" in done.stderr
    assert rig.agent.cli("check").returncode == 0, "works without it"


def test_check_says_whom_it_reaches(rig):
    done = rig.agent.cli("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "public" in done.stdout and "E-mail" in done.stdout and "alice" in done.stdout
    assert "Queue" not in done.stdout
    assert rig.agent.json("check")["ok"] is True


def test_check_lists_every_error(rig, server):
    config = quick_config(server, hodl="2m")
    config["people"]["alice"]["rolle"] = "lead"
    rig.agent.configure(config)
    done = rig.agent.cli("check")
    text = done.stdout + done.stderr
    assert done.returncode == 1
    assert 'did you mean "hold"?' in text and 'did you mean "role"?' in text
    assert "twicket.cfg:" in text and "2 errors" in text
    answer = rig.agent.cli("check", options=["--json"])
    assert answer.returncode == 1 and json.loads(answer.stdout)["ok"] is False


# --- preview ----------------------------------------------------------------------------------


def test_preview(rig, server):
    done = rig.agent.cli("preview", "mx1", "SMTP")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.startswith("mx1/SMTP CRITICAL\npublic      yes: _TWICKET_PUBLIC \"E-mail\"")
    assert "  problem   status " in done.stdout and "E-mail: disruption since" in done.stdout
    assert "recovery   (--all shows their words)" in done.stdout
    assert "USD" not in done.stdout, "nothing costs on Mastodon"
    assert rig.agent.cli("preview", "mx1/SMTP").stdout.split("\n")[0] == "mx1/SMTP CRITICAL"
    facts = rig.agent.json("preview", "mx1", "Queue")
    assert facts["ok"] and not facts["audiences"][0]["told"]
    assert "public name" in facts["audiences"][0]["why"]
    host = rig.agent.json("preview", "mx1")
    assert host["state"] == "DOWN" and "E-mail" in host["audiences"][0]["posts"][0]["text"]
    warning = rig.agent.json("preview", "mx1", "SMTP", "--state", "WARNING")
    assert not warning["audiences"][0]["told"] and "state warning" in warning["audiences"][0]["why"]


def test_preview_says_what_was_told(told):
    """The words of the preview are those of the post, but for the tag and the time."""
    rig, tag = told
    shown = rig.agent.json("preview", "mx1", "SMTP")["audiences"][0]["posts"][0]
    said = rig.agent.decided()[0]
    first = [line.split(" since ")[0] for line in (shown["text"], said)]
    assert first[0] == first[1] and shown["text"].endswith("#T000") and said.endswith(f"#{tag}")
    assert shown["units"] <= shown["limit"]


def test_preview_of_nothing(rig):
    done = rig.agent.cli("preview", "mx11")
    assert done.returncode == 1 and 'no host "mx11"' in done.stderr and '"mx1"' in done.stderr
    done = rig.agent.cli("preview", "mx1", "SMPT")
    assert done.returncode == 1 and 'no service "SMPT" on host "mx1"' in done.stderr and '"SMTP"' in done.stderr
    assert rig.agent.cli("preview", "mx1", "SMTP", "--state", "down").returncode == 2
    assert rig.agent.cli("preview").returncode == 2


# --- where posts cost -------------------------------------------------------------------------


@pytest.fixture
def x():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield cleanup.stop(FakeX(place, account="examplenet"))


@pytest.fixture
def x_rig(make_rig, x):
    account = {"network": "x", "handle": "examplenet", "url": x.url, "usd_per_month": 20, "poll": "6s"}
    config = quick_config(x)
    config["accounts"] = {"status": account}
    config["people"] = {}
    return make_rig(server=x, config=config)


def test_prices_are_shown_before_they_are_paid(x_rig):
    done = x_rig.agent.cli("check")
    assert done.returncode == 0, done.stdout + done.stderr
    words = " ".join(done.stdout.split())
    assert ("status: 0.031 USD per incident (problem 0.015, reply read 0.001, recovery 0.015), 20.00 USD a month "
            "are 645 incidents; links = true: 0.401; direct messages are not read") in words
    assert x_rig.agent.json("check")["accounts"][0]["prices"]["incident_micro"] == 31000
    done = x_rig.agent.cli("preview", "mx1", "SMTP")
    assert "of 280   0.015 USD" in done.stdout
    post = x_rig.agent.json("preview", "mx1", "SMTP")["audiences"][0]["posts"][0]
    assert post["price_micro"] == 15000 and post["limit"] == 280


def test_costs_are_shown(x_rig, x):
    status = x_rig.agent.json("status")["accounts"][0]
    assert status["idle"] and status["limit_micro"] == 20_000_000
    assert "MONTH" in x_rig.agent.cli("status").stdout and " idle " in x_rig.agent.cli("status").stdout
    before = x_rig.agent.json("status")["accounts"][0]["spent_micro"]
    x_rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    x_rig.wait("it is told on X", lambda: len(x.posts()) == 1)
    x_rig.wait("the post is settled", lambda: not x_rig.agent.unsettled())
    tag = x_rig.agent.json("list")["incidents"][0]["tag"]
    assert not x_rig.agent.json("status")["accounts"][0]["idle"]
    x_rig.nagios.service("mx1", "SMTP", OK)
    x_rig.wait("its end, too", lambda: len(x.posts()) == 2)
    x_rig.wait("both are settled", lambda: not x_rig.agent.unsettled())
    shown = x_rig.agent.cli("show", tag).stdout
    assert shown.count("0.015 USD") == 2 and shown.endswith("cost: 0.030 USD for its posts\n")
    assert x_rig.agent.json("show", tag)["cost_micro"] == 30000
    spent = x_rig.agent.json("status")["accounts"][0]["spent_micro"] - before
    assert spent >= 30000
    assert "of 20 USD" in x_rig.agent.cli("status").stdout


def test_what_waits_has_a_price(x_rig, x):
    x.script({"problem": "credits", "method": "POST", "path": "/2/tweets"})
    x_rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    queue = x_rig.wait("a post waits", lambda: x_rig.agent.json("queue")["posts"])
    assert queue[0]["price_micro"] == 15000
    assert "0.015 USD" in x_rig.agent.cli("queue").stdout
