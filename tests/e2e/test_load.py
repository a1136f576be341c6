"""Reloads in the middle of events and replies lose nothing; memory has a bound whoever floods (SPEC 3 rows 90, 93)."""

import json
import re
import socket
import sqlite3

import pytest

from agent import tag_of
from nagios import CRITICAL, OK
from proc import Cleanup
from rig import build_folder, quick_config

SHOPS = 20
RELOADS = 20
WRONG = 7  # the one of them that finds a file with an error
FLOOD = 3000
WAITING = 100000
MIB = 1024
HOSTS = {f"web{n}": {"services": {"HTTP": {"_TWICKET_PUBLIC": f"Shop {n}"}}} for n in range(SHOPS)}


def test_reloads_under_load(make_rig, fake):
    """Between any two of twenty reloads something fails, is answered, recovers: each is told once, each answer counts."""
    rig = make_rig(server=fake, hosts=HOSTS, config=quick_config(fake, storm=0))
    good = rig.agent.config_path.read_text()
    alice = fake.client("alice")
    for n in range(RELOADS):
        rig.nagios.service(f"web{n}", "HTTP", CRITICAL)
        rig.agent.configure(good.replace("hold", "hodl", 1) if n == WRONG else good)
        rig.agent.reload()
        rig.wait(f"Shop {n} is told", lambda: [p for p in fake.posts() if f"Shop {n}:" in p["text"]], 30, 0.05)
        root = next(p for p in fake.posts() if f"Shop {n}:" in p["text"])
        if n % 4 == 0:
            alice.post("@status ack", root["id"])
    rig.wait("the answers are carried out",
             lambda: all(rig.nagios.acknowledged(f"web{n}", "HTTP") for n in range(0, RELOADS, 4)), 60, 0.2)
    assert "hodl" in rig.agent.log()
    assert rig.agent.log().count("configuration reloaded") >= 1
    for n in range(RELOADS):
        rig.nagios.service(f"web{n}", "HTTP", OK)
        rig.agent.reload()
    rig.wait("all ends are told", lambda: len([p for p in fake.posts() if p["text"].startswith("🟢")]) == SHOPS, 60, 0.2)
    rig.wait("all is settled", lambda: not rig.agent.unsettled(), 30, 0.2)
    texts = [post["text"] for post in fake.posts()]
    assert sorted(texts) == sorted(rig.agent.decided())
    for n in range(RELOADS):
        tag = next(tag_of(text) for text in texts if f"Shop {n}:" in text)
        mine = [text[0] for text in texts if tag in text]
        assert mine == (["🔴", "👷", "🟢"] if n % 4 == 0 else ["🔴", "🟢"]), texts
    acks = [c for c in rig.nagios.external_commands() if c.startswith("ACKNOWLEDGE")]
    assert len(acks) == len(range(0, RELOADS, 4))
    assert [node["gaps"] for node in rig.agent.json("status")["nodes"]] == [0]


# --- memory: the agent as it is shipped, because a sanitiser's memory is not ours ------------------

@pytest.fixture
def plain_rig(make_rig, fake, monkeypatch):
    monkeypatch.setenv("TWICKET_AGENT", str(build_folder()))
    return make_rig(server=fake, hosts=HOSTS, config=quick_config(fake, storm=0))


def peak_mib(rig):
    text = open(f"/proc/{rig.agent.process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) / MIB


def test_a_module_that_floods(plain_rig):
    """State changes as fast as the core takes results."""
    rig = plain_rig
    before = peak_mib(rig)
    for n in range(FLOOD):
        rig.nagios.service("web0", "HTTP", OK if n % 2 else CRITICAL, "x" * 500)
    rig.nagios.service("web1", "HTTP", CRITICAL)
    rig.wait("what failed last is told", lambda: [p for p in rig.server.posts() if "Shop 1:" in p["text"]], 60, 0.1)
    assert peak_mib(rig) - before < 16


def test_a_client_that_never_reads(plain_rig):
    """It asks and asks on the control socket and takes no answer; others are answered."""
    rig = plain_rig
    before = peak_mib(rig)
    with Cleanup() as cleanup:
        for _ in range(16):
            client = cleanup.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(str(rig.agent.run / "control.sock"))
            client.setblocking(False)
            try:
                for _ in range(20000):
                    client.send(json.dumps({"do": "status"}).encode() + b"\n")
            except OSError:
                pass  # it takes no more, or hung up
        assert rig.agent.answers()
    assert rig.agent.answers()
    assert peak_mib(rig) - before < 16


def reads(fake):
    return sum("/api/v1/notifications" in str(request) for request in fake.control("log"))


def test_an_answer_of_20_mb(plain_rig, fake):
    """Not what the API promises: bounded, said, and the next one counts."""
    rig = plain_rig
    before = peak_mib(rig)
    read = reads(fake)
    fake.script({"method": "GET", "path": "/api/v1/notifications", "count": 1, "status": 200,
                 "body": "[" + " " * 20_000_000 + "]"})
    rig.nagios.service("web0", "HTTP", CRITICAL)
    rig.wait("it is told", fake.posts, 30, 0.1)
    root = fake.posts()[0]["id"]
    rig.wait("the answer was asked for", lambda: reads(fake) > read, 30, 0.2)
    fake.client("alice").post("@status ack", root)
    rig.wait_acknowledged("web0", "HTTP", 40)
    assert peak_mib(rig) - before < 12
    said = [line for line in rig.agent.log().splitlines() if "the answer is longer than any that its API promises" in line]
    assert len(said) == 1 and "warning: collector: status: not read: 200, but " in said[0], rig.agent.log()


def many_wait(rig):
    """100,000 posts of other threads, as if the network had been away for very long."""
    with sqlite3.connect(rig.agent.state / "twicket.db") as store:
        columns = [row[1] for row in store.execute("PRAGMA table_info(post)") if row[1] not in ("id", "key", "thread", "text")]
        names = ", ".join(f'"{name}"' for name in columns)
        highest, template = store.execute("SELECT max(id), (SELECT id FROM post WHERE kind=0 LIMIT 1) FROM post").fetchone()
        store.execute(
            f"WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM n WHERE k<{WAITING})"
            f" INSERT INTO post(id, key, thread, text, {names})"
            f" SELECT {highest}+1000+k, 'key-'||k, {highest}+1000000+k, text||' '||k, {names} FROM n, post"
            f" WHERE post.id={template}")
    store.close()


def test_a_hundred_thousand_posts_wait(plain_rig, fake):
    """At most 1.5 KiB each, and the agent goes on to hear and to answer."""
    rig = plain_rig
    fake.script({"method": "POST", "path": "/api/v1/statuses", "count": 1000000, "status": 503, "body": "{}",
                 "headers": {"Retry-After": "3600"}})
    rig.nagios.service("web0", "HTTP", CRITICAL)
    rig.wait("a post waits", rig.agent.unsettled, 30, 0.1)
    rig.agent.stop()
    many_wait(rig)
    rig.agent.start()
    rig.agent.wait_connected()
    before = 24  # MiB, of an agent for whom nothing waits
    rig.nagios.service("web1", "HTTP", CRITICAL)
    rig.wait("the next is decided", lambda: rig.agent.query("SELECT 1 FROM post WHERE text LIKE '%Shop 1:%'"), 40, 0.2)
    account = rig.agent.json("status")["accounts"][0]
    assert account["queued"] + account["unsettled"] >= WAITING
    assert peak_mib(rig) - before < WAITING * 1.5 / MIB
