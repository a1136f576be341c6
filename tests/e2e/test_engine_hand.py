"""By hand, through the real command line: open, close, retract, quiet, pause, resume (SPEC 3 rows 9, 25, 48, 85)."""

import time

import pytest

from agent import tag_of
from client import plain
from fake import FakeServer
from filerig import NOC, PUBLIC
from nagios import CRITICAL, OK
from proc import Cleanup, Place
from rig import quick_config

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}, "Queue": {}}},
    "web1": {"services": {"HTTP": {"_TWICKET_PUBLIC": "Shop"}}},
}
BOTH = (NOC, PUBLIC)
RESOLVED = 3  # of agent/rows.h: enum thread_state


def did(rig, *words):
    """`twicket WORDS`, which must succeed: what it printed."""
    done = rig.agent.cli(*words)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def refused(rig, *words):
    """`twicket WORDS`, which must be refused: why."""
    done = rig.agent.cli(*words)
    assert done.returncode == 1, (words, done.stdout, done.stderr)
    assert done.stderr
    return done.stderr


def fail(rig, host="mx1", service="SMTP"):
    rig.nagios.service(host, service, CRITICAL, "refused")


def well(rig, host="mx1", service="SMTP"):
    rig.nagios.service(host, service, OK, "fine")


# --- open and close -----------------------------------------------------------------------------


def test_an_incident_that_no_monitoring_sees(make_file_rig):
    """Opened for one audience, an update by a person, closed: one thread, and only there."""
    rig = make_file_rig(HOSTS)
    did(rig, "open", "The office has no power", "--to", "public", "--name", "Hotline")
    opened, = rig.wait_said(PUBLIC, 1)
    assert "Hotline" in opened and "The office has no power" in opened
    tag = tag_of(opened)
    assert tag in did(rig, "list")
    did(rig, "reply", tag, "say: Power is expected at noon")
    assert "Power is expected at noon" in rig.wait_said(PUBLIC, 2)[1]
    did(rig, "close", tag, "Power is back")
    closed = rig.wait_said(PUBLIC, 3)[2]
    assert "🟢" in closed and "Power is back" in closed
    rig.fence()
    posts = rig.said(PUBLIC, tag)
    assert len(posts) == 3 and {p["parent"] for p in posts[1:]} == {posts[0]["key"]}
    assert rig.said(NOC, tag) == [], "it was opened for the public"
    assert rig.place.user not in " ".join(rig.texts(PUBLIC)), "the public hears no names"
    assert refused(rig, "close", tag)


def test_open_is_refused(make_file_rig):
    rig = make_file_rig(HOSTS)
    assert "nobody" in refused(rig, "open", "text", "--to", "nobody")
    assert rig.agent.cli("open", "text").returncode == 2, "to whom?"
    assert rig.said(PUBLIC) == [] and rig.said(NOC) == []


def test_only_what_was_opened_by_hand_is_closed_by_hand(make_file_rig):
    rig = make_file_rig(HOSTS)
    fail(rig)
    rig.wait_said(PUBLIC, 1)
    assert "by hand" in refused(rig, "close", rig.tags(PUBLIC)[0])
    assert rig.agent.cli("close", "T222").returncode == 1


def in_days(days, hours=0):
    """A time so far ahead that it does not matter whose time zone it is meant in."""
    return time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + days * 86400 + hours * 3600))


def test_a_planned_maintenance_by_hand(make_file_rig):
    """No downtime of the core belongs to it: announced, and called off by who planned it."""
    rig = make_file_rig(HOSTS, public={"announce": ["7d"]})
    did(rig, "open", "New switch", "--to", "public", "--name", "Network", "--from", in_days(3), "--until", in_days(3, 1))
    planned, = rig.wait_said(PUBLIC, 1)
    assert "🔧 Network: planned maintenance" in planned
    did(rig, "close", tag_of(planned))
    cancelled = rig.wait_said(PUBLIC, 2)[1]
    assert "🔧 Network" in cancelled and "cancelled" in cancelled
    assert rig.said(PUBLIC)[1]["parent"] == rig.said(PUBLIC)[0]["key"]
    assert rig.agent.cli("open", "text", "--to", "public", "--from", in_days(2), "--until", in_days(1)).returncode == 1


# --- retract ------------------------------------------------------------------------------------


def test_a_false_alarm(make_file_rig):
    """Said once in every thread; what the monitoring says of it afterwards is told to nobody."""
    rig = make_file_rig(HOSTS)
    fail(rig)
    for account in BOTH:
        rig.wait_said(account, 1)
    tag = rig.tags(PUBLIC)[0]
    did(rig, "retract", tag, "monitoring fault")
    for account in BOTH:
        last = rig.wait_said(account, 2)[1]
        assert "⚪" in last and "false alarm" in last and "monitoring fault" in last
        assert rig.said(account)[1]["parent"] == rig.said(account)[0]["key"]
    assert rig.place.user in rig.texts(NOC)[1] and rig.place.user not in rig.texts(PUBLIC)[1]
    well(rig)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2]
    assert refused(rig, "retract", tag)


def test_a_false_alarm_is_deleted(make_rig):
    """--delete takes our posts away where the network can."""
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        server = cleanup.stop(FakeServer(place))
        rig = make_rig(server=server)
        fail(rig)
        rig.wait("it is told", server.posts, 20, 0.1)
        rig.wait("the post is settled", lambda: not rig.agent.unsettled(), 20, 0.1)
        tag = tag_of(server.posts()[0]["text"])
        did(rig, "retract", tag, "test", "--delete")
        rig.wait("it is deleted", lambda: not server.posts(tag), 20, 0.1)
        well(rig)
        fail(rig, "mx1", "Queue")
        rig.nagios.wait_state("mx1", "Queue", CRITICAL)
        rig.wait("all posts are settled", lambda: not rig.agent.unsettled(), 20, 0.1)
        assert server.posts() == []


