"""Mentions of strangers become tickets: the real agent, a scripted Mastodon, and a desk behind it."""

import json
import re

import pytest

import exim as exims
import rt
from agent import Agent
from desks import SECRET, Hook
from fake import FakeServer
from proc import Cleanup, Place, wait_for
from rig import agent_folder

pytestmark = pytest.mark.alone


class World:
    """An agent without a core, whose public account stands on the scripted server."""

    def __init__(self, place, cleanup):
        self.place = place
        self.server = cleanup.stop(FakeServer(place))
        self.cleanup = cleanup

    def start(self, token, **desk):
        self.agent = Agent(self.place, agent_folder(), {
            "accounts": {"status": {"network": "mastodon", "handle": self.server.handle("status"), "url": self.server.url,
                                    "poll": "6s"}},
            "audiences": {"public": {"accounts": ["status"]}}, "desk": desk})
        self.agent.token("status", self.server.tokens["status"])
        if token:
            self.agent.token("desk", token)
        self.mention("early@remote.example", "what was there before is not read", ago=60)
        self.cleanup.stop(self.agent.start())
        wait_for("the first look is over: what comes now is new", self.is_read, 30)

    def is_read(self):
        return any("min_id" in json.dumps(entry) or "max_id" in json.dumps(entry) for entry in self.server.control("log"))

    def mention(self, user, text, parent=None, visibility="public", ago=0):
        given = {"user": user, "text": f"@status {text}", "visibility": visibility, "ago": ago}
        return self.server.control("reply", {**given, **({"in_reply_to_id": parent} if parent else {})})

    def said(self, words):
        found = [p for p in self.server.posts() if words in p["text"]]
        assert len(found) < 2, found
        return found[0] if found else None

    def wait_said(self, words):
        wait_for(f"{words!r} is said", lambda: self.said(words), 40)
        return self.said(words)

    def report(self, user, text, **how):
        """A mention, and the name of the ticket that its author is told."""
        before = len(self.server.posts())
        self.mention(user, text, **how)
        wait_for("the report is in", lambda: any("report is in" in p["text"] for p in self.server.posts()[before:]), 40)
        return re.search(r"Q-\w{4}", self.server.posts()[-1]["text"]).group()

    def hand(self, *words):
        done = self.agent.cli(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def world():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield World(place, cleanup)
    assert not cleanup.failures


def see_by_hand(world, name):
    """`twicket` with a ticket's name: to its reporter in private, to the desk as a note, and its end."""
    assert name in world.hand("list", "--tickets")
    world.hand("reply", name.lower(), "Please", "try", "again.")
    assert world.wait_said("Please try again.")["visibility"] == "direct"
    shown = world.hand("show", name)
    assert "dora@remote.example" in shown and "Please try again." in shown


def see_end(world, name):
    world.hand("close", name)
    assert world.agent.cli("close", name).returncode == 1
    assert world.hand("list", "--tickets") == "No open tickets.\n"


def test_webhook(world):
    hook = world.cleanup.stop(Hook(world.place))
    world.start(SECRET, type="webhook", url=hook.url + "/twicket")
    name = world.report("dora@remote.example", "since this morning <b>nothing</b> works")
    wait_for("the desk has it", lambda: len(hook.done()) == 1, 20)
    assert hook.done()[0]["key"] == name and f"twicket reply {name}" in hook.done()[0]["text"]
    see_by_hand(world, name)
    wait_for("the desk has the note", lambda: len(hook.done()) == 2, 20)
    assert (hook.done()[1]["key"], hook.done()[1]["ticket"]) == (name + ".1", name)
    see_end(world, name)


def test_webhook_answers_nothing(world):
    """It acts and nobody hears of it, or it is away: the same key again, and each thing done once."""
    hook = world.cleanup.stop(Hook(world.place))
    world.start(SECRET, type="webhook", url=hook.url + "/twicket")
    hook.script("lose", 503)
    name = world.report("dora@remote.example", "the door is locked")
    wait_for("it is settled", lambda: world.agent.json("show", name)["ticket"]["desk"], 60)
    assert [told["key"] for told in hook.done()] == [name]
    hook.script(503, "lose")
    world.hand("reply", name, "We come.")
    wait_for("the desk has the note", lambda: not world.agent.query("SELECT 1 FROM ticket_note WHERE state<>2"), 60)
    assert [told["key"] for told in hook.done()] == [name, name + ".1"]
    assert len([p for p in world.server.posts() if "We come." in p["text"]]) == 1


@pytest.mark.skipif(bool(exims.missing()), reason=exims.missing())
def test_mail(world):
    exim = exims.Exim(world.place)
    world.cleanup.stop(exim)
    exim.start()
    world.start("", type="mail", url=exim.url, queue="help@example.net", **{"from": "twicket@example.net"})
    name = world.report("dora@remote.example", "my invoice\u2028is wrong <b>twice</b>")
    exim.mails(1)
    see_by_hand(world, name)
    world.mention("dora@remote.example", "thank you\nit works", world.said("Please try again.")["id"], "direct")
    ticket, ours, hers = exim.mails(3)
    assert ticket["Message-ID"] == f"<{name}.0@example.net>" and ticket["Subject"].startswith(f"[twicket {name}] my invoice")
    assert ticket["X-Twicket-Reporter"] == "dora@remote.example" and f"twicket reply {name} WORDS" in ticket.get_content()
    assert [mail["References"] for mail in (ours, hers)] == [ticket["Message-ID"]] * 2
    assert "Please try again." in ours.get_content() and "it works" in hers.get_content()
    see_end(world, name)


@pytest.mark.skipif(bool(rt.missing()), reason=rt.missing())
def test_request_tracker(world):
    desk = rt.Rt(world.place)
    world.cleanup.stop(desk)
    desk.start()
    world.start(desk.tokens["twicket"], type="rt", url=desk.root, queue="Support")
    name = world.report("dora@remote.example", "my invoice is wrong", visibility="direct")
    wait_for("the desk has it", lambda: world.agent.json("show", name)["ticket"]["desk"], 30)
    number = world.agent.json("show", name)["ticket"]["desk"]
    assert any("my invoice is wrong" in text for _, _, text in desk.texts(number))
    desk.call("anna", "POST", f"/ticket/{number}/correspond", {"Content": "We look at it.", "ContentType": "text/plain"})
    wait_for("the answer comes back", lambda: world.said("We look at it."), 100)
    assert world.said("We look at it.")["visibility"] == "direct"
