"""GOALS P10: a restart with a history of 1,000,000 rows and 10,000 open incidents: from the start of
the program to its first post, against a bare SQLite that reads the open rows, warm and cold.

The open ones are real, made by the agent itself; the history is written behind its back, of closed
incidents with posts, replies and lines of the timeline. One post waits over the restart.
"""

import os
import sqlite3
import time

from core_stub import CRITICAL, CoreStub
from p9 import describe, output_of
from stand import Stand, audience, judge, median, note, wait_for

OPEN = 10000
HISTORY = 1000000
PER_INCIDENT = 20  # rows of history: lines of the timeline, posts, replies
ROUNDS = 5
WARM_GOAL, COLD_GOAL = 10, 2
DAY_MS = 86400000

OPEN_ROWS = ("SELECT * FROM incident WHERE open=1", "SELECT * FROM problem WHERE until_s=0",
             "SELECT thread.* FROM incident JOIN thread ON thread.incident=incident.id WHERE open=1",
             "SELECT * FROM post WHERE state<=4 AND state<>2")


def shift(db, table, row, **changes):
    """Writes a copy of a row with some columns changed."""
    row = {**row, **changes}
    db.execute(f"INSERT INTO {table} ({','.join(chr(34) + k + chr(34) for k in row)}) VALUES "
               f"({','.join('?' * len(row))})", list(row.values()))


def write_history(path):
    """Closed incidents, each as the first open one is, with its lines."""
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    incident = dict(db.execute("SELECT * FROM incident ORDER BY id LIMIT 1").fetchone())
    post = dict(db.execute("SELECT * FROM post ORDER BY id LIMIT 1").fetchone())
    first = db.execute("SELECT max(id) FROM incident").fetchone()[0] + 1
    first_post = db.execute("SELECT max(id) FROM post").fetchone()[0] + 1
    now_ms = int(time.time() * 1000)
    count = HISTORY // PER_INCIDENT
    for k in range(count):
        at = now_ms - DAY_MS - k * 60000
        shift(db, "incident", incident, id=first + k, open=0, closed_ms=at, opened_ms=at - 3600000, until_s=at // 1000,
              tag=f"H{k:06}")
        shift(db, "post", post, id=first_post + k, incident=first + k, thread=0, state=2, remote_id=f"h{k}", uri="",
              key=f"h{k}", created_ms=at, sent_ms=at)
        db.executemany("INSERT INTO timeline(incident, at_ms, kind, text) VALUES (?,?,?,?)",
                       [(first + k, at + n, "event", f"host{k:05}/HTTP CRITICAL hard 3/3: {output_of('x', str(n))}")
                        for n in range(PER_INCIDENT - 2)])
    db.commit()
    rows = count * PER_INCIDENT
    db.close()
    return rows


def scan(path):
    """Seconds that the bare library takes for the open rows."""
    start = time.perf_counter()
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for sql in OPEN_ROWS:
        db.execute(sql).fetchall()
    taken = time.perf_counter() - start
    db.close()
    return taken


def forget(path):
    """Out of the page cache, as after a boot."""
    for name in (path, f"{path}-wal"):
        if os.path.exists(name):
            with open(name, "rb") as f:
                os.fsync(f.fileno())
                os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def first_post(stand, make_waiting):
    """Seconds from the start of the program to its first post."""
    agent = stand.agent
    before = len(stand.receiver.posts())
    start = time.monotonic_ns()
    agent.start(ready=False)
    wait_for("the first post", lambda: len(stand.receiver.posts()) > before, 60, every=0.05)
    at = int(stand.receiver.posts()[before][1])
    wait_for("the agent answers", agent.answers, 60)
    make_waiting()
    agent.stop()
    return (at - start) / 1e9


def run(build):
    with Stand(build) as stand:
        agent = stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc", poll="1m")},
            "audiences": {"noc": audience(["noc"], update="1h")},
        })
        core = CoreStub(agent.socket, describe)
        for k in range(OPEN):
            core.service(f"host{k:05}", "HTTP", CRITICAL, output_of(f"host{k:05}", "HTTP"))
        wait_for("all are told", lambda: len(stand.receiver.posts()) >= OPEN, 240, every=0.5)
        stand.wait_queue_empty()
        waiting = [0]

        def make_waiting():
            """One more post is decided while there is no login, and waits over the restart."""
            waiting[0] += 1
            token = agent.state / "auth/noc"
            token.rename(token.with_name("kept"))
            agent.reload()
            wait_for("the login is gone", lambda: agent.json("status")["accounts"][0]["state"] == "no login", 20, every=0.1)
            agent.cli("open", f"number {waiting[0]}", "--to", "noc")
            wait_for("a post waits", lambda: agent.json("status")["accounts"][0]["queued"], 20, every=0.1)
            agent.kill()
            token.with_name("kept").rename(token)

        make_waiting()
        core.close()
        path = agent.state / "twicket.db"
        note(f"P10: {write_history(path)} rows of history, {OPEN} open, {path.stat().st_size >> 20} MiB")
        warm, cold = [], []
        for _ in range(ROUNDS):
            scan(path)
            bare = min(scan(path) for _ in range(3))
            taken = first_post(stand, make_waiting)
            warm.append(taken / bare)
            forget(path)
            bare_cold = scan(path)
            forget(path)
            taken_cold = first_post(stand, make_waiting)
            cold.append(taken_cold / bare_cold)
            note(f"P10: first post {taken:.3f} s warm, {taken_cold:.3f} s cold; the bare scan {bare:.3f} and "
                 f"{bare_cold:.3f} s")
        judge("P10.warm_ratio", median(warm), WARM_GOAL)
        judge("P10.cold_ratio", median(cold), COLD_GOAL)
