"""Replies where an incident is over, closed or unknown, that are edited or deleted, and what needs more than a word.

On snac and on the loopback X, into a real core (SPEC 4.5 cases 2, 10, 12, 13; 5.2: ack all, endorse, pause, stop).
"""

import time

import pytest

from nagios import CRITICAL, OK
from talk import SERVICE, STAR, Step, acked, acked_with, not_acked, things_of, untouched

WORKING = "We are working on it"
OVER = {"private": STAR, "public": "over since"}


def thread_ends(t, host):
    t.rig.wait(f"the end of {host} is told", lambda: any("🟢" in text for text in t.thread(host)), 20, 0.3)


def test_after_the_recovery(talk):
    """No ack, but what is known now; it is there when it breaks again, in the same thread."""
    t = talk(2)
    t.fail(things_of(range(2)))
    t.run([[Step("ack", acked, private=STAR, public=WORKING)], [Step("quiet 1h", untouched, private=STAR, public="Quiet until")]])
    t.recover(["h00", "h01"])
    for host in ("h00", "h01"):
        thread_ends(t, host)
    t.run([[Step("ack", not_acked, private="already recovered at", public="It has already recovered"),
            Step("the queue had filled up", **OVER),
            Step("fixed: a new cable", private=STAR, public="Noted, for the next time"),
            Step("last?", private="a new cable", public="Please ask that in a private message")]])
    acks = [c for c in t.rig.nagios.external_commands() if "ACKNOWLEDGE" in c]
    assert len(acks) == 1, "none is sent that the core would drop"
    t.rig.nagios.service("h00", SERVICE, CRITICAL, "troubleaa")
    t.settle([("the same thread", lambda: any("disrupted again" in text for text in t.thread("h00"))),
              ("its owner of before is named", lambda: any("had been lead0’s" in line for line in t.lines()))])


def test_after_the_end(talk):
    """What was called a false alarm is closed: who answers there is told where it goes on, and nothing is transferred."""
    t = talk(2)
    t.fail(things_of(range(2)))
    old = dict(t.roots)
    assert t.rig.agent.cli("retract", t.tags["h01"], "wrong threshold").returncode == 0
    t.rig.wait("it is called off", lambda: any("false alarm" in text for text in t.thread("h01")), 20, 0.3)
    t.recover(["h01"])
    t.rig.wait("the core has it", lambda: t.rig.nagios.status("h01", SERVICE).get("current_state") == "0", 20)
    t.fail({"h01": "Thing 01"})
    new, t.roots["h01"] = t.tags["h01"], old["h01"]
    said = t.net.say("lead1", "ack", old["h01"])
    pointed = f"now #{new}" if t.net.kind != "x" else "It is closed, so nothing was done"
    t.rig.wait("he is told", lambda: any(pointed in text for text, _ in t.net.answers(t.net.posts(), "lead1", said)), 30, 0.5)
    assert untouched(t.rig.nagios, "h01", "lead1")
    t.run([[Step("any other words", private=STAR, public="disruption since")], [Step(f"ack {new} disk", acked_with("disk"))]])


def test_under_a_post_of_others(talk):
    """Silence: it may be a talk about something else."""
    t = talk(1)
    t.fail(things_of(range(1)))
    others = t.net.say("dora", "has anybody seen my cat?")
    said = t.net.say("lead0", "ack", others, mention=True)
    t.rig.wait("it is read", lambda: t.rig.agent.query("SELECT 1 FROM reply WHERE text LIKE 'ack%' AND state NOT IN (0,1)"), 40, 0.5)
    assert t.net.answers(t.net.posts(), "lead0", said) == []
    assert untouched(t.rig.nagios, "h00", "lead0") and not t.net.is_thanked("lead0", said)


def test_edited_and_deleted(talk):
    """What was seen first counts, once; what its author takes away undoes nothing."""
    t = talk(2)
    t.fail(things_of(range(2)))
    t.run([[Step("ack", acked, private=STAR, public=WORKING)], [Step("ack", acked, private=STAR, public=WORKING)]])
    (edited,), (deleted,) = t.said["h00"], t.said["h01"]
    t.net.edit(*edited, "unack")
    t.net.delete(*deleted)
    t.run([[Step("later words", private=STAR)], [Step("later words", private=STAR)]])
    for host in ("h00", "h01"):
        assert acked(t.rig.nagios, host, t.said[host][0][0]), host
    assert not [c for c in t.rig.nagios.external_commands() if "REMOVE" in c]


def test_ack_all(talk):
    """All problems of the incident that nobody has, each in the core; and no other's."""
    services = {name: {"_TWICKET_PUBLIC": name} for name in ("Alpha", "Beta", "Gamma")}
    t = talk(1, hosts={"big": {"services": services}})
    t.fail({"big": "Alpha"}, "Alpha")
    t.fail(things_of(range(1)))
    for name in ("Beta", "Gamma"):
        t.rig.nagios.service("big", name, CRITICAL, "refused")
    t.rig.wait("all are of it", lambda: len(t.rig.agent.query("SELECT 1 FROM problem WHERE until_s=0")) == 4, 20, 0.2)
    said = t.net.say("olga", "ack all", t.roots["big"])
    words = "3 acknowledged" if t.net.kind != "x" else "All acknowledged"
    t.settle([("the answer", lambda: any(words in text for text, _ in t.net.answers(t.net.posts(), "olga", said)))] +
             [(name, lambda n=name: t.rig.nagios.acknowledged("big", n)) for name in services])
    assert not t.rig.nagios.acknowledged("h00", SERVICE)


