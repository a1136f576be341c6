"""GOALS P11: 1,000,000 events, and what the agent's memory grows by after it is warm. Services fail
and recover before their hold is over, so that all of it is noise that nobody is told; now and then
one stays, is told, acknowledged by nobody, and recovers.
"""

import time

from core_stub import CRITICAL, HARD, OK, SERVICE, STATE, CoreStub, encode
from p9 import describe
from stand import Stand, audience, judge, note, proc_kib, wait_for

EVENTS = 1000000
WARM = 200000
SERVICES = 2000
BATCH = 500
WARM_ROUNDS = 5
STEADY_KIB = 128
SETTLE_S = 12  # what the agent does for order comes every ten seconds
OUTPUT = {CRITICAL: "CRITICAL - load average: 41.20, 38.11, 30.02, limit 30 (sustained for 5 min), see runbook 7",
          OK: "OK - load average: 0.20, 0.11, 0.02"}


class Noise:
    """Every service fails, then every one recovers, and so on."""

    def __init__(self, core):
        self.core, self.sent = core, 0

    def feed(self, count):
        while count:
            n = min(count, BATCH)
            with self.core.lock:
                data = b"".join(self._event(k) for k in range(n))
                self.core.socket.sendall(data)
            count -= n

    def _event(self, _):
        number, turn = self.sent % SERVICES, self.sent // SERVICES
        state = OK if turn % 2 else CRITICAL
        self.sent += 1
        self.core.seq += 1
        return encode(seq=self.core.seq, type=STATE, kind=SERVICE, state=state, flags=HARD,
                      strings=(f"host{number % 200:03}", f"service-{number // 200:02}", OUTPUT[state]))


def settled(stand, events):
    """RssAnon once all is taken in and what is owed is done."""
    wait_for("all events are taken in",
             lambda: stand.agent.json("status")["nodes"][0]["events"] >= events, 300, every=0.5)
    time.sleep(SETTLE_S)
    stand.wait_queue_empty()
    return proc_kib(stand.agent.process.pid)


def warm_up(stand, noise):
    """Until as many events again change nothing: how far the agent falls behind is the machine's mood."""
    before = 0
    for _ in range(WARM_ROUNDS):
        noise.feed(WARM)
        after = settled(stand, noise.sent)
        if abs(after - before) < STEADY_KIB:
            break
        before = after
    return after


def run(build):
    with Stand(build) as stand:
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc")},
            "audiences": {"noc": audience(["noc"], hold="10m", flap_digest="1h", storm=20)},
        })
        core = CoreStub(stand.agent.socket, describe)
        stand.callback(core.close)
        stand.wait_reading()
        noise = Noise(core)
        before = warm_up(stand, noise)
        start = time.monotonic()
        noise.feed(EVENTS)
        after = settled(stand, noise.sent)
        note(f"P11: {EVENTS} events in {time.monotonic() - start - SETTLE_S:.0f} s; RssAnon {before} KiB warm, "
             f"{after} KiB at the end; {len(stand.receiver.posts())} posts")
        judge("P11.growth", max(after - before, 0) / 1024, 1, unit="MiB")
