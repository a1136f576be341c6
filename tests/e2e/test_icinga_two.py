"""Two Icinga 2 in one list, scripted ones: each is watched, and what happens to one is no news of the other."""

import pytest

import filerig
from conftest import making
from fakeicinga import FakeIcinga
from filerig import NOC, PUBLIC
from nagios import CRITICAL, OK
from rig import ICINGA

HOSTS = {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}}}}
ELSEWHERE = {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail in Berlin"}}}}
BOTH = (NOC, PUBLIC)


@pytest.fixture
def make():
    """make(**how) -> a FileRig with a second Icinga, `another`; the agent is not started yet."""
    with making(lambda **how: filerig.FileRig(HOSTS, core=ICINGA, hold=0, of=FakeIcinga, start=False, **how)) as made:
        def build(others=HOSTS, **how):
            rig = made(**how)
            rig.another = FakeIcinga(rig.place, others, name="second", node="another")
            rig.cleanup.stop(rig.another)
            rig.cleanup.stop(rig.icinga)
            return rig

        yield build


def watch(rig, *icingas):
    rig.agent.always = {"icinga2": [icinga.group() for icinga in icingas]}
    rig.agent.configure(rig.config())


def start(rig):
    watch(rig, rig.icinga, rig.another)
    rig.cleanup.stop(rig.agent.start())


def node(rig, name):
    return next(n for n in rig.agent.json("status")["nodes"] if n["name"] == name)


def wait_told(rig, count):
    for account in BOTH:
        rig.wait_said(account, count, 40)


def test_the_same_name_in_both_is_two_problems(make):
    """And an acknowledgement goes to the one whose problem it is."""
    rig = make(ELSEWHERE)
    start(rig)
    rig.agent.wait_connected(40, nodes=2)
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused")
    wait_told(rig, 1)
    tag, = rig.tags(NOC)
    assert rig.agent.cli("reply", tag, "ack", "on it").returncode == 0
    assert rig.icinga.acknowledged("mx1", "SMTP") and not rig.another.acknowledged("mx1", "SMTP")
    assert not rig.another.asked("/v1/actions")
    rig.another.service("mx1", "SMTP", CRITICAL, "refused here, too")
    rig.wait("operators hear of the second", lambda: any("refused here" in text for text in rig.texts(NOC)), 40, 0.2)
    second = [text for text in rig.texts(NOC) if "refused here" in text]
    assert len(second) == 1 and tag not in second[0], rig.texts(NOC)


def test_one_problem_where_both_watch_the_same(make):
    """same_objects: told once, acknowledged on both, over when both say so."""
    rig = make(more={"same_objects": ["mon2", "another"]})
    start(rig)
    rig.agent.wait_connected(40, nodes=2)
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused")
    rig.another.service("mx1", "SMTP", CRITICAL, "refused here, too")
    wait_told(rig, 1)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [1, 1], rig.texts(NOC)
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    rig.another.service("mx1", "SMTP", OK, "fine")
    wait_told(rig, 2)
    assert all("🟢" in rig.texts(account)[1] for account in BOTH), [rig.texts(account) for account in BOTH]


def test_one_that_cannot_be_reached_keeps_nobody_waiting(make):
    rig = make()
    rig.another.script({"path": "/v1/", "count": 100000, "close": True})
    start(rig)
    rig.agent.wait_connected(40)
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused")
    wait_told(rig, 1)
    assert not node(rig, "another")["connected"]
    rig.another.control("unscript", {})
    rig.agent.wait_connected(60, nodes=2)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [1, 1]


def test_a_reload_that_takes_one_out_leaves_the_other(make):
    rig = make()
    start(rig)
    rig.agent.wait_connected(40, nodes=2)
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused")
    wait_told(rig, 1)
    streams = len(rig.icinga.asked("/v1/events"))
    watch(rig, rig.icinga)
    rig.agent.reload()
    rig.wait("it is not asked any more", lambda: not node(rig, "another")["connected"], 40, 0.2)
    asked = len(rig.another.control("log"))
    rig.fence()
    assert len(rig.icinga.asked("/v1/events")) == streams and len(rig.another.control("log")) == asked
    assert [len(rig.said(account)) for account in BOTH] == [1, 1]
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    wait_told(rig, 2)
