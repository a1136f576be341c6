"""The agent dies at any moment, answers get lost: posts on the server = decisions made."""

import time

import pytest

from nagios import CRITICAL, OK
from rig import Lossy, quick_config

MOMENTS = [0.0, 0.02, 0.05, 0.12, 0.4]


def assert_posts_are_decisions(rig, tag, count, seconds=40):
    posts = rig.wait_posts(tag, count, seconds)
    decided = [t for t in rig.agent.decided() if f"#{tag}" in t]
    assert len(decided) == count, decided
    texts = [t for t, _ in posts]
    assert len(set(texts)) == len(texts), "the same words twice"


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_it_tells(rig, moment):
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    time.sleep(moment)
    rig.agent.kill()
    rig.agent.start()
    tag, _ = rig.wait_root(before, seconds=60)
    rig.nagios.service("mx1", "SMTP", OK)
    time.sleep(moment)
    rig.agent.kill()
    rig.agent.start()
    assert_posts_are_decisions(rig, tag, 2)


def test_killed_while_it_acknowledges(rig):
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    tag, root = rig.wait_root(before)
    rig.client("alice").post("@status ack", root["id"])
    for _ in range(3):  # a reply takes its time on the way to us: killed before, during and after
        time.sleep(2)
        rig.agent.kill()
        rig.agent.start()
        rig.agent.wait_connected()
    rig.wait_acknowledged("mx1", "SMTP", 40)
    acks = [c for c in rig.nagios.external_commands() if c.startswith("ACKNOWLEDGE")]
    assert len(acks) == 1, acks
    assert_posts_are_decisions(rig, tag, 2)


def test_problem_and_recovery_while_it_is_away(rig):
    """What began and ended meanwhile is not told; what is still there is."""
    before = rig.known_posts()
    rig.agent.kill()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    rig.agent.start()
    tag, _ = rig.wait_root(before)
    rig.agent.kill()
    rig.nagios.service("mx1", "SMTP", OK)
    rig.nagios.wait_state("mx1", "SMTP", OK)
    rig.agent.start()
    assert_posts_are_decisions(rig, tag, 2)
    rig.agent.kill()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    rig.nagios.service("mx1", "SMTP", OK)
    rig.nagios.wait_state("mx1", "SMTP", OK)
    rig.agent.start()
    rig.agent.wait_connected()
    time.sleep(1)
    assert len(rig.posts(tag)) == 2


def test_every_third_answer_is_lost(make_rig, server):
    """The server acted, we did not hear of it: looked up, not sent again."""
    from proc import Cleanup, Place

    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        lossy = cleanup.stop(Lossy(place, server, 3))
        hosts = {f"web{n}": {"services": {"HTTP": {"_TWICKET_PUBLIC": f"Shop {n}"}}} for n in range(4)}
        rig = make_rig(config=quick_config(server, url=lossy.url), hosts=hosts)
        before = rig.known_posts()
        for host in hosts:
            rig.nagios.service(host, "HTTP", CRITICAL)
        tags = [rig.wait_root(before, f"Shop {n}", 120)[0] for n in range(4)]
        rig.wait("the first posts are settled", lambda: not rig.agent.unsettled(), 120, 0.5)
        for host in hosts:
            rig.nagios.service(host, "HTTP", OK)
        for tag in tags:
            assert_posts_are_decisions(rig, tag, 2, 150)
        new = [s for _, s in rig.posts() if s["uri"] not in before]
        assert len(new) == 8
        assert lossy.counters()["lost"] >= 2
