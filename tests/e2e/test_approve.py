"""Four eyes on a real server: the public reads nothing before an operator has read it and said go (SPEC 3 row 84)."""

import time

import pytest

from agent import tag_of
from client import plain
from nagios import CRITICAL, OK
from rig import quick_config

USERS = ("noc", "bob")


@pytest.fixture
def four(make_rig, server):
    """Alice leads, bob is an operator; the public waits for a go of those who read the account noc."""
    if server.kind != "snac":
        pytest.skip("needs users of its own on the server")
    for user in USERS:
        if user not in server.tokens:
            server.add_user(user)
    config = quick_config(server, approve="operators")
    noc = dict(config["accounts"]["status"], handle=server.handle("noc"))
    config["accounts"]["noc"] = noc
    config["audiences"]["operators"] = {"accounts": ["noc"], "hold": "0", "recovery_hold": "0"}
    config["people"]["alice"]["role"] = "lead"
    config["people"]["bob"] = {"mastodon": server.handle("bob")}
    return make_rig(config=config, tokens={name: server.tokens[name] for name in ("status", "noc")})


def questions(rig, tag):
    posts = rig.client("noc").own_posts()
    return [s for s in posts if "not sent yet" in plain(s["content"]) and tag_of(plain(s["content"])) == tag]


def audit(rig, person):
    return [(line["action"], line["result"]) for line in rig.agent.json("audit")["audit"] if line["actor"] == person]


def test_go(four):
    """An operator without the right changes nothing, a lead's go publishes what he has read, the recovery follows."""
    before = {s["uri"] for s in four.client("noc").own_posts()}
    four.nagios.service("mx1", "SMTP", CRITICAL, "disk full")

    def asked():
        new = [s for s in four.client("noc").own_posts() if s["uri"] not in before]
        return [s for s in new if "not sent yet" in plain(s["content"])]

    question = four.wait("operators are asked", asked, 20, 0.2)[0]
    text = plain(question["content"])
    tag = tag_of(text)
    words = text.split("“")[1].split("”")[0]
    assert "E-mail" in words and "disk full" not in words
    assert "waits for a go from operators" in four.agent.cli("list").stdout
    four.client("bob").post("@noc go", question["id"])
    four.wait("bob is refused", lambda: ("go", "denied: not_allowed") in audit(four, "bob"), 40, 0.3)
    assert four.posts(tag) == []

    time.sleep(1.1)  # the server's clock has whole seconds
    reply = four.client("alice").post("@noc go", question["id"])
    (root, _), = four.wait_posts(tag, 1, 40)
    assert " ".join(root.split("\n")[:-1]) == words, "what was read is what is published"
    four.wait("the go is favourited", lambda: four.client("alice").favourited_by(reply["id"]), 20, 0.3)
    assert len(questions(four, tag)) == 1

    four.nagios.service("mx1", "SMTP", OK, "fine again")
    assert "🟢" in four.wait_posts(tag, 2)[1][0], "our own words need no second go"
