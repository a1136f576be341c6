"""Somebody deletes the first post of a thread: what comes then is said all the same, with the tag.

The real agent on the scripted Mastodon, an incident by hand, no core.
"""

import pytest

from agent import Agent
from fake import FakeServer
from proc import Cleanup, Place, wait_for
from rig import agent_folder

pytestmark = pytest.mark.alone


def test_end_stands_alone():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        server = cleanup.stop(FakeServer(place))
        agent = Agent(place, agent_folder(), {
            "accounts": {"status": {"network": "mastodon", "handle": server.handle("status"), "url": server.url}},
            "audiences": {"public": {"accounts": ["status"]}}})
        agent.token("status", server.tokens["status"])
        cleanup.stop(agent.start())
        tag = agent.json("open", "moving the racks", "--to", "public", "--name", "E-mail")["tag"]
        root = wait_for("it is told", lambda: next(iter(server.posts(tag)), None), 20)
        server.control("delete", {"id": root["id"]})
        assert server.posts(tag) == []
        assert agent.cli("close", tag, "all is well").returncode == 0
        end = wait_for("its end is told", lambda: next(iter(server.posts(tag)), None), 30)
        assert "all is well" in end["text"] and not end.get("in_reply_to_id")
