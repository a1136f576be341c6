"""An Icinga 2 that answers as it should not: the agent lives, says so, takes up again, tells nothing untrue or twice."""

import functools
import itertools
import json
import os
import time
from pathlib import Path

import pytest

import filerig
from conftest import making
from fakeicinga import PASSWORD, FakeIcinga
from filerig import NOC, PUBLIC
from nagios import CRITICAL, OK
from rig import ICINGA, TOP

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}, "Queue": {}}},
    "web1": {"services": {"http": {"_TWICKET_PUBLIC": "Shop"}}},
}
BOTH = (NOC, PUBLIC)
VECTORS = Path(os.environ.get("TWICKET_VECTORS") or TOP.parent / "shared/vectors") / "icinga2"
OBJECTS = "/v1/objects/"


@pytest.fixture
def make():
    """make(**how) -> a FileRig on a scripted Icinga; it must stop cleanly."""
    with making(lambda of=FakeIcinga, **how: filerig.FileRig(HOSTS, **{"core": ICINGA, "hold": 0, "of": of, **how})) as made:
        yield made


@pytest.fixture
def rig(make):
    return make()


def node(rig):
    found, = rig.agent.json("status")["nodes"] or [{"connected": False}]
    return found


def fail_smtp(rig, told=1):
    """mx1/SMTP is told to both: the tag."""
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused")
    for account in BOTH:
        rig.wait_said(account, told)
    return rig.tags(NOC)[-1]


def well_again(rig, told=2):
    """The end is told, once, and the agent has nothing to complain of."""
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        assert "🟢" in rig.wait_said(account, told)[-1]
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [told, told]
    assert node(rig)["connected"]


def wait_lost(rig, *words):
    """The agent does not call it connected, and `twicket status` says why."""
    rig.wait("the agent has seen it go", lambda: not node(rig)["connected"], 40, 0.2)

    def said():
        text = rig.agent.cli("status").stdout
        return all(word in text for word in words)

    rig.wait(f"twicket status says {words}", said, 40, 0.3)


def reply(rig, tag, *words):
    """(exit code, what it said) of `twicket reply`."""
    done = rig.agent.cli("reply", tag, *words)
    return done.returncode, done.stdout + done.stderr


# --- the stream ---------------------------------------------------------------------------------


def test_a_stream_that_ends_at_once_again_and_again(rig):
    rig.icinga.control("stream", {"ends_at_once": True})
    fail_smtp(rig)
    well_again(rig)
    opened = len(rig.icinga.asked("/v1/events"))
    assert 1 < opened < 12, f"{opened} streams: it must wait longer from one to the next"
    rig.icinga.control("stream", {"ends_at_once": False})


def test_no_stream_at_all(rig):
    """A right that is missing: said, and what happens is seen by asking."""
    rig.icinga.control("forbid", {"rights": ["events/Flapping"]})
    rig.icinga.control("stream", {"end": True})
    rig.wait("it is said", lambda: "events" in rig.agent.cli("status").stdout, 40, 0.3)
    fail_smtp(rig)
    well_again(rig)


@pytest.mark.parametrize("line", ["\n", "{\n", "[1, 2]\n", '"StateChange"\n', '{"type": 5}\n', "null\n", "\x00\x01\n",
                                  '{"type": "Notification", "users": [1, null, {}], "host": 7, "check_result": []}\n'])
def test_a_stream_of_nonsense(rig, line):
    rig.icinga.control("stream", {"lines": [line] * 3})
    fail_smtp(rig)
    rig.icinga.control("stream", {"lines": [line] * 300})
    well_again(rig)


def test_a_line_without_an_end(rig):
    """Three MB of it, then more: not kept."""
    rig.icinga.control("stream", {"lines": ["x" * 1_000_000] * 3})
    fail_smtp(rig)
    rig.icinga.control("stream", {"lines": ["y" * 1_000_000] * 3 + ["\n"]})
    well_again(rig)
    assert peak_mib(rig) < MEMORY_MIB


def test_notifications_while_no_look_comes_through(rig):
    """Told behind the next look, and not all kept until then: that may be days."""
    rig.icinga.control("forbid", {"rights": ["objects/query/Comment"]})
    wait_lost(rig, "not permitted")
    line = json.dumps({"type": "Notification", "notification_type": "PROBLEM", "host": "mx1", "service": "SMTP",
                       "users": ["noc"] * 50, "text": "x" * 500, "timestamp": time.time(), "check_result": {"output": "down"}})
    for _ in range(8):
        asked = len(rig.icinga.asked("/v1/status"))
        rig.icinga.control("stream", {"lines": [line + "\n"] * 10_000})
        rig.wait("it has looked", lambda: len(rig.icinga.asked("/v1/status")) > asked + 1, 60, 0.3)
    rig.icinga.control("forbid", {"rights": []})
    rig.agent.wait_connected(40)
    fail_smtp(rig)
    assert peak_mib(rig) < MEMORY_MIB


