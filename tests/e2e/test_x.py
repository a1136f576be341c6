"""The main job on X: told, acknowledged by an operator's reply, recovered, at the price that was said."""

import json

import pytest

from fakex import vectors
from nagios import CRITICAL, OK
from rig import quick_config
from xrig import OPERATOR

INCIDENT = 31000  # micro USD: two posts and one acknowledgement read
LOOKUP = 10000  # of an account: ours at the start; each person's once, for the id behind the name


def open_incident(rig, output="disk full"):
    rig.nagios.service("mx1", "SMTP", CRITICAL, output)
    found = rig.wait_x_root()
    rig.wait_reading()
    return found


def acknowledgements(rig):
    return [c for c in rig.nagios.external_commands() if "ACKNOWLEDGE" in c]


def one_line(text):
    return " ".join(text.split())


@pytest.mark.parametrize("x", ["tweet", "post"], indirect=True, ids=["old-names", "new-names"])
def test_problem_acknowledgement_recovery(make_x_rig, x):
    config = quick_config(None, x)
    config["accounts"]["status_x"]["fields"] = x.mode
    rig = make_x_rig(config=config)
    tag, root = open_incident(rig)
    assert "disk full" not in root["text"], "plugin output is not the public's business"
    assert root["text"].splitlines()[-1] == f"#{tag}"

    if x.kind == "fakex":
        x.post("mallory", "ack I fix it", root["id"])
    x.post("alice", "ack disk full", root["id"])
    comment = rig.wait_acknowledged("mx1", "SMTP")
    assert comment["author"] == "alice"
    assert comment["comment_data"].startswith(f"disk full - via {x.handle('alice').lower()}@x.com {tag}:r")
    assert rig.nagios.status("mx1", "SMTP")["acknowledgement_type"] == "2", "sticky"
    assert len(acknowledgements(rig)) == 1, "the stranger's reply, the older one, did nothing"

    rig.nagios.service("mx1", "SMTP", OK, "fine again")
    posts = rig.wait_x_posts(tag, 2)
    assert "🔴" in posts[0]["text"] and "🟢" in posts[1]["text"], posts
    assert posts[1]["parent"] == posts[0]["id"]
    assert len(rig.x_posts()) == 2, "no line about the acknowledgement, and no answer to anybody"
    if x.kind == "fakex":
        assert rig.spent() == x.billed(), x.charges()
        stranger = 1000
        if x.mode == "tweet":  # in the new names X shows an author only as an expansion, which costs
            assert x.billed() == INCIDENT + 2 * LOOKUP + stranger, x.charges()
        assert x.control("messages") == []
        assert not vectors() or x.control("checked")["requests"] >= 4


def test_one_incident_on_two_networks(make_x_rig, server, fake_x):
    """alice acknowledges on both: one person, one acknowledgement, one owner."""
    rig = make_x_rig(server)
    before = rig.known_posts()
    tag, root = open_incident(rig)
    assert rig.wait_root(before)[0] == tag
    fake_x.post("alice", "ack from X", root["id"])
    comment = rig.wait_acknowledged("mx1", "SMTP")
    assert "from X" in comment["comment_data"] and OPERATOR in comment["comment_data"]
    rig.wait("Mastodon says that somebody works on it", lambda: len(rig.posts(tag)) == 2, 20, 0.2)
    there = next(s for _, s in rig.posts(tag) if not s["in_reply_to_id"])
    rig.client("alice").post("@status ack from Mastodon", there["id"])

    def seen():
        return rig.agent.query("SELECT account, person, state FROM reply WHERE state NOT IN (0, 1) ORDER BY id")

    rig.wait("both replies are through", lambda: len(seen()) == 2, 40, 0.3)
    assert [(r["account"], r["person"]) for r in seen()] == [("status_x", "alice"), ("status", "alice")]
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_x_posts(tag, 2)
    texts = [t for t, _ in rig.wait_posts(tag, 3)]
    assert "👷" in texts[1] and "🟢" in texts[2], "one line about one acknowledgement"
    assert len(acknowledgements(rig)) == 1, "what alice says a second time is a comment"

    def kept():
        return [c["comment_data"] for c in rig.nagios.comments("mx1", "SMTP") if c["entry_type"] == "1"]

    assert rig.wait("the comment is in the core", kept)[0].startswith("from Mastodon - via ")
    show = rig.agent.cli("show", tag).stdout
    assert "from X" in show and "from Mastodon" in show


def with_operators(rig_config, place_of_posts):
    """An audience of our own that hears of everything, in a file."""
    rig_config["accounts"]["noc"] = {"network": "file", "handle": str(place_of_posts)}
    rig_config["audiences"]["operators"] = {"accounts": ["noc"], "match": "host:none"}
    return rig_config


@pytest.fixture
def noc(tmp_path_factory):
    """Where the operators' posts go, written by whoever the agent runs as: (path, texts())."""
    from proc import Place

    place = Place()
    path = place.path / "noc"

    def texts():
        return [json.loads(line)["text"] for line in path.read_text().splitlines()] if path.exists() else []

    yield path, texts
    place.close()


