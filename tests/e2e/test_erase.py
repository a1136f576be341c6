"""What docs/policy.md tells to type when somebody wants to be forgotten: it must leave nothing of their words.

The real agent on the scripted Mastodon, an incident by hand, no core; then the statements as they stand there.
"""

import re
import sqlite3

import pytest

from agent import Agent
from fake import FakeServer
from proc import Cleanup, Place, wait_for
from rig import TOP, agent_folder

pytestmark = pytest.mark.alone

MALLORY, ALICE = "mallory@remote.example", "alice@remote.example"
WORDS = ("zanzibar", "quagga", "ocelot")  # of no catalogue


@pytest.fixture
def world():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        server = cleanup.stop(FakeServer(place))
        agent = Agent(place, agent_folder(), {
            "accounts": {"status": {"network": "mastodon", "handle": server.handle("status"), "url": server.url, "poll": "6s"}},
            "audiences": {"public": {"accounts": ["status"]}},
            "people": {"alice": {"mastodon": ALICE, "role": "lead"}}})
        agent.token("status", server.tokens["status"])
        cleanup.stop(agent.start())
        yield server, agent


def reply(server, user, text, parent=None):
    given = {"user": user, "text": f"@status {text}", "visibility": "public"}
    return server.control("reply", {**given, **({"in_reply_to_id": parent} if parent else {})})


def statements():
    """The SQL of the page, as the shell hands it on."""
    text = (TOP / "docs/policy.md").read_text()
    return re.search(r'(?s)sqlite3 /var/lib/twicket/twicket\.db "(.*?)(?<!\\)"\n', text).group(1).replace('\\"', '"')


def everything(path):
    """Every value of every table, the search index included."""
    with sqlite3.connect(path) as db:
        return "\n".join(line for line in db.iterdump())


def count(agent, rows):
    return agent.query(f"SELECT count(*) AS n FROM {rows}")[0]["n"]


def test_erase(world):
    server, agent = world
    tag = agent.json("open", "moving the racks", "--to", "public", "--name", "E-mail")["tag"]
    root = wait_for("it is told", lambda: next((p for p in server.posts() if tag in p["text"]), None), 20)
    helpful = reply(server, MALLORY, f"restart the {WORDS[0]} {WORDS[1]}", root["id"])
    wait_for("the answer is read", lambda: count(agent, f"reply WHERE text LIKE '%{WORDS[0]}%'"), 40)
    reply(server, ALICE, "endorse", helpful["id"])
    wait_for("it is kept", lambda: count(agent, "knowledge"), 40)
    reply(server, MALLORY, f"the printer is an {WORDS[2]}")
    wait_for("it is a ticket", lambda: count(agent, "ticket"), 40)
    assert tag in agent.cli("list", "--search", WORDS[0]).stdout, "what was said can be found"
    number = agent.query(f"SELECT author_id FROM reply WHERE acct='{MALLORY}'")[0]["author_id"]
    agent.stop()
    path = agent.state / "twicket.db"
    assert all(word in everything(path) for word in WORDS)

    with sqlite3.connect(path) as db:
        db.executescript(re.sub(r"\bN(?=['@])", number, statements()))
    agent.start()
    assert tag not in agent.cli("list", "--search", WORDS[0]).stdout
    assert agent.cli("show", tag).returncode == 0
    agent.stop()
    left = everything(path)
    found = [line for line in left.split("\n") if any(word in line for word in (*WORDS, MALLORY))]
    assert not found, "\n".join(found)
