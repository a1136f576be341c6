"""The main job: a problem is told, an operator's reply acknowledges it, the recovery closes it."""

import time

import pytest

from client import plain
from nagios import CRITICAL, DOWN, OK, UP


def open_incident(rig, service="SMTP", name="E-mail", output="disk full"):
    before = rig.known_posts()
    rig.nagios.service("mx1", service, CRITICAL, output)
    return rig.wait_root(before, name)


def test_problem_acknowledgement_recovery(rig):
    tag, root = open_incident(rig)
    assert "disk full" not in plain(root["content"]), "plugin output is not the public's business"
    assert plain(root["content"]).splitlines()[-1] == f"#{tag}"

    stranger = rig.client("mallory").post("@status ack I fix it", root["id"])
    time.sleep(1.1)  # the stranger was first, by the server's clock of whole seconds
    reply = rig.client("alice").post("@status ack disk full", root["id"])
    comment = rig.wait_acknowledged("mx1", "SMTP")
    assert comment["author"] == "alice"
    assert comment["comment_data"].startswith("disk full - via ")
    assert comment["comment_data"].split()[-1].startswith(f"{tag}:r"), comment
    assert rig.nagios.status("mx1", "SMTP")["acknowledgement_type"] == "2", "sticky"
    assert comment["persistent"] == "0"
    rig.wait("the reply is favourited", lambda: rig.client("alice").favourited_by(reply["id"]), 20, 0.3)

    # the stranger's reply, a second older, was seen and did nothing
    assert rig.client("mallory").favourited_by(stranger["id"]) == 0
    assert len([c for c in rig.nagios.external_commands() if "ACKNOWLEDGE" in c]) == 1

    rig.nagios.service("mx1", "SMTP", OK, "fine again")
    texts = [t for t, _ in rig.wait_posts(tag, 3)]
    posts = [s for _, s in rig.posts(tag)]
    assert "🔴" in texts[0] and "👷" in texts[1] and "🟢" in texts[2], texts
    assert {p["in_reply_to_id"] for p in posts[1:]} == {posts[0]["id"]}
    assert "alice" not in " ".join(texts), "the public hears 'we', never a name"


def test_an_acknowledgement_for_an_hour(rig):
    """Naemon knows of its end, so that it ends without the agent, too."""
    tag, root = open_incident(rig)
    said = time.time()
    rig.client("alice").post("@status ack 1h disk full", root["id"])
    comment = rig.wait_acknowledged("mx1", "SMTP")
    assert comment["comment_data"].startswith("disk full - via ")
    rig.wait_posts(tag, 2)
    end = float(rig.nagios.status("mx1", "SMTP").get("acknowledgement_end_time", 0))
    assert abs(end - said - 3600) < 60 if rig.core.name == "naemon" else not end


def test_a_stranger_and_a_look_alike_change_nothing(rig):
    """Mallory, and an account whose name and display name imitate alice's."""
    tag, root = open_incident(rig)
    mallory = rig.client("mallory")
    if rig.server.kind == "snac":
        for user in ("alicе", "a1ice"):  # the first with a Cyrillic letter
            if user.isascii() and user not in rig.server.tokens:
                rig.server.add_user(user)
        mallory.call("PATCH", "/api/v1/accounts/update_credentials", {"display_name": "alice"})
        rig.client("a1ice").post("@status ack", root["id"])
    mallory.post("@status ack", root["id"])
    mallory.post(f"@status ack {tag}")

    def seen():
        return len(rig.agent.query("SELECT id FROM reply")) >= (3 if rig.server.kind == "snac" else 2)

    rig.wait("the strangers' replies are collected", seen, 40, 0.3)
    time.sleep(0.5)
    assert not rig.nagios.acknowledged("mx1", "SMTP")
    assert rig.nagios.comments() == []
    assert rig.nagios.external_commands() == []
    assert len(rig.posts(tag)) == 1, "strangers get no answer"


def test_a_direct_reply_acknowledges_without_an_audience(rig):
    tag, root = open_incident(rig)
    status = rig.client("status").me
    to = "@status" if rig.server.kind == "snac" else "@" + status["acct"]
    rig.client("alice").post(f"{to} ack", root["id"], "direct")
    assert rig.wait_acknowledged("mx1", "SMTP")["author"] == "alice"


def test_unack_and_comment(rig):
    tag, root = open_incident(rig)
    alice = rig.client("alice")
    alice.post("@status ack", root["id"])
    rig.wait_acknowledged("mx1", "SMTP")
    alice.post("@status the disk is an old one", root["id"])

    def comment():
        return [c for c in rig.nagios.comments("mx1", "SMTP") if c["entry_type"] == "1"]

    found = rig.wait("the comment is in the core", comment, 30)[0]
    assert found["author"] == "alice" and "the disk is an old one" in found["comment_data"]
    assert found["persistent"] == "1"
    alice.post("@status unack", root["id"])
    rig.wait("the acknowledgement is gone", lambda: not rig.nagios.acknowledged("mx1", "SMTP"), 30)


def test_an_acknowledgement_in_the_web_interface_is_told(rig):
    tag, _ = open_incident(rig)
    rig.nagios.command("ACKNOWLEDGE_SVC_PROBLEM;mx1;SMTP;2;0;0;carol;from the web")
    texts = [t for t, _ in rig.wait_posts(tag, 2)]
    assert "👷" in texts[1] and "carol" not in texts[1]


def test_what_has_no_public_name_is_not_told(rig):
    before = rig.known_posts()
    rig.nagios.service("mx1", "Queue", CRITICAL, "secret")
    rig.nagios.service("db1", "Postgres", CRITICAL, "secret")
    tag, _ = open_incident(rig)  # told later than the others would have been
    new = [t for t, s in rig.posts() if s["uri"] not in before]
    assert len(new) == 1 and "E-mail" in new[0]


def test_a_host_down_speaks_for_its_services(rig):
    before = rig.known_posts()
    rig.nagios.host("mx1", DOWN, "no answer")
    tag, root = rig.wait_root(before)
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.client("alice").post("@status ack", root["id"])
    rig.wait_acknowledged("mx1")
    rig.nagios.service("mx1", "SMTP", OK)
    rig.nagios.host("mx1", UP)
    texts = [t for t, _ in rig.wait_posts(tag, 3)]
    assert "🟢" in texts[-1]


@pytest.mark.parametrize("again", [2])
def test_broken_again_goes_on_in_the_same_thread(rig, again):
    tag, root = open_incident(rig)
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 2)
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    posts = rig.wait_posts(tag, 3)
    assert posts[2][1]["in_reply_to_id"] == root["id"]
