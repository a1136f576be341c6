"""The core or the agent goes away in the middle of something: nothing is told twice, nothing is lost.

SPEC 4.5 cases 8 and 14.
"""

import time

import pytest

from filerig import NOC, PUBLIC
from nagios import CRITICAL, DOWN, OK, UP

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}, "Queue": {}}},
    "db1": {"services": {"Postgres": {}}},
    "web1": {"services": {"HTTP": {"_TWICKET_PUBLIC": "Shop"}}},
}


def open_incident(rig):
    """mx1 is down, and everybody was told: the tag."""
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    rig.nagios.host("mx1", DOWN, "PING CRITICAL")
    rig.wait_said(NOC, 1)
    rig.wait_said(PUBLIC, 1)
    assert rig.tags(NOC) == rig.tags(PUBLIC)
    return rig.tags(NOC)[0]


def restart_core(rig):
    """As an admin does it: stopped, then started; the core keeps its states in retention.dat."""
    rig.nagios.stop()
    rig.wait("the agent has seen it go", lambda: not rig.agent.connected(), 60)
    rig.nagios.start()
    rig.agent.wait_connected()


def restart_agent(rig):
    rig.agent.stop()
    rig.agent.start()
    rig.agent.wait_connected()


def crash_agent(rig):
    rig.agent.kill()
    rig.agent.start()
    rig.agent.wait_connected()


@pytest.mark.parametrize("restart", [restart_core, restart_agent, crash_agent], ids=lambda f: f.__name__)
def test_restart_in_an_incident(make_file_rig, restart):
    """The same tag, the same thread, the same owner, and the end is told once."""
    rig = make_file_rig(HOSTS)
    tag = open_incident(rig)
    rig.nagios.acknowledge("mx1")
    rig.wait_said(NOC, 2)
    rig.wait_said(PUBLIC, 2)
    restart(rig)
    rig.fence()
    assert len(rig.said(NOC)) == len(rig.said(PUBLIC)) == 2
    assert [i["tag"] for i in rig.agent.json("list")["incidents"] if i["object"] == "mx1"] == [tag]
    rig.nagios.host("mx1", UP, "PING OK")
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    rig.fence()
    for account in (NOC, PUBLIC):
        root, ack, end = rig.said(account, tag)
        assert "🔴" in root["text"] and "🟢" in end["text"] and len(rig.said(account)) == 3
        assert end["parent"] == root["key"]
    assert "carol" in rig.texts(NOC)[1] and "(carol)" in rig.texts(NOC)[2]


@pytest.mark.parametrize("keeps", [False, True], ids=["nothing", "what_was_before"])
def test_a_core_that_was_killed_has_forgotten(make_file_rig, keeps):
    """It comes back with nothing, or with its states of before the trouble: no end is told before a check says so."""
    rig = make_file_rig(HOSTS)
    retention = rig.nagios.dir / "retention.dat"
    if keeps:
        rig.nagios.service("mx1", "SMTP", OK, "fine")
        rig.nagios.host("mx1", UP, "PING OK")
        rig.nagios.wait_state("mx1", "SMTP", OK)
        rig.nagios.wait_state("mx1", None, UP)
        rig.nagios.command("SAVE_STATE_INFORMATION")
        rig.wait("its states are kept", lambda: retention.exists() and "mx1" in retention.read_text(), 20)
        time.sleep(1.1)  # its times are whole seconds
    tag = open_incident(rig)
    rig.nagios.process.kill()
    rig.wait("the agent has seen it go", lambda: not rig.agent.connected(), 60)
    if not keeps:
        retention.unlink(missing_ok=True)
    for name in ("nagios.lock", "nagios.cmd", "status.dat"):  # what it would have taken away itself
        (rig.nagios.dir / name).unlink(missing_ok=True)
    rig.nagios.start()
    rig.agent.wait_connected()
    rig.fence()
    assert not rig.nagios.status("mx1")["current_state"].strip("0"), "to the core all is well"
    for account in (NOC, PUBLIC):
        assert len(rig.said(account)) == 1, rig.texts(account)
    rig.nagios.host("mx1", UP, "PING OK")
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    for account in (NOC, PUBLIC):  # no change to the core: it is asked every 30 s
        rig.wait_said(account, 2)
        assert len(rig.said(account, tag)) == 2
        assert "🟢" in rig.texts(account)[1]


@pytest.mark.icinga
def test_what_begins_while_the_agent_is_away(make_file_rig):
    """What is still bad is told with its own time; what only recovered meanwhile is told as over."""
    rig = make_file_rig(HOSTS)
    tag = open_incident(rig)
    rig.agent.stop()
    rig.nagios.service("web1", "HTTP", CRITICAL, "503")
    rig.nagios.host("mx1", UP, "PING OK")
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    rig.nagios.wait_state("mx1", "SMTP", OK)
    rig.agent.start()
    rig.fence()
    for account, name in ((NOC, "web1/HTTP CRITICAL"), (PUBLIC, "Shop: disruption")):
        assert len(rig.said(account)) == 3, rig.texts(account)
        assert "🟢" in rig.texts(account, tag)[1]
        assert sum(name in text for text in rig.texts(account)) == 1


LATE_S, GATHER_S = 120, 60  # what is over for so long is past; so long the agent waits for more of it


def test_what_begins_and_ends_while_the_agent_is_away(make_file_rig):
    """The module has kept it: one summary for the operators, old news for nobody else.

    The results are of an hour ago, by their time stamps, and come now.
    """
    rig = make_file_rig(HOSTS)
    rig.agent.stop()
    for host, service in (("mx1", "SMTP"), ("db1", "Postgres")):
        rig.nagios.service(host, service, CRITICAL, "refused", ago=LATE_S + 1320)
    rig.nagios.wait_state("db1", "Postgres", CRITICAL)
    rig.nagios.service("mx1", "SMTP", OK, "fine", ago=LATE_S + 60)
    rig.nagios.service("db1", "Postgres", OK, "fine", ago=LATE_S + 660)
    rig.nagios.wait_state("db1", "Postgres", OK)
    rig.agent.start()
    rig.agent.wait_connected()
    digest, = rig.wait_said(NOC, 1, GATHER_S + 30)
    assert "📋" in digest and "2 problems came and went, longest mx1/SMTP 21 min" in digest
    rig.fence()
    assert rig.said(PUBLIC) == [] and len(rig.said(NOC)) == 1