def test_events_that_are_not_true(rig):
    """A stream wakes, and is not believed: what Icinga's own samples say of web1!http is not so here."""
    samples = [json.dumps(json.loads(path.read_text())) + "\n" for path in sorted(VECTORS.glob("*.json"))]
    made_up = [json.dumps({"type": kind, "host": "web1", "service": "http", "state": 2, "state_type": 1, "author": "eve",
                           "comment": "all mine", "timestamp": time.time(),
                           "check_result": {"output": "not so", "state": 2}}) + "\n"
               for kind in ("StateChange", "AcknowledgementSet", "DowntimeStarted", "Flapping")]
    asked = len(rig.icinga.asked(OBJECTS + "services"))
    rig.icinga.control("stream", {"lines": (samples + made_up) * 5})
    rig.wait("it has looked", lambda: len(rig.icinga.asked(OBJECTS + "services")) > asked, 30, 0.2)
    fail_smtp(rig)
    rig.fence()
    assert not any("web1" in text or "Shop" in text for account in BOTH for text in rig.texts(account))


# --- answers that are none ----------------------------------------------------------------------

HTML = "<html><body><h1>503</h1></body></html>"
NESTED = "[" * 100_000 + "]" * 100_000
DEEP = '{"results": ' + NESTED + "}"
WRONG = {
    "503": {"status": 503, "body": HTML},
    "500 and no results": {"status": 500, "body": {"results": []}},
    "200 and a page": {"status": 200, "body": HTML},
    "no answer": {"close": True},
    "half an answer": {"act": True, "truncate": 150},
    "nothing": {"status": 200, "body": ""},
    "a list": {"status": 200, "body": [1, 2, 3]},
    "results that are none": {"status": 200, "body": {"results": "many"}},
    "deep": {"status": 200, "body": DEEP},
    "an error in a 200": {"status": 200, "body": {"error": 500, "status": "out of luck"}},
}


@pytest.mark.parametrize("what,path", zip(WRONG, itertools.cycle(["hosts", "services", "comments"])))
def test_a_wrong_answer(rig, what, path):
    """Half a look is no look: nothing is over because it was not in it; then it goes on as if nothing had been."""
    fail_smtp(rig)
    rig.icinga.script({"path": OBJECTS + path, "count": 1000, **WRONG[what]})
    wait_lost(rig)
    assert [len(rig.said(account)) for account in BOTH] == [1, 1], "nothing is known to be over"
    rig.icinga.control("unscript", {})
    rig.agent.wait_connected(40)
    well_again(rig)


@pytest.mark.parametrize("attrs", [None, [], {"state": "bad"}, {"state": 99, "last_check": 1e300, "last_state_change": -1e18},
                                   {"state": 2, "state_type": 1, "last_check": "now", "acknowledgement": [1]}, {"state": 1e400}])
def test_attributes_of_a_wrong_kind(rig, attrs):
    """Of one object among good ones: that one is not known or reads somehow, the others are not touched by it."""
    fail_smtp(rig)
    good = rig.icinga.objects("services")
    bad = [{"name": "web1!http", "type": "Service", "attrs": attrs}, {"name": "!", "attrs": {}}, {"name": "x" * 5000}, 7, None]
    results = [{"name": name, "type": "Service", "attrs": a} for name, a in good.items() if name != "web1!http"]
    rig.icinga.script({"path": OBJECTS + "services", "count": 4, "status": 200,
                       "body": json.dumps({"results": bad + results}).replace("Infinity", "1e400")})
    asked = len(rig.icinga.asked(OBJECTS + "services"))
    rig.wait("it has looked", lambda: len(rig.icinga.asked(OBJECTS + "services")) >= asked + 3, 60, 0.3)
    rig.icinga.control("unscript", {})
    assert not any("🟢" in text for text in rig.texts(PUBLIC) if "E-mail" in text)
    rig.agent.wait_connected(40)
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    rig.wait("its end is told", lambda: any("🟢" in text and "E-mail" in text for text in rig.texts(PUBLIC)), 40, 0.2)


MEMORY_MIB = 600  # of a sanitised agent, whose memory counts several times


