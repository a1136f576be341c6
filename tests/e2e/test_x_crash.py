"""X: the agent dies at each point of a post, answers get lost: posts = decisions, none twice."""

import pytest

from nagios import CRITICAL, OK

HELD_S = 20  # longer than the test needs to kill
TWEETS = {"method": "POST", "path": "/2/tweets"}
OWN = {"method": "GET", "path": "/2/users/"}


def asked(rig, method, end):
    return [r for r in rig.x.requests(method) if r["path"].partition("?")[0].endswith(end)]


# name: (what X does, when it has come so far); count = posts that X has seen before
POINTS = {
    "before the store": ([], lambda rig, count: True),
    "before X acts": ([{**TWEETS, "close": True, "delay": HELD_S}],
                      lambda rig, count: len(asked(rig, "POST", "/tweets")) > count),
    "before the answer": ([{**TWEETS, "act": True, "delay": HELD_S}], lambda rig, count: len(rig.x_posts()) > count),
    "before it is stored": ([], lambda rig, count: len(rig.x_posts()) > count),
    "when it is stored": ([], lambda rig, count: len(rig.x_posts()) > count and not rig.agent.unsettled()),
    "answer lost": ([{**TWEETS, "act": True, "close": True}],
                    lambda rig, count: len(asked(rig, "POST", "/tweets")) > count),
    "answer lost, while it looks": ([{**TWEETS, "act": True, "close": True}, {**OWN, "delay": HELD_S}],
                                    lambda rig, count: asked(rig, "GET", "/tweets")),
}


def assert_posts_are_decisions(rig, tag, count, seconds=90):
    posts = rig.wait_x_posts(tag, count, seconds)
    decided = [t for t in rig.agent.decided() if f"#{tag}" in t]
    assert [p["text"] for p in posts] == decided
    assert len(set(decided)) == len(decided) == count, "the same words twice"
    assert {p["parent"] for p in posts[1:]} <= {posts[0]["id"]}


@pytest.mark.parametrize("state", [CRITICAL, OK], ids=["problem", "recovery"])
@pytest.mark.parametrize("point", POINTS)
def test_killed(make_x_rig, fake_x, point, state):
    answers, is_reached = POINTS[point]
    rig = make_x_rig()
    if state == OK:
        rig.nagios.service("mx1", "SMTP", CRITICAL)
        rig.wait_x_posts(rig.wait_x_root()[0], 1)
    count = len(rig.x_posts())
    fake_x.script(*answers)
    rig.nagios.service("mx1", "SMTP", state)
    rig.wait(point, lambda: is_reached(rig, count), 60, 0.005)
    rig.agent.kill()
    rig.agent.start()
    tag, _ = rig.wait_x_root(seconds=60)
    if state == CRITICAL:
        rig.wait_x_posts(tag, 1, 90)
        rig.nagios.service("mx1", "SMTP", OK)
    assert_posts_are_decisions(rig, tag, 2)
    assert rig.spent() >= 30000, "what was paid is in the ledger"


def test_killed_while_it_acknowledges(make_x_rig, fake_x):
    rig = make_x_rig()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    tag, root = rig.wait_x_root()
    rig.wait_reading()
    fake_x.post("alice", "ack", root["id"])
    read = len(asked(rig, "GET", "/mentions"))
    for _ in range(3):  # as soon as X was asked: before, while and after it is taken in
        rig.wait("the replies are asked for", lambda: len(asked(rig, "GET", "/mentions")) > read, 30, 0.005)
        rig.agent.kill()
        read = len(asked(rig, "GET", "/mentions"))
        rig.agent.start()
        rig.agent.wait_connected()
    rig.wait_acknowledged("mx1", "SMTP", 40)
    rig.nagios.service("mx1", "SMTP", OK)
    assert_posts_are_decisions(rig, tag, 2)
    acks = [c for c in rig.nagios.external_commands() if c.startswith("ACKNOWLEDGE")]
    assert len(acks) == 1, acks


def test_every_third_answer_is_lost(make_x_rig, fake_x):
    """Of all that is asked and sent: X acted, we did not hear of it. Looked up, not sent again."""
    hosts = {f"web{n}": {"services": {"HTTP": {"_TWICKET_PUBLIC": f"Shop {n}"}}} for n in range(4)}
    rig = make_x_rig(hosts=hosts)
    fake_x.options(lose_every=3, lose_methods="")
    for host in hosts:
        rig.nagios.service(host, "HTTP", CRITICAL)
    tags = [rig.wait_x_root(f"Shop {n}", 120)[0] for n in range(4)]
    rig.wait("the first posts are settled", lambda: not rig.agent.unsettled(), 120, 0.5)
    for host in hosts:
        rig.nagios.service(host, "HTTP", OK)
    for tag in tags:
        assert_posts_are_decisions(rig, tag, 2, 150)
    assert len(rig.x_posts()) == 8
    assert len([r for r in fake_x.requests("POST") if r["lost"]]) >= 2
