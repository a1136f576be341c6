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


@pytest.fixture
def four_on_x(make_x_rig, fake_x):
    """The same on X: the public reads examplenet, operators noc."""
    config = quick_config(None, fake_x, approve="operators")
    fake_x.control("user", {"name": "noc", "protected": True})
    config["accounts"]["noc"] = dict(config["accounts"]["status_x"], handle="noc")
    config["audiences"]["operators"] = {"accounts": ["noc"], "hold": "0", "recovery_hold": "0"}
    config["people"] = {"alice": {"x": fake_x.handle("alice"), "role": "lead"}, "bob": {"x": "bob"}}
    fake_x.control("user", {"name": "bob"})
    rig = make_x_rig(config=config, start=False)
    rig.agent.token("noc", fake_x.token("noc"))
    rig.start()
    return rig


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


def test_go_on_x(four_on_x, fake_x):
    rig = four_on_x

    def asked():
        return [p for p in fake_x.posts(user="noc") if "not sent yet" in p["text"]]

    rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    question = rig.wait("operators are asked", asked, 20, 0.2)[0]
    tag, words = tag_of(question["text"]), question["text"].split("“")[1].split("”")[0]
    assert "E-mail" in words and "disk full" not in words
    rig.wait("answers are read", lambda: rig.account("noc")["last_read_ms"], 20, 0.2)
    fake_x.post("bob", "go", question["id"])
    rig.wait("bob is refused", lambda: ("go", "denied: not_allowed") in audit(rig, "bob"), 40, 0.3)
    assert rig.x_posts(tag) == []
    fake_x.post("alice", "go", question["id"])
    root, = rig.wait_x_posts(tag, 1, 40)
    assert " ".join(root["text"].split("\n")[:-1]) == words, "what was read is what is published"
    rig.nagios.service("mx1", "SMTP", OK, "fine again")
    assert "🟢" in rig.wait_x_posts(tag, 2)[1]["text"], "our own words need no second go"
    assert len(asked()) == 1
