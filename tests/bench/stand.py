"""What all benchmarks stand on: the receiver, an agent without limits, figures of a process.

Builds on the processes of tests/e2e; every daemon is an ordinary user's, on loopback, and
is stopped by its pid.
"""

import json
import os
import statistics
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from agent import Agent  # noqa: E402
from proc import Cleanup, Place, Process, wait_for  # noqa: E402

MANY = 1000000  # posts an hour: more than any benchmark says
TICK = os.sysconf("SC_CLK_TCK")

rows = []  # of the table: (name, measured, goal, verdict), as text


def note(text):
    print(f"# {text}", flush=True)


def judge(name, measured, goal, gate=None, unit=""):
    """One row. gate: a time may miss its goal up to here (GOALS.md); None: the goal is the gate."""
    if goal is None:
        verdict, shown = "reported", "-"
    else:
        verdict = "ok" if measured <= goal else "MISSED" if gate is None or measured > gate else "reported"
        shown = f"{goal:g}{unit}"
    rows.append((name, f"{measured:.3g}{unit}", shown, verdict))
    print(*rows[-1], flush=True)


def median(values):
    return statistics.median(values)


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def proc_kib(pid, key="RssAnon"):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def cpu_seconds(pid):
    """(its own, its reaped children's)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK, (int(fields[13]) + int(fields[14])) / TICK


class Receiver:
    """The Mastodon server of receiver.c. Its log tells when posts came and replies left."""

    def __init__(self, place, build):
        program = place.copy(build / "tests/bench/receiver", "receiver")
        self.process = Process(place, "receiver-out", [program])
        self.process.wait_ready("the receiver prints its port", lambda: self.process.text().strip().isdigit())
        self.port = int(self.process.text())
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.lines = []

    def stop(self):
        self.process.stop()

    def call(self, path, data=None):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, data=data and data.encode(), timeout=20) as answer:
            return answer.read().decode()

    def log(self):
        """All lines so far, split in words; the last word of a post is its whole body."""
        for line in self.call(f"/_bench/log?from={len(self.lines)}").split("\n"):
            if line:
                self.lines.append(line.split(" ", 4))
        return self.lines

    def posts(self):
        return [line for line in self.log() if line[0] == "post"]

    def reply(self, replies):
        """[(user, author, parent, text)]: visible at once."""
        self.call("/_bench/replies", "".join("\t".join(map(str, r)) + "\n" for r in replies))

    def account(self, name, **more):
        return {"network": "mastodon", "handle": f"{name}@{self.host}", "url": self.url,
                "posts_per_hour": MANY, "posts_per_day": MANY, "poll": "6s", **more}


def audience(accounts, **more):
    """Without limits and without patience."""
    return {"use": "operators", "accounts": accounts, "hold": "0", "acks": False, "remind": "0", "storm": 0, **more}


class Stand(Cleanup):
    """A folder, a receiver and, once configured, an agent."""

    def __init__(self, build):
        super().__init__()
        self.build = build
        try:
            self.place = Place()
            self.callback(self.place.close)
            self.receiver = self.stop(Receiver(self.place, build))
        except BaseException:
            self.close()
            raise
        self.agent = None

    def start_agent(self, config, name="twicketd"):
        self.agent = Agent(self.place, self.build, {"log": "warn", **config}, name=name)
        for account in config["accounts"]:
            self.agent.token(account, "token-" + account)
        self.stop(self.agent.start())
        return self.agent

    def wait_reading(self, seconds=20):
        """Every account is verified and was read once: its replies count from now on."""

        def look():
            accounts = self.agent.json("status")["accounts"]
            return all(a["last_read_ms"] for a in accounts)

        return wait_for("all accounts are read", look, seconds, every=0.2)

    def wait_queue_empty(self, seconds=120):
        def look():
            accounts = self.agent.json("status")["accounts"]
            return not any(a["queued"] or a["unsettled"] for a in accounts)

        return wait_for("all posts left", look, seconds, every=0.2)


def body_of(post):
    return json.loads(post[4])
