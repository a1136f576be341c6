"""GOALS R7: replies by whoever is not in the file, look-alikes, recycled handles and foreign servers, into a real core.

Everything that a person may order, in four languages, in the thread and in private, by everybody but the person.
"""

import itertools

import pytest

from nagios import CRITICAL
from rig import quick_config

ALICE = "alice@home.example"
STRANGERS = ["mallory@evil.example", "alice@home.example.evil.example", "alice@evil.example", "al1ce@home.example",
             "alic\u0435@home.example", "alice_@home.example", "alice@home.examp1e", "alice@xn--home-43d.example", "alice.@home.example",
             "\u0430lice@home.example", "alice@sub.home.example", "alice@home"]
ORDERS = ["ack", "ack all", "ich hab's", "je prends la rel\u00e8ve", "te relevo", "take", "unack", "downtime 30m", "downtime cancel",
          "recheck", "quiet 1h", "ruhe 1h", "silence 1h", "silencio 1h", "eta 2h", "major", "gro\u00dfst\u00f6rung", "majeur",
          "incidente mayor", "known T7K2", "part of T7K2", "say: all is lost", "sagen: all is lost", "annoncer: all is lost",
          "anunciar: all is lost", "ticket INC1", "endorse", "undo", "pause", "fixed: with a hammer", "last?", "note: hello"]
RECYCLED = 4  # accounts that have alice's name now, one after the other


def say(fake, user, text, root, visibility):
    given = {"user": user, "text": "@status " + text, "visibility": visibility}
    if root:
        given["in_reply_to_id"] = root
    fake.control("reply", given)


def start(make_rig, fake):
    config = quick_config(fake)
    config["people"] = {"alice": {"mastodon": ALICE, "role": "lead"}}
    fake.control("options", {"rate_limit": 1000000})
    rig = make_rig(server=fake, config=config)
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    rig.wait("it is told", fake.posts, 20, 0.1)
    root = fake.posts()[0]["id"]
    say(fake, ALICE, "note: it is me", root, "public")
    rig.wait("alice is known by her id", rig.nagios.comments, 30, 0.2)
    return rig, root


def attack(fake, root, tag):
    """Everybody orders everything, in public in the thread, by tag in private, and by tag beside it."""
    sent = 0
    for who, order in itertools.product(STRANGERS, ORDERS):
        where = sent % 3
        text = order if where == 0 else f"{tag} {order}"
        say(fake, who, text, root if where == 0 else None, ("public", "direct", "unlisted")[where])
        sent += 1
    for k in range(RECYCLED):
        fake.control("user", {"name": ALICE, "id": f"recycled{k}"})
        for order in ORDERS:
            say(fake, ALICE, order, root, "public")
            sent += 1
    return sent


def test_nobody_but_the_person(make_rig, fake, record_property):
    rig, root = start(make_rig, fake)
    tag = rig.agent.json("list")["incidents"][0]["tag"]
    commands, comments, posts = rig.nagios.external_commands(), rig.nagios.comments(), fake.posts()
    sent = attack(fake, root, tag)
    rows = "SELECT count(*) AS n FROM reply WHERE state NOT IN (0,1)"
    rig.wait("all are read", lambda: rig.agent.query(rows)[0]["n"] >= sent + 1, 180, 1)
    rig.wait("all answers are out", lambda: not rig.agent.unsettled(), 20, 0.5)

    effects = rig.nagios.external_commands()[len(commands):] + rig.nagios.comments()[len(comments):]
    answers = [p for p in fake.posts()[len(posts):] if p["visibility"] != "direct"]
    audit = rig.agent.query("SELECT actor, action, result FROM audit")
    refused = [a for a in audit if a["result"].startswith("denied")]
    others = [a for a in audit if a["actor"] not in ("alice", "twicketd") and a not in refused]
    line = (f"R7: {sent} replies by {len(STRANGERS) + RECYCLED} who are not in the file: {len(effects)} effects in the core, "
            f"{len(answers)} public answers, {len(refused)} refused and {len(others)} ignored in the audit, {sent - len(refused) - len(others)} missing")
    record_property("goal", line)
    print(line)
    assert not effects and not answers, (effects[:3], answers[:3])
    assert len(refused) + len(others) == sent, others[:5]
    assert not [a for a in others if a["action"] in ("ack", "unack", "take", "downtime", "say", "pause", "major")], others[:5]
    assert rig.nagios.status("mx1", "SMTP")["problem_has_been_acknowledged"] == "0"
    assert any("disabled" in a["result"] for a in audit), "a name with another id was not noticed"
