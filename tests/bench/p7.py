"""GOALS P7: 10,000 posts that wait in 10,000 threads, against libcurl alone: one program that sends
as many requests of the same size, one after the other over one connection, to the same receiver.

The account has no login while the posts are decided; then it gets one, and the queue leaves. The
rate is from the first post to the last as the receiver saw them, what the store keeps included.
"""

import subprocess
import time

from core_stub import CRITICAL, CoreStub
from p9 import describe, output_of
from stand import Stand, audience, body_of, cpu_seconds, judge, median, note, wait_for

POSTS = 10000
ROUNDS = 3
GOAL = 0.6
SETTLE_S = 2


def rate_of(times):
    """Posts a second, of nanoseconds."""
    return (len(times) - 1) / ((max(times) - min(times)) / 1e9)


def ours(stand):
    agent = stand.start_agent({
        "accounts": {"noc": stand.receiver.account("noc", poll="1m")},
        "audiences": {"noc": audience(["noc"], update="1h")},
    })
    core = CoreStub(agent.socket, describe)
    (agent.state / "auth/noc").rename(agent.state / "auth/kept")  # from the next reload on there is no login
    agent.reload()
    wait_for("the login is gone", lambda: agent.json("status")["accounts"][0]["state"] == "no login", 20, every=0.1)
    for k in range(POSTS):
        core.service(f"host{k:05}", "HTTP", CRITICAL, output_of(f"host{k:05}", "HTTP"))
    wait_for("all posts wait", lambda: agent.json("status")["accounts"][0]["queued"] >= POSTS, 120, every=0.5)
    time.sleep(SETTLE_S)
    before = sum(cpu_seconds(agent.process.pid))
    (agent.state / "auth/kept").rename(agent.state / "auth/noc")
    agent.reload()
    wait_for("all posts came", lambda: len(stand.receiver.posts()) >= POSTS, 240, every=0.5)
    posts = stand.receiver.posts()
    note(f"P7: {(sum(cpu_seconds(agent.process.pid)) - before) / POSTS * 1e6:.0f} µs of CPU for each post")
    core.close()
    texts = {body_of(post)["status"] for post in posts}
    if len(posts) != POSTS or len(texts) != POSTS:
        note(f"P7: {len(posts)} posts, {len(texts)} different ones")
    return rate_of([int(post[1]) for post in posts]), body_of(posts[0])["status"]


def theirs(stand, text):
    """curl_rate.c: as many requests of that text, one after the other."""
    program = stand.place.copy(stand.build / "tests/bench/curl_rate", "curl_rate")
    before = len(stand.receiver.posts())
    subprocess.run([program, stand.receiver.url, str(POSTS), text], check=True)
    posts = stand.receiver.posts()[before:]
    return rate_of([int(post[1]) for post in posts])


def round_of(build):
    with Stand(build) as stand:
        mine, text = ours(stand)
        alone = theirs(stand, text)
        note(f"P7: {mine:.0f} posts a second, libcurl alone {alone:.0f}")
        return mine / alone


def run(build):
    ratio = median([round_of(build) for _ in range(ROUNDS)])
    # the table's rows are "at most": the inverse of the rate
    judge("P7.times_slower_than_libcurl", 1 / ratio, 1 / GOAL, gate=1.5 / GOAL)
