"""GOALS P9: what the module adds to the core's memory: RssAnon of a nagios4 with twicket.so and
of one without, the same configuration and the same load.

The ring is bounded (4 MiB unless `ring=` says else). Measured twice: with an agent that reads, and
with one that is stopped until the ring overflows.
"""

import time

from core import BenchCore, names_of
from nagios import CRITICAL, OK
from stand import Stand, audience, judge, note, proc_kib

HOSTS = 2000
RING_MIB = 4
ROUNDS_STOPPED = 12  # of HOSTS changes, some 250 bytes each: more than the ring holds


def load(core, rounds):
    hosts = names_of("no", HOSTS)
    for k in range(rounds):
        core.fail_all(hosts, OK if k % 2 else CRITICAL)


def measure(stand, twicket):
    """KiB: (with a reading agent, with a stopped one)."""
    core = BenchCore(stand, {"no": HOSTS}, twicket, name="with" if twicket else "without")
    core.start()
    try:
        if twicket:
            stand.agent.wait_connected()
        load(core, 4)
        time.sleep(1)
        reading = proc_kib(core.process.pid)
        if twicket:
            stand.agent.freeze()
        load(core, ROUNDS_STOPPED)
        time.sleep(1)
        return reading, proc_kib(core.process.pid)
    finally:
        stand.agent.thaw()
        core.stop()


def run(build):
    with Stand(build) as stand:
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc")},
            "audiences": {"noc": audience(["noc"], match="host:none")},
        })
        plain, plain_late = measure(stand, False)
        ours, ours_late = measure(stand, True)
    note(f"nagios4 RssAnon: without the module {plain} and {plain_late} KiB, with it {ours} and, the ring full, "
         f"{ours_late} KiB")
    judge("P9.module_with_ring", max(ours - plain, ours_late - plain_late) / 1024, 1 + RING_MIB, unit="MiB")