def test_no_credits(make_x_rig, server, fake_x, noc):
    """X wants money: Mastodon goes on, the operators hear of it, X is not asked again and again."""
    path, texts = noc
    fake_x.options(credits=0)
    rig = make_x_rig(server, config=with_operators(quick_config(server, fake_x), path))
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    tag, _ = rig.wait_root(before)
    rig.wait("the operators hear of it", lambda: any("status_x" in t for t in texts()), 20, 0.2)
    rig.wait("status says so", lambda: rig.account()["state"] != "ok")
    asked = len(fake_x.requests("POST"))
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait("Mastodon has the recovery", lambda: len(rig.posts(tag)) == 2, 20, 0.2)
    assert fake_x.posts() == [] and len(fake_x.requests("POST")) == asked <= 1
    assert len([t for t in texts() if "status_x" in t]) == 1, "told once"
    assert rig.account("status")["state"] == "ok"
    assert rig.spent() == 0 == fake_x.billed()


def test_not_even_its_own_posts_may_be_answered(make_x_rig, fake_x):
    """X's reply rule at its strictest: the update stands alone, with its tag, and that is remembered."""
    fake_x.options(reply_rule="strict")
    rig = make_x_rig()
    tag, _ = open_incident(rig)
    rig.nagios.service("mx1", "SMTP", OK)
    posts = rig.wait_x_posts(tag, 2, 60)
    assert [p["parent"] for p in posts] == [None, None] and posts[1]["text"].endswith(f"#{tag}")
    assert "updates stand alone" in rig.agent.cli("status").stdout
    refused = len([r for r in fake_x.requests("POST") if r["status"] == 403])
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    assert rig.wait_x_posts(tag, 3, 60)[2]["parent"] is None
    assert len([r for r in fake_x.requests("POST") if r["status"] == 403]) == refused, "not tried again"
    assert rig.spent() == fake_x.billed()


def test_a_direct_message_acknowledges(make_x_rig, fake_x):
    config = quick_config(None, fake_x)
    config["accounts"]["status_x"]["messages"] = True
    rig = make_x_rig(config=config)
    tag, _ = open_incident(rig)
    fake_x.dm("mallory", f"ack {tag}", to="examplenet")
    fake_x.dm("alice", f"ack {tag} privately", to="examplenet")
    comment = rig.wait_acknowledged("mx1", "SMTP", 90)
    assert comment["author"] == "alice" and comment["comment_data"].startswith("privately - via ")
    assert len(acknowledgements(rig)) == 1
    assert [m for m in fake_x.control("messages") if m["from"] == "examplenet"] == [], "nobody gets an answer"
    assert rig.spent() == fake_x.billed(), fake_x.charges()


def test_what_it_costs_is_said_everywhere(make_x_rig, fake_x):
    rig = make_x_rig()
    assert "0.031 USD per incident" in one_line(rig.agent.cli("check").stdout)
    before = fake_x.billed()
    online = rig.agent.cli("check", "--online")
    assert online.returncode == 0, online.stdout + online.stderr
    assert "0.031 USD per incident" in one_line(online.stdout) and "examplenet" in online.stdout
    assert fake_x.billed() == before, "the look that the agent has paid for today"
    assert "0.010 of 20 USD" in rig.agent.cli("status").stdout
    tag, _ = open_incident(rig)
    rig.wait_x_posts(tag, 1)
    assert "0.015 USD" in rig.agent.cli("show", tag).stdout
    rig.wait("the month's sum", lambda: "0.035 of 20 USD" in rig.agent.cli("status").stdout, 20, 0.3)


def test_no_secret_is_told(make_x_rig, fake_x):
    """Not by the processes, in no file but the token's own, in no answer; not even when X refuses us."""
    rig = make_x_rig()
    keys = json.loads(fake_x.tokens["status"])
    secrets = [keys[k] for k in ("consumer_secret", "token_secret", "token", "consumer_key")]
    tag, root = open_incident(rig)
    fake_x.post("alice", "ack", root["id"])
    rig.wait_acknowledged("mx1", "SMTP")
    rig.wait_x_posts(tag, 1)
    signed = fake_x.requests("POST")[0]["headers"]["Authorization"]
    secrets.append(signed.split('oauth_signature="')[1].split('"')[0])
    fake_x.script({"problem": "unauthorized", "path": "/2/", "count": 5})
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait("the refusal is known", lambda: rig.account()["state"] != "ok", 30, 0.3)

    words = {"output": rig.agent.log(), "the core's log": rig.nagios.log()}
    for command in (["status"], ["show", tag], ["queue"], ["check"], ["check", "--online"]):
        for options in ([], ["--json"]):
            done = rig.agent.cli(*command, options=options)
            words[" ".join(command + options)] = done.stdout + done.stderr
    for name in ("cmdline", "environ"):
        with open(f"/proc/{rig.agent.process.pid}/{name}", "rb") as f:
            words[name] = f.read().decode(errors="replace")
    for path in rig.place.path.rglob("*"):
        if path.is_file() and path != rig.agent.state / "auth/status_x":
            words[str(path)] = path.read_bytes().decode(errors="replace")
    found = [(where, secret) for where, text in words.items() for secret in secrets if secret in text]
    assert found == []
    assert keys["token_secret"] in (rig.agent.state / "auth/status_x").read_text(), "it was not looked for in vain"
    assert len(words) > 20 and any(w.endswith("twicket.db") for w in words)
