"""Who somebody is, on snac and on X together: two people at once, revoked, proven, with somebody else's name.

Each of them acknowledges, or may not, in a real core (SPEC 3 rows 55-57, 62; 4.5 case 11).
"""

import pytest

from nagios import CRITICAL, OK
from rig import quick_config

PEOPLE = ("alice", "bob")


@pytest.fixture
def both(make_x_rig, server, fake_x):
    """One incident on both networks, and two people who are on both: (rig, tag, first post on Mastodon, on X)."""
    if server.kind != "snac":
        pytest.skip("needs users of its own on the server")
    if "bob" not in server.tokens:
        server.add_user("bob")
    fake_x.control("user", {"name": "bob"})
    config = quick_config(server, fake_x)
    config["accounts"]["status_x"]["feedback"] = "reply"
    config["people"] = {who: {"mastodon": server.handle(who), "x": fake_x.name_of(who), "role": "lead"} for who in PEOPLE}
    rig = make_x_rig(server, config=config)
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    tag, on_x = rig.wait_x_root()
    rig.wait_reading()
    return rig, tag, rig.wait_root(before)[1]["id"], on_x["id"]


def audit(rig):
    return [(line["actor"], line["action"], line["result"]) for line in rig.agent.json("audit")["audit"]]


def wait_audit(rig, *wanted):
    rig.wait(f"in the audit: {wanted}", lambda: [w for w in wanted if w not in audit(rig)] == [], 60, 0.5)


def commands(rig, verb):
    return [c for c in rig.nagios.external_commands() if verb in c]


def test_two_people_at_once(both):
    """One has it, the other is looking, too; on the second network neither says it to the core again."""
    rig, tag, here, there = both
    rig.client("bob").post("@status ack", here)
    rig.x.post("alice", "ack", there)
    rig.x.post("bob", "on it", there)
    rig.client("alice").post("@status ack", here)
    rig.wait_acknowledged("mx1", "SMTP")
    rows = "SELECT person, state, reason FROM reply WHERE state NOT IN (0,1)"
    rig.wait("all four are through", lambda: len(rig.agent.query(rows)) == 4, 60, 0.5)
    assert len(commands(rig, "ACKNOWLEDGE")) == 1
    owner = rig.agent.json("show", tag)["incident"]["owner"]
    other, = set(PEOPLE) - {owner}
    reasons = sorted((r["person"], r["reason"]) for r in rig.agent.query(rows))
    assert reasons == sorted([(owner, ""), (owner, "already_yours"), (other, "also_looking"), (other, "also_looking")])
    looking = [c for c in rig.nagios.comments("mx1", "SMTP") if c["entry_type"] == "1"]
    assert [(c["author"], c["comment_data"].split(" - via ")[0]) for c in looking] == [(other, "also looking")]
    rig.nagios.service("mx1", "SMTP", OK)
    told = [t for t, _ in rig.wait_posts(tag, 4) if not t.startswith("@")]  # the other one is told who has it
    assert ["👷" in t for t in told] == [False, True, False], "one line about one acknowledgement"


def test_revoked_at_once_everywhere(both):
    """On both networks, without the file; the other one is not touched."""
    rig, tag, here, there = both
    assert rig.agent.cli("people", "revoke", "alice").returncode == 0
    rig.client("alice").post("@status ack", here)
    rig.x.post("alice", "ack", there)

    def refused():
        return [row[2] for row in audit(rig) if row[1] == "ack"]

    # of whom X was never asked who she is no more is known than of a stranger
    rig.wait("both are refused", lambda: sorted(refused()) == ["denied: revoked", "denied: stranger"], 60, 0.5)
    assert rig.nagios.external_commands() == [] and rig.nagios.comments() == []
    rig.client("bob").post("@status ack", here)
    assert rig.wait_acknowledged("mx1", "SMTP")["author"] == "bob"
    assert rig.agent.cli("people", "restore", "alice").returncode == 0
    rig.x.post("alice", "take", there)
    wait_audit(rig, ("alice", "take", "confirmed: was bob"))


def test_a_name_that_somebody_else_has_now(both):
    """alice gives up her name on X and mallory takes it: refused and said, until a code proves whose it is."""
    rig, tag, here, there = both
    rig.x.post("alice", "it smells of smoke", there)
    wait_audit(rig, ("alice", "comment", "comment"))
    name = rig.x.name_of("alice")
    rig.x.control("user", {"name": name, "username": "alice_was"})
    rig.x.control("user", {"name": "mallory", "username": name})
    rig.x.post("alice", "ack", there)  # whoever has that name
    before = "SELECT count(*) AS n FROM reply WHERE text LIKE 'ack%' AND state NOT IN (0,1)"
    rig.wait("it is read", lambda: rig.agent.query(before)[0]["n"] == 1, 60, 0.5)
    assert not rig.nagios.acknowledged("mx1", "SMTP") and not commands(rig, "ACKNOWLEDGE")
    rig.x.control("post", {"user": "alice_was", "text": "ack", "in_reply_to_id": there})
    assert rig.wait_acknowledged("mx1", "SMTP", 60)["author"] == "alice", "she is who she was, whatever her name is"


def test_proven_by_a_code(both):
    """Once, by who has it, on the network where it was sent from."""
    rig, tag, here, there = both
    code = rig.agent.cli("people", "enrol", "bob").stdout.strip()
    rig.x.post("mallory", code, there)
    rig.x.post("bob", code, there)
    wait_audit(rig, ("bob", "enrol", "done: enrolled"))
    assert "proven" in rig.agent.cli("people").stdout
    assert code not in rig.agent.log() and code not in str(rig.agent.query("SELECT * FROM reply WHERE person<>''"))
    rig.x.post("bob", "ack", there)
    assert rig.wait_acknowledged("mx1", "SMTP", 60)["author"] == "bob"
    assert len(rig.nagios.external_commands()) == 1, "no code is a comment"
