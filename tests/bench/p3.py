"""GOALS P3: 5,000 passive results at once in a real nagios4, with the module and an agent, and with
no module at all: the time to the last state change, and the longest time that the main loop stood
still. Two cores take turns; the one that waits does nothing.

The slices of a snapshot of 100,000 objects are counted by module_slice.c (part "module").
"""

import time

from core import BenchCore, names_of
from nagios import OK
from stand import Stand, audience, judge, median, note

SERVICES = 5000
ROUNDS = 5
GROUP = "no"
SETTLE_S = 1.0


def storm(core):
    """(ms to the last state change, ms of the longest stall)."""
    hosts = names_of(GROUP, SERVICES)
    start = time.monotonic_ns()
    core.fail_all(hosts)
    last = max(ns for ns, _ in core.clock("state"))
    stall = core.longest_stall(start)
    core.fail_all(hosts, OK)
    time.sleep(SETTLE_S)
    return (last - start) / 1e6, stall


def run(build):
    with Stand(build) as stand:
        # nobody is told of these objects: what the agent does with them is P4's and P6's business
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc")},
            "audiences": {"noc": audience(["noc"], match="host:nobody-*")},
        })
        ours = BenchCore(stand, {GROUP: SERVICES}, stalls=True)
        bare = BenchCore(stand, {GROUP: SERVICES}, twicket=False, name="bare", stalls=True)
        for core in (ours, bare):
            stand.stop(core.start())
        stand.agent.wait_connected()
        pairs = [(storm(ours), storm(bare)) for _ in range(ROUNDS)]
        for (time_ours, stall_ours), (time_bare, stall_bare) in pairs:
            note(f"P3: last change {time_ours:.0f} ms with, {time_bare:.0f} ms without the module; "
                 f"longest stall {stall_ours:.1f} and {stall_bare:.1f} ms")
        lost = sum(node["lost"] for node in stand.agent.json("status")["nodes"])
        note(f"P3: {lost} events lost")
    judge("P3.time_ratio", median([a[0] / b[0] for a, b in pairs]), 1.1, gate=1.65)
    judge("P3.stall_ratio", median([max(a[1], 1) / max(b[1], 1) for a, b in pairs]), 1.2, gate=1.8)