def peak_mib(rig):
    lines = Path(f"/proc/{rig.agent.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def test_an_answer_of_50_mb(rig):
    """No JSON of that size is what a look expects; it is read to its end, and no more is made of it."""
    fail_smtp(rig)
    rig.icinga.script({"path": OBJECTS + "comments", "count": 2, "size": 50_000_000})
    asked = len(rig.icinga.asked(OBJECTS + "comments"))
    rig.wait("it was asked for", lambda: len(rig.icinga.asked(OBJECTS + "comments")) >= asked + 2, 60, 0.3)
    assert rig.agent.answers()
    rig.agent.wait_connected(40)
    well_again(rig)
    assert peak_mib(rig) < MEMORY_MIB


def test_slow_answers(rig):
    """Three seconds for each: late, and all is told."""
    rig.icinga.script({"path": OBJECTS, "count": 100000, "delay": 3, "act": True})
    fail_smtp(rig)
    rig.icinga.control("unscript", {})
    well_again(rig)


def test_a_start_in_the_middle_of_a_look(rig):
    fail_smtp(rig)
    rig.icinga.script({"path": OBJECTS + "services", "count": 1, "delay": 2, "act": True})
    for _ in range(3):
        rig.icinga.control("start", {})
        rig.icinga.service("mx1", "Queue", CRITICAL, "full")
        rig.icinga.service("mx1", "Queue", OK, "fine")
    rig.fence()
    assert "🟢" not in "".join(rig.texts(PUBLIC))
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    rig.wait("its end is told", lambda: "🟢" in rig.texts(PUBLIC)[-1], 40, 0.2)


# --- rights, certificates, passwords ------------------------------------------------------------


@pytest.mark.parametrize("right", ["status/query", "objects/query/Host", "objects/query/Service", "objects/query/Comment"])
def test_a_right_is_taken_away(rig, right):
    """Icinga says 404: the source is lost, in words that say where to look; nothing is over because of it."""
    fail_smtp(rig)
    rig.icinga.control("forbid", {"rights": [right]})
    wait_lost(rig, "not permitted")
    assert [len(rig.said(account)) for account in BOTH] == [1, 1]
    rig.icinga.control("forbid", {"rights": []})
    rig.agent.wait_connected(40)
    well_again(rig)


def test_another_s_certificate(make):
    """It shows that of another node: not a word is said to it."""
    rig = make(of=functools.partial(FakeIcinga, shows="another"), start=False)
    rig.cleanup.stop(rig.icinga)
    rig.cleanup.stop(rig.agent.start())
    rig.wait("it is said", lambda: "certificate" in rig.agent.log().lower(), 30, 0.2)
    assert rig.icinga.control("log") == [] and not node(rig)["connected"]


def test_another_authority(make):
    rig = make(start=False)
    rig.cleanup.stop(rig.icinga)
    import authority

    rig.place.write("fake-icinga/ca.crt", authority.keys((), ca="Somebody's CA")["ca.crt"])
    rig.cleanup.stop(rig.agent.start())
    rig.wait("it is said", lambda: "certificate" in rig.agent.log().lower(), 30, 0.2)
    assert rig.icinga.control("log") == [] and not node(rig)["connected"]
    rig.place.write("fake-icinga/ca.crt", rig.icinga.keys["ca.crt"])  # under the same name: the next attempt takes it
    rig.agent.wait_connected(40)


def test_a_wrong_password(make):
    rig = make(start=False)
    rig.place.write("fake-icinga/password", "that is not it\n", 0o600)
    rig.cleanup.stop(rig.icinga)
    rig.cleanup.stop(rig.agent.start())
    rig.wait("it is said", lambda: "login refused" in rig.agent.cli("status").stdout, 30, 0.3)
    assert "that is not it" not in rig.agent.log() + rig.agent.cli("status").stdout
    asked = len(rig.icinga.control("log"))
    assert asked < 12, f"{asked} attempts at logging in"


def test_a_password_that_changes(rig):
    """There, then in the file: a reload takes it, without a start."""
    fail_smtp(rig)
    rig.icinga.control("password", {"password": "another one"})
    wait_lost(rig, "login refused")
    rig.agent.reload()
    wait_lost(rig, "login refused")
    rig.place.write("fake-icinga/password", "another one\n", 0o600)
    rig.agent.reload()
    rig.agent.wait_connected(40)
    well_again(rig)


def test_a_password_that_cannot_be_read(make):
    """It stands in the status with its reason, and the next reload tries again."""
    rig = make(start=False)
    path = Path(rig.place.write("fake-icinga/password", "", 0o600))
    path.unlink()
    rig.cleanup.stop(rig.icinga)
    rig.cleanup.stop(rig.agent.start())
    rig.wait("it is said", lambda: "fake-icinga/password" in rig.agent.cli("status").stdout, 30, 0.3)
    assert not node(rig)["connected"] and rig.icinga.control("log") == []
    rig.place.write("fake-icinga/password", PASSWORD + "\n", 0o600)
    rig.agent.reload()
    rig.agent.wait_connected(40)


# --- commands -----------------------------------------------------------------------------------

ACTIONS = "/v1/actions/"


@pytest.mark.parametrize("what", [{"act": True, "close": True}, {"close": True}, {"status": 503, "body": HTML},
                                  {"act": True, "status": 500, "body": HTML}, {"act": True, "truncate": 20}],
                         ids=["done and lost", "lost", "503", "done and 500", "done and half"])
def test_an_acknowledgement_without_an_answer(rig, what):
    """Looked up before it is sent again: one acknowledgement, one line, by whom it was."""
    tag = fail_smtp(rig)
    rig.icinga.script({"path": ACTIONS + "acknowledge-problem", "count": 1, **what})
    code, said = reply(rig, tag, "ack", "on it")
    assert code == 0, said
    assert rig.icinga.acknowledged("mx1", "SMTP")
    assert len([c for c in rig.icinga.comments("mx1", "SMTP") if c["entry_type"] == "4"]) == 1
    rig.wait_said(NOC, 2)
    well_again(rig, told=3)


@pytest.mark.parametrize("what", [{"act": True, "close": True}, {"close": True}, {"act": True, "status": 500, "body": HTML}],
                         ids=["done and lost", "lost", "done and 500"])
def test_a_comment_without_an_answer_stands_there_once(rig, what):
    tag = fail_smtp(rig)
    rig.icinga.script({"path": ACTIONS + "add-comment", "count": 1, **what})
    code, said = reply(rig, tag, "note:", "the disk is an old one")
    assert code == 0, said
    rig.fence()
    comment, = [c for c in rig.icinga.comments("mx1", "SMTP") if c["entry_type"] == "1"]
    assert "the disk is an old one" in comment["comment_data"]


def test_an_acknowledgement_that_is_not_permitted(rig):
    tag = fail_smtp(rig)
    rig.icinga.control("forbid", {"rights": ["actions/acknowledge-problem"]})
    code, said = reply(rig, tag, "ack")
    assert code == 1 and "refused" in said, (code, said)
    assert "may not actions/acknowledge-problem" in rig.agent.cli("show", tag).stdout
    assert len(rig.icinga.asked(ACTIONS)) == 1, "it is not asked for again"


def test_an_acknowledgement_of_what_is_over(rig):
    """Icinga knows it first: 409, and the end is told, not the acknowledgement."""
    tag = fail_smtp(rig)
    rig.icinga.script({"path": OBJECTS, "count": 2, "delay": 2, "act": True})
    rig.icinga.service("mx1", "SMTP", OK, "fine", quiet=True)
    code, said = reply(rig, tag, "ack")
    assert code == 1 and "recovered" in said, (code, said)
    for account in BOTH:
        assert "🟢" in rig.wait_said(account, 2)[-1]


def test_an_acknowledgement_that_somebody_else_was_first_with(rig):
    tag = fail_smtp(rig)
    rig.icinga.script({"path": OBJECTS, "count": 2, "delay": 2, "act": True})
    rig.icinga.acknowledge("mx1", "SMTP", "carol", "mine")
    _, said = reply(rig, tag, "ack")
    assert "carol" in said, said
    assert [c["author"] for c in rig.icinga.comments("mx1", "SMTP")] == ["carol"]
    rig.wait_said(NOC, 2)
    assert "carol" in rig.texts(NOC)[1]


@pytest.mark.parametrize("where", ["downtimes", "comments"])
def test_an_acknowledgement_while_a_look_is_under_way(rig, where):
    """The look's states are of before: nobody hears that it has ended, or has begun twice."""
    tag = fail_smtp(rig)
    rig.icinga.script({"path": OBJECTS + where, "count": 1, "delay": 4, "act": True})
    asked = len(rig.icinga.asked(OBJECTS + where))
    rig.icinga.control("stream", {"lines": ["{}\n"]})
    rig.wait("a look hangs", lambda: len(rig.icinga.asked(OBJECTS + where)) > asked, 30, 0.1)
    code, said = reply(rig, tag, "ack", "30m", "I'm on it!")
    assert code == 0, said
    for _ in range(2):
        rig.fence()
    assert len(rig.said(NOC)) == 2, rig.texts(NOC)
    story = rig.agent.cli("show", tag).stdout
    assert story.count("acknowledged by") == 1 and "no longer" not in story, story
    assert "30m" in story or "until" in story, story
    well_again(rig, told=3)


def test_a_take_over_that_fails_half_way(rig):
    """carol's was taken away, and alice's could not be set: nobody has it, and that is said."""
    tag = fail_smtp(rig)
    rig.icinga.acknowledge("mx1", "SMTP", "carol", "mine")
    rig.wait_said(NOC, 2)
    rig.icinga.control("forbid", {"rights": ["actions/acknowledge-problem"]})
    code, said = reply(rig, tag, "take")
    assert code == 1, said
    assert not rig.icinga.acknowledged("mx1", "SMTP")
    rig.wait("it is seen that nobody has it", lambda: "carol" not in rig.agent.cli("list").stdout, 40, 0.3)


def test_an_unacknowledgement_that_was_done_and_lost(rig):
    tag = fail_smtp(rig)
    assert reply(rig, tag, "ack", "on it")[0] == 0
    rig.icinga.script({"path": ACTIONS + "remove-acknowledgement", "count": 1, "act": True, "close": True})
    code, said = reply(rig, tag, "unack")
    assert code == 0, said
    assert not rig.icinga.acknowledged("mx1", "SMTP")
    assert len(rig.icinga.asked(ACTIONS + "remove-acknowledgement")) == 1


def test_nobody_is_acknowledged_for_hours_later(rig):
    """No answer, and then nothing at all for longer than anybody waits: it is not sent anew onto what is broken then."""
    tag = fail_smtp(rig)
    rig.icinga.script({"path": ACTIONS, "count": 1000, "close": True}, {"path": OBJECTS, "count": 1000, "close": True},
                      {"path": "/v1/status", "count": 1000, "close": True})
    code, said = reply(rig, tag, "ack", "on it")
    assert code == 1, said
    rig.agent.cli("status")
    asked = len(rig.icinga.asked(ACTIONS))
    rig.icinga.control("unscript", {})
    rig.agent.wait_connected(60)
    rig.fence()
    assert len(rig.icinga.asked(ACTIONS)) == asked and not rig.icinga.acknowledged("mx1", "SMTP")
    well_again(rig)


# --- what comes and goes while it runs ------------------------------------------------------------


@pytest.mark.parametrize("another", [False, True], ids=["deleted", "renamed"])
def test_a_broken_one_is_deleted_while_it_runs(rig, another):
    """No start tells of it. It is not well: it is not there any more."""
    fail_smtp(rig)
    rig.icinga.control("delete", {"host": "mx1", "service": "SMTP"})
    if another:
        rig.icinga.control("make", {"host": "mx1", "service": "Mail"})
    for account in BOTH:
        assert "🟢" not in rig.wait_said(account, 2, 40)[-1]
    assert "no longer monitored" in rig.texts(NOC)[-1], rig.texts(NOC)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2]


