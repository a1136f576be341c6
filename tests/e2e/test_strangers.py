"""What the public says: me too, a report of what is known and of what is not, stop and start; on snac and on X.

The core is real and so is the desk, a Request Tracker (SPEC 3 rows 59, 60, 66-69, 71; 5.2: anybody).
"""

import re

import pytest

import rt
from nagios import CRITICAL, OK
from talk import SERVICE, Step, things_of, untouched

EMAIL = {"mail": {"services": {SERVICE: {"_TWICKET_PUBLIC": "E-mail"}}}}


def answered(t, who, said, words):
    return lambda: any(words in text for text, _ in t.net.answers(t.net.posts(), who, said))


def test_me_too(talk):
    """Counted by account: three people are told to operators, once, and to nobody else; what orders is nothing."""
    t = talk(2, reports=3)
    t.fail(things_of(range(2)))
    for who, words in (("dora", "me too"), ("dora", "+1"), ("emil", "same here"), ("emil", "ack"), ("dora", "unack")):
        t.net.say(who, words, t.roots["h00"])
    seen = "SELECT count(*) AS n FROM reply WHERE state NOT IN (0,1)"
    t.rig.wait("they are read", lambda: t.rig.agent.query(seen)[0]["n"] >= 5, 40, 0.5)
    assert not any("people report it" in line for line in t.lines()), "two people are not three"
    t.net.say("frida", "bei mir auch", t.roots["h00"])
    t.settle([("operators hear it", lambda: any("👥 h00/S: 3 people report it" in line for line in t.lines()))])
    assert sum("people report it" in line for line in t.lines()) == 1
    assert not any("people report" in text for _, _, text, _ in t.net.posts())
    assert untouched(t.rig.nagios, "h00", "dora") and t.rig.nagios.external_commands() == []


def test_a_boost_is_a_report(talk):
    t = talk(1, reports=1)
    if t.net.kind == "x":
        pytest.skip("X tells nobody who passed a post on with the mentions")
    t.fail(things_of(range(1)))
    t.net.say("frida", "is it broken for all of you?", t.roots["h00"])  # snac lets pass on what is in one's timeline only
    t.net.server.client("frida").call("POST", f"/api/v1/statuses/{t.roots['h00']}/reblog", {})
    t.settle([("operators hear it", lambda: any("👥 h00/S: 1 people" in line for line in t.lines()))])


def test_a_report_of_what_is_known(talk):
    """Told that it is known, and when it is over; where an answer costs, the first only. No ticket."""
    t = talk(0, hosts=EMAIL)
    t.fail({"mail": "E-mail"})
    said = t.net.say("dora", "no e-mail since this morning")
    known = "Known disruption: E-mail" if t.net.kind != "x" else "E-mail: disruption since"
    t.settle([("dora is told", answered(t, "dora", said, known))])
    again = t.net.say("dora", "really no e-mail at all")
    t.rig.wait("it is read", lambda: t.rig.agent.query("SELECT 1 FROM reply WHERE verb='mention' GROUP BY verb HAVING count(*)>1"), 40, 0.5)
    t.rig.nagios.service("mail", SERVICE, OK, "fine")
    t.rig.wait("the end is told", lambda: any("🟢" in text for text in t.thread("mail")), 20, 0.3)
    if t.net.kind != "x":
        t.settle([("dora hears of it", answered(t, "dora", said, "working again since"))])
    assert not any("Known" in text for text, _ in t.net.answers(t.net.posts(), "dora", again)), "once is enough"
    assert t.rig.agent.cli("list", "--tickets").stdout == "No open tickets.\n"


@pytest.mark.skipif(bool(rt.missing()), reason=rt.missing())
def test_a_report_goes_to_the_desk_and_back(talk):
    """Of what no monitoring knows: a ticket, a number for the reporter, and what Anna answers comes to them."""
    t = talk(1, desk=True)
    t.fail(things_of(range(1)))
    said = t.net.say("emil", "my invoice is wrong")
    t.settle([("emil is told", answered(t, "emil", said, "your report is in: Q-"))])
    name = re.search(r"Q-\w{4}", next(text for text, _ in t.net.answers(t.net.posts(), "emil", said))).group()
    t.rig.wait("the desk has it", lambda: t.rig.agent.json("show", name)["ticket"]["desk"], 40, 0.3)
    number = t.rig.agent.json("show", name)["ticket"]["desk"]
    assert any("my invoice is wrong" in text for _, _, text in t.desk.texts(number))
    t.desk.call("anna", "POST", f"/ticket/{number}/correspond", {"Content": "We look at it.", "ContentType": "text/plain"})
    t.settle([("Anna's answer comes to emil", answered(t, "emil", said, f"{name}: We look at it."))], 120)
    assert any(name in line for line in t.lines()), "operators hear of it"
    assert untouched(t.rig.nagios, "h00", "emil")


def test_stop_and_start(talk):
    """One confirmation; then no answer to whatever is asked, until start."""
    t = talk(2)
    t.fail(things_of(range(2)))
    t.run([[Step("?", untouched, private="Thing 00: disruption since", public="disruption since", who="frida"),
            Step("stop", private="You will hear nothing more", public="You will hear nothing more", who="frida"),
            Step("?", audit=("?", "ignored: stopped"), who="frida"),
            Step("start", private="You will hear from us again", public="You will hear from us again", who="frida")]])
    who, said = t.said["h00"][2]
    assert t.net.answers(t.net.posts(), who, said) == []


def test_what_is_no_report(talk):
    """Passed on, quoted, or by a machine: none is a ticket, and none is answered. X does not tell who is a machine."""
    t = talk(1)
    t.fail(things_of(range(1)))
    if t.net.kind != "x":
        t.net.machine("robot")
        t.net.say("robot", "my invoice is wrong, too")
    else:
        t.net.x.control("retweet", {"user": "dora", "id": t.roots["h00"]})
        t.net.x.control("quote", {"user": "dora", "id": t.roots["h00"], "text": f"look what @{t.net.x.account} has"})
    said = t.net.say("emil", "where is my parcel")
    t.settle([("emil is told", answered(t, "emil", said, "your report is in: Q-"))])
    why = "bot" if t.net.kind != "x" else "boost"
    t.rig.wait("the others were read", lambda: t.rig.agent.query(f"SELECT 1 FROM reply WHERE reason='{why}'"), 40, 0.5)
    assert t.rig.agent.cli("list", "--tickets").stdout.count("Q-") == 1
    posts = t.net.posts()
    assert sum("your report is in" in text for _, _, text, _ in posts) == 1


def test_many_reports_of_what_is_well(talk):
    """Three people, and monitoring sees nothing: operators hear it before it does, the public does not."""
    t = talk(1, hosts=EMAIL, reports=3)
    t.fail(things_of(range(1)))  # reading begins with an incident
    for who in ("dora", "emil", "frida"):
        t.net.say(who, f"is the e-mail gone? asks {who}")
    t.settle([("operators hear it", lambda: any("E-mail: 3 people report it" in line for line in t.lines()))])
    assert not any("people report it" in text for _, _, text, _ in t.net.posts())
