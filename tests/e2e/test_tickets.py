"""Mentions of strangers become tickets: the real agent, a scripted Mastodon, and a desk behind it."""

import json
import re
import urllib.request

import pytest

import rt
from agent import Agent
from fake import FakeServer
from proc import Cleanup, Place, wait_for
from rig import Script, agent_folder

pytestmark = pytest.mark.alone

SECRET = "0123456789abcdef-secret"


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
        self.agent.token("desk", token)
        self.mention("early@remote.example", "what was there before is not read")
        self.cleanup.stop(self.agent.start())
        wait_for("the first look is over: what comes now is new", self.is_read, 30)

    def is_read(self):
        return any("min_id" in json.dumps(entry) or "max_id" in json.dumps(entry) for entry in self.server.control("log"))

    def mention(self, user, text, parent=None, visibility="public"):
        given = {"user": user, "text": f"@status {text}", "visibility": visibility}
        return self.server.control("reply", {**given, **({"in_reply_to_id": parent} if parent else {})})

    def said(self, words):
        found = [p for p in self.server.posts() if words in p["text"]]
        assert len(found) < 2, found
        return found[0] if found else None

    def wait_said(self, words):
        wait_for(f"{words!r} is said", lambda: self.said(words), 40)
        return self.said(words)


@pytest.fixture
def world():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield World(place, cleanup)
    assert not cleanup.failures


def test_webhook(world):
    hook = world.cleanup.stop(Script(world.place, "webhook.py", "--secret", SECRET))
    world.start(SECRET, type="webhook", url=hook.url + "/twicket")

    def done():
        with urllib.request.urlopen(hook.url + "/_fake/tickets", timeout=10) as answer:
            return json.loads(answer.read())

    world.mention("dora@remote.example", "since this morning <b>nothing</b> works")
    name = re.search(r"Q-\w{4}", world.wait_said("your report is in")["text"]).group()
    wait_for("the desk has it", lambda: len(done()) == 1, 20)
    assert done()[0]["key"] == name and f"twicket reply {name}" in done()[0]["text"]

    assert name in world.agent.cli("list", "--tickets").stdout
    answered = world.agent.cli("reply", name.lower(), "Please", "try", "again.")
    assert answered.returncode == 0, answered.stderr
    assert world.wait_said("Please try again.")["visibility"] == "direct"
    wait_for("the desk has the note", lambda: len(done()) == 2, 20)
    shown = world.agent.cli("show", name).stdout
    assert "dora@remote.example" in shown and "Please try again." in shown
    assert world.agent.cli("close", name).returncode == 0
    assert world.agent.cli("close", name).returncode == 1
    assert world.agent.cli("list", "--tickets").stdout == "No open tickets.\n"


@pytest.mark.skipif(bool(rt.missing()), reason=rt.missing())
def test_request_tracker(world):
    desk = rt.Rt(world.place)
    world.cleanup.stop(desk)
    desk.start()
    world.start(desk.tokens["twicket"], type="rt", url=desk.root, queue="Support")
    world.mention("dora@remote.example", "my invoice is wrong", visibility="direct")
    name = re.search(r"Q-\w{4}", world.wait_said("your report is in")["text"]).group()
    wait_for("the desk has it", lambda: world.agent.json("show", name)["ticket"]["desk"], 30)
    number = world.agent.json("show", name)["ticket"]["desk"]
    assert any("my invoice is wrong" in text for _, _, text in desk.texts(number))
    desk.call("anna", "POST", f"/ticket/{number}/correspond", {"Content": "We look at it.", "ContentType": "text/plain"})
    wait_for("the answer comes back", lambda: world.said("We look at it."), 100)
    assert world.said("We look at it.")["visibility"] == "direct"
