"""The core or the agent goes away in the middle of something: nothing is told twice, nothing is lost.

SPEC 4.5 cases 8 and 14.
"""

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


def test_what_recovers_while_the_core_is_away(make_file_rig):
    """A core that starts without its retained states knows no trouble: the end is told, once."""
    rig = make_file_rig(HOSTS)
    tag = open_incident(rig)
    rig.nagios.stop()
    rig.wait("the agent has seen it go", lambda: not rig.agent.connected(), 60)
    (rig.nagios.dir / "retention.dat").unlink()
    rig.nagios.start()
    rig.agent.wait_connected()
    rig.fence()
    for account in (NOC, PUBLIC):
        assert len(rig.said(account)) == len(rig.said(account, tag)) == 2, rig.texts(account)
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