def test_endorse(talk):
    """A follower's answer: boosted where that can be, kept, and known the next time."""
    t = talk(1)
    t.fail(things_of(range(1)))
    helpful = t.net.say("dora", "turning it off and on helped here", t.roots["h00"])
    t.rig.wait("it is read", lambda: t.rig.agent.query("SELECT 1 FROM reply WHERE text LIKE 'turning%' AND state>1"), 40, 0.5)
    assert untouched(t.rig.nagios, "h00", "dora")
    said = t.net.say("carl", "endorse", helpful, mention=True)
    t.settle([("it is kept", lambda: "turning it off" in str(t.rig.agent.query("SELECT * FROM knowledge")))])
    if t.net.kind == "x":
        t.settle([("he is told", lambda: any("Kept as a workaround; it is not boosted here" in text
                                             for text, _ in t.net.answers(t.net.posts(), "carl", said)))])
    else:
        t.settle([("it is boosted", lambda: t.net.is_boosted("dora", helpful)), ("thanked", lambda: t.net.is_thanked("carl", said))])


def test_pause(talk):
    """A lead's, who is asked; then nothing is said there, whatever breaks, until `twicket resume`."""
    t = talk(2)
    t.fail({"h00": "Thing 00"})
    t.run([[Step("pause", untouched, refused="pause", who="olga")]])
    t.run([[Step("pause", private="Say nothing at all on this account", public="Really say nothing here any more", who="lena"),
            Step("yes", earlier="Nothing is said on this account any more", who="lena")]])
    t.rig.wait("it is paused", lambda: any(a.get("account") == t.net.account for a in t.rig.agent.json("status")["paused"]), 60, 0.5)
    before = len(t.net.posts())
    t.rig.nagios.service("h01", SERVICE, CRITICAL, "refused")
    t.rig.wait("operators hear of it", lambda: any("h01/S CRITICAL" in line for line in t.lines()), 20, 0.3)
    assert len(t.net.posts()) == before
    assert t.rig.agent.cli("resume", t.net.account).returncode == 0
    t.rig.wait("the public hears of it", lambda: any("Thing 01" in text for _, _, text, _ in t.net.posts()), 20, 0.3)


def test_a_person_stops(talk):
    """He is asked; then he gets no answer, what he says is done all the same, and `start` ends it."""
    t = talk(1)
    t.fail(things_of(range(1)))
    t.run([[Step("stop", private="You would get no answers", public="You would get no answers", who="olga"),
            Step("yes", earlier="You will hear nothing more", who="olga", audit=("stop", "done: stopped")),
            Step("ack", acked, who="olga"), Step("start", private="You will hear from us again", public="You will hear from us again", who="olga"),
            Step("unack", not_acked, private=STAR, public="disruption since", who="olga")]])
    who, said = t.said["h00"][2]
    assert t.net.answers(t.net.posts(), who, said) == [] and not t.net.is_thanked(who, said)
    t.rig.nagios.service("h00", SERVICE, OK)
    thread_ends(t, "h00")


@pytest.mark.parametrize("where", ["thread", "private"])
def test_in_the_order_in_which_it_was_said(net, talk, where):
    """What one poll brings: who takes it and gives it back has it no more."""
    if net.kind != "x":
        pytest.skip("snac delivers what is said in one second after the other in any order, also in different polls")
    t = talk(2)
    t.fail(things_of(range(2)))
    private = where == "private"
    for host in ("h00", "h01"):
        for word in ("ack", "unack"):
            t.net.say("lead0", f"{t.tags[host]} {word}", None if private else t.roots[host], private)
            time.sleep(1.1)  # some servers tell whole seconds
    t.settle([(f"{host} was had and given back", lambda h=host: ("ack", "confirmed") in t.audit_of(h) and ("unack", "confirmed")
               in t.audit_of(h)) for host in ("h00", "h01")], 40)
    assert not_acked(t.rig.nagios, "h00", "lead0") and not_acked(t.rig.nagios, "h01", "lead0")


@pytest.mark.long
def test_what_fixed_it(talk):
    """Asked once, two minutes after the end of what somebody had and what took a while; and what is answered is kept."""
    t = talk(1)
    t.fail(things_of(range(1)), ago=600)
    t.run([[Step("ack", acked, private=STAR, public=WORKING)]])
    t.recover(["h00"])
    t.rig.wait("operators are asked", lambda: any("h00/S: what fixed it?" in line for line in t.lines()), 60, 1)
    t.run([[Step("fixed: cleared the spool", private=STAR, public="Noted, for the next time")]])
    assert "cleared the spool" in str(t.rig.agent.query("SELECT * FROM knowledge"))
    assert sum("what fixed it?" in line for line in t.lines()) == 1