# --- quiet --------------------------------------------------------------------------------------


def test_quiet_about_some_objects(make_file_rig):
    """Nothing of these is said while it lasts; what is still bad when it ends is told then."""
    rig = make_file_rig(HOSTS)
    did(rig, "quiet", "host:mx1", "1h", "the mail move")
    listed = did(rig, "quiet", "--list")
    assert "host:mx1" in listed and "the mail move" in listed
    fail(rig)
    fail(rig, "web1", "HTTP")
    rig.fence()
    for account in BOTH:
        assert len(rig.said(account)) == 1, rig.texts(account)
    assert "Shop" in rig.texts(PUBLIC)[0]
    number = rig.agent.json("quiet", "--list")["quiet"][0]["id"]
    did(rig, "quiet", "--end", str(number))
    assert any("E-mail" in text for text in rig.wait_said(PUBLIC, 2))
    assert any("mx1/SMTP" in text for text in rig.wait_said(NOC, 2))
    assert refused(rig, "quiet", "--end", str(number))


def test_what_was_told_before_it_went_quiet_is_ended_aloud(make_file_rig):
    rig = make_file_rig(HOSTS)
    fail(rig)
    for account in BOTH:
        rig.wait_said(account, 1)
    did(rig, "quiet", "service:SMTP", "30m", "known")
    well(rig)
    for account in BOTH:
        assert "🟢" in rig.wait_said(account, 2)[1]


def test_quiet_is_refused(make_file_rig):
    rig = make_file_rig(HOSTS)
    assert rig.agent.cli("quiet", "nonsense:mx1", "1h", "text").returncode == 2
    assert rig.agent.cli("quiet", "host:mx1", "soon", "text").returncode == 2
    assert rig.agent.json("quiet", "--list")["quiet"] == []


# --- pause --------------------------------------------------------------------------------------


def test_open_says_who_is_paused(make_file_rig):
    rig = make_file_rig(HOSTS)
    did(rig, "pause", "public", "a press conference")
    assert rig.agent.json("open", "text", "--to", "public,operators")["paused"] == ["public"]
    assert "public is paused" in rig.agent.cli("open", "text", "--to", "public").stderr


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_pause_and_resume_an_audience(make_file_rig, restart):
    """Nothing is said to it; afterwards one summary: what came and went, what is still so, and owed ends."""
    rig = make_file_rig(HOSTS)
    fail(rig)
    for account in BOTH:
        rig.wait_said(account, 1)
    did(rig, "pause", "public", "a press conference")
    assert rig.agent.json("status")["paused"][0]["audience"] == "public"
    well(rig)
    rig.wait_said(NOC, 2)
    fail(rig, "web1", "HTTP")
    rig.wait_said(NOC, 3)
    if restart:
        rig.agent.stop()
        rig.agent.start()
        rig.agent.wait_connected()
    assert len(rig.said(PUBLIC)) == 1
    did(rig, "resume", "public")
    rig.wait("what was missed", lambda: len(rig.said(PUBLIC)) >= 3, 20, 0.1)
    rig.fence()
    texts = rig.texts(PUBLIC)
    assert sum("🟢 E-mail" in text for text in texts) == 1, "an end that was owed"
    assert sum("📋" in text for text in texts) == 1, texts
    assert "Shop" in " ".join(texts[1:])
    assert len(rig.said(NOC)) == 3, "they were not paused"
    assert refused(rig, "resume", "public")


def test_pause_an_account_and_everything(make_file_rig):
    rig = make_file_rig(HOSTS)
    assert "nobody" in refused(rig, "pause", "nobody")
    did(rig, "pause", NOC)
    fail(rig)
    rig.wait_said(PUBLIC, 1)
    assert rig.said(NOC) == []
    did(rig, "resume", NOC)
    rig.wait("it is told after all", lambda: "mx1/SMTP" in " ".join(rig.texts(NOC)), 20, 0.1)
    did(rig, "pause")
    before = [len(rig.said(account)) for account in BOTH]
    well(rig)
    rig.wait("its end is due", lambda: not rig.agent.query(f"SELECT id FROM thread WHERE state<{RESOLVED}"), 20, 0.2)
    assert [len(rig.said(account)) for account in BOTH] == before
    did(rig, "resume")
    for account in BOTH:
        rig.wait("the end that was owed", lambda a=account: "🟢" in " ".join(rig.texts(a)), 20, 0.1)
    rig.fence()
    for account in BOTH:
        assert sum("🟢" in text for text in rig.texts(account)) == 1, rig.texts(account)


# --- on a real server ---------------------------------------------------------------------------


def test_by_hand_in_one_thread_on_a_server(make_rig, server):
    """What people say by hand stands under the first post of its thread, as everything else does."""
    rig = make_rig(config=quick_config(server))
    before = rig.known_posts()
    done = did(rig, "open", "The office has no power", "--to", "public", "--name", "Hotline")
    tag, root = rig.wait_root(before, "Hotline")
    assert tag in done
    did(rig, "close", tag)
    (_, first), (text, end) = rig.wait_posts(tag, 2)
    assert "🟢" in text and end["in_reply_to_id"] == root["id"]
    assert plain(first["content"]).splitlines()[-1] == f"#{tag}"
