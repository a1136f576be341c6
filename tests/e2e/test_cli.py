"""The command line: what it prints, what it answers with --json, and its exit status."""

import json
import os
import pwd

import pytest

from nagios import CRITICAL, OK
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
    rig.wait("it is not acknowledged", lambda: not rig.nagios.acknowledged("mx1", "SMTP"), 10)
    rig.wait("the core's own words", lambda: "confirmed" in rig.agent.cli("show", tag).stdout, 10)


def test_reply_that_the_core_cannot_confirm(told):
    rig, tag = told
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 2)
    done = rig.agent.cli("reply", tag, "ack")
    assert done.returncode == 1, done.stdout + done.stderr
    assert not rig.nagios.acknowledged("mx1", "SMTP")


def test_wrong_usage(rig):
    for words in ([], ["frobnicate"], ["show"], ["reply"], ["list", "--nonsense"]):
        done = rig.agent.cli(*words)
        assert done.returncode == 2, (words, done.stdout, done.stderr)
        assert done.stderr


def test_the_agent_is_away(rig):
    rig.agent.stop()
    for words in (["status"], ["list"], ["show", "T222"], ["queue"], ["reply", "T222", "ack"]):
        done = rig.agent.cli(*words)
        assert done.returncode == 3 and done.stderr, words
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
