"""Everything that a real server rarely does: each time posts on the server = decisions made."""

import datetime

import pytest

from agent import tag_of
from conftest import LONG
from fake import FakeServer
from nagios import CRITICAL, OK
from proc import Cleanup, Place

POSTS = {"method": "POST", "path": "/api/v1/statuses"}
HTML = "<html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"


def soon(seconds=2):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# name, the answers to what would post, whether it takes looking twice (20 s apart)
CASES = [
    ("429", lambda: [{**POSTS, "status": 429, "body": {"error": "Too many requests"},
                      "headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": soon()}}], False),
    ("503 after it acted", lambda: [{**POSTS, "status": 503, "act": True, "body": {"error": "later"}}], False),
    ("accepted, then closed", lambda: [{**POSTS, "act": True, "close": True}], False),
    ("accepted twice, then closed", lambda: [{**POSTS, "act": True, "close": True, "count": 2}], False),
    ("accepted, truncated", lambda: [{**POSTS, "act": True, "truncate": 40}], False),
    ("accepted, HTML error page", lambda: [{**POSTS, "act": True, "status": 502, "body": HTML}], False),
    ("accepted, a list instead", lambda: [{**POSTS, "act": True, "status": 200, "body": [1, 2]}], False),
    ("slow", lambda: [{**POSTS, "delay": 4}], False),
    ("dripping", lambda: [{**POSTS, "drip": 0.002}], False),
    ("503 and did nothing", lambda: [{**POSTS, "status": 503, "body": {"error": "later"}}], True),
    ("closed and did nothing", lambda: [{**POSTS, "close": True}], True),
]


@pytest.fixture
def fake_rig(make_rig):
    """fake_rig(*options of the fake) -> Rig on a scripted server of its own."""
    with Cleanup() as cleanup:

        def make(*options, **how):
            place = Place()
            cleanup.callback(place.close)
            fake = cleanup.stop(FakeServer(place, *options))
            return make_rig(server=fake, **how)

        yield make


def wait_texts(rig, count, seconds=20, tag=None):
    rig.wait(f"{count} posts on the server", lambda: len(rig.server.posts(tag)) >= count, seconds, 0.1)
    rig.wait("all is settled", lambda: not rig.agent.unsettled(), seconds, 0.1)
    texts = [p["text"] for p in rig.server.posts(tag)]
    assert len(texts) == count, texts
    return texts


@pytest.mark.parametrize("name, answers, slow", CASES, ids=[c[0] for c in CASES])
@pytest.mark.parametrize("flavour", ["mastodon", "gotosocial"])
def test_posts_are_decisions(fake_rig, name, answers, slow, flavour):
    """Lost, late and broken answers to the post that opens, and to the one that closes."""
    if not LONG and (slow or flavour == "gotosocial") and name != "accepted, then closed":
        pytest.skip("only in make check-long")
    if name == "429":
        flavour = "snacish"  # it sends no limits of its own beside the scripted ones
    rig = fake_rig("--flavour", flavour)
    seconds = 90 if slow else 45
    rig.server.script(*answers())
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    tag = tag_of(wait_texts(rig, 1, seconds)[0])
    rig.server.script(*answers())
    rig.nagios.service("mx1", "SMTP", OK)
    texts = wait_texts(rig, 2, seconds)
    assert [tag_of(t) for t in texts] == [tag, tag] and rig.agent.decided() == texts
    assert rig.server.posts()[1]["in_reply_to_id"] == rig.server.posts()[0]["id"]


def test_refused_words_are_dropped_and_nothing_is_stuck(fake_rig):
    rig = fake_rig()
    rig.server.script({**POSTS, "status": 422, "body": {"error": "Validation failed: no"}})
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.wait("the post is dead", lambda: rig.agent.query("SELECT id FROM post WHERE state=6"), 15)
    rig.nagios.service("mx1", "SMTP", OK)
    rig.nagios.wait_state("mx1", "SMTP", OK)
    rig.nagios.host("mx1", 1)
    texts = [t for t in wait_texts(rig, 1) if "🔴" in t]
    assert len(texts) == 1, "no recovery without its problem; the next incident is told"


def test_a_revoked_token_waits_for_a_human(fake_rig):
    rig = fake_rig()
    rig.server.control("revoke", {"token": "token-status"})
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.wait("the account is paused", lambda: rig.agent.json("status")["accounts"][0]["state"] == "no login", 20)
    assert "401" in rig.agent.cli("status").stdout + rig.agent.log()
    assert rig.agent.json("queue")["posts"], "it waits"
    scopes = "profile read:notifications read:statuses write:statuses write:favourites"
    rig.server.control("token", {"user": "status", "token": "token-new", "scopes": scopes})
    rig.agent.token("status", "token-new")
    rig.agent.reload()
    assert len(wait_texts(rig, 1)) == 1


def test_an_acknowledgement_by_somebody_of_another_server(fake_rig, make_rig):
    """Handles are whole: alice of another server is another alice."""
    rig = fake_rig()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    wait_texts(rig, 1)
    root = rig.server.posts()[0]
    for user, text in (("alice@evil.example", "ack"), ("alice", "ack really")):
        rig.server.control("reply", {"user": user, "text": f"@status {text}", "in_reply_to_id": root["id"]})
    comment = rig.wait_acknowledged("mx1", "SMTP", 15)
    assert comment["comment_data"].startswith("really")
    assert len(rig.nagios.external_commands()) == 1


def test_a_reply_without_a_mention_is_found(fake_rig):
    """Mastodon makes no notification of it; answers under our own posts are read as well."""
    rig = fake_rig()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    wait_texts(rig, 1)
    root = rig.server.posts()[0]
    rig.server.control("reply", {"user": "alice", "text": "ack no mention", "in_reply_to_id": root["id"]})
    assert rig.wait_acknowledged("mx1", "SMTP", 90)["author"] == "alice"


@pytest.mark.parametrize("said", ["bot", "edited", "direct"])
def test_replies_of_other_kinds(fake_rig, said):
    rig = fake_rig()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    wait_texts(rig, 1)
    root = rig.server.posts()[0]
    reply = {"user": "alice", "text": "@status ack", "in_reply_to_id": root["id"]}
    if said == "bot":
        rig.server.control("reply", {**reply, "bot": True})
        rig.wait("it is seen", lambda: rig.agent.query("SELECT id FROM reply"), 15)
        assert not rig.nagios.acknowledged("mx1", "SMTP")
        return
    if said == "edited":
        first = rig.server.control("reply", {**reply, "text": "@status looking at the mail log"})
        rig.wait("it is seen", lambda: rig.agent.query("SELECT id FROM reply"), 15)
        rig.server.control("edit", {"id": first["id"], "text": "@status ack"})
        rig.server.control("reply", {**reply, "text": "@status another comment"})
        rig.wait("both comments", lambda: len(rig.nagios.comments("mx1", "SMTP")) == 2, 15)
        assert not rig.nagios.acknowledged("mx1", "SMTP"), "first sight counts"
        return
    rig.server.control("reply", {**reply, "visibility": "direct"})
    assert rig.wait_acknowledged("mx1", "SMTP", 15)["author"] == "alice"
