"""The core reloads in the middle of an incident; the agent is away, stopped or hung meanwhile."""

import os
import time

import pytest

from nagios import CRITICAL, OK

RELOADS = 100 if os.environ.get("TWICKET_LONG") else 5


def open_incident(rig):
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    tag, root = rig.wait_root(before)
    rig.nagios.command("ACKNOWLEDGE_SVC_PROBLEM;mx1;SMTP;2;0;0;carol;mine")
    rig.wait_posts(tag, 2)
    return tag


def open_tags(rig):
    return [row["tag"] for row in rig.agent.query("SELECT tag FROM incident WHERE open=1 ORDER BY id")]


def test_reloads_in_an_incident(rig):
    """No crash, no post, the same tag and owner; then the recovery is told as ever."""
    tag = open_incident(rig)
    pid = rig.nagios.process.pid
    for _ in range(RELOADS):
        rig.nagios.reload()
    rig.agent.wait_connected()
    assert rig.nagios.process.running() and rig.nagios.process.pid == pid
    assert rig.nagios.modules() == RELOADS + 1
    time.sleep(2)
    assert len(rig.posts(tag)) == 2
    assert open_tags(rig) == [tag]
    assert rig.nagios.acknowledged("mx1", "SMTP")
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 3)


@pytest.mark.parametrize("how", ["killed", "stopped", "away"])
def test_reload_without_a_listening_agent(rig, how):
    """The core does not notice: it takes results and reloads as quickly as ever."""
    tag = open_incident(rig)
    if how == "killed":
        rig.agent.kill()
    elif how == "stopped":
        rig.agent.freeze()
    else:
        rig.agent.stop()
    began = time.monotonic()
    rig.nagios.reload()
    assert time.monotonic() - began < 6
    for n in range(200):
        rig.nagios.service("db1", "Postgres", CRITICAL if n % 2 else OK, "x" * 200)
    rig.nagios.wait_state("db1", "Postgres", CRITICAL, 60)
    rig.nagios.reload()
    if how == "stopped":
        rig.agent.thaw()
    else:
        rig.agent.start()
    rig.agent.wait_connected()
    time.sleep(1.5)
    assert len(rig.posts(tag)) == 2
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 3, 40)


def test_the_agent_stops_and_reloads_as_it_is_told(rig):
    tag = open_incident(rig)
    good = rig.agent.config_path.read_text()
    rig.agent.configure(good.replace("hold", "hodl", 1))
    rig.agent.reload()
    rig.wait("it says what is wrong", lambda: "hodl" in rig.agent.log(), 60)
    assert rig.agent.answers(), "a bad file keeps the running configuration"
    rig.agent.configure(good)
    rig.agent.reload()
    time.sleep(0.5)
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 3)
    rig.agent.stop()  # raises when the status is not 0
    assert rig.nagios.process.running()


def test_a_wrong_argument_leaves_the_module_inert(make_rig):
    rig = make_rig(start=False)
    rig.nagios.args = "no=such argument"
    rig.nagios.configure({"mx1": {"services": {"SMTP": {}}}})
    rig.cleanup.stop(rig.nagios.start())
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    assert "twicket" in rig.nagios.log()