def test_a_broken_one_is_made_anew(rig):
    """It is there, and was never checked: neither well nor gone until it was."""
    fail_smtp(rig)
    rig.icinga.control("delete", {"host": "mx1", "service": "SMTP"})
    rig.icinga.control("make", {"host": "mx1", "service": "SMTP"})
    for _ in range(2):
        rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [1, 1], rig.texts(NOC)
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        assert "🟢" in rig.wait_said(account, 2, 40)[-1]


def test_an_output_with_a_nul(rig):
    """Plugins print them. It is the end of that text, and of nothing else."""
    rig.icinga.service("mx1", "SMTP", CRITICAL, "re\0fused")
    for account in BOTH:
        rig.wait_said(account, 1)
    assert "re" in rig.texts(NOC)[0] and "fused" not in rig.texts(NOC)[0]
    well_again(rig)


def test_an_output_that_cannot_be_had(rig):
    """A name that has gone makes a 404 of all that were asked for with it: they are asked for without it."""
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused", quiet=True)
    rig.icinga.script({"path": OBJECTS + "services", "count": 1, "act": True},
                      {"path": OBJECTS + "services", "count": 1, "status": 404, "body": {"error": 404, "status": "No objects found."}})
    rig.icinga.service("mx1", "Queue", CRITICAL, "full")
    rig.wait("both are told", lambda: sum("CRITICAL" in text for text in rig.texts(NOC)) >= 1, 40, 0.2)
    rig.fence()
    story = rig.agent.cli("show", rig.tags(NOC)[-1]).stdout
    assert "refused" in story and "full" in story, story
