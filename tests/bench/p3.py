"""GOALS P3: 5,000 passive results at once in a real nagios4, with the module and an agent, and with
no module at all: the time to the last state change, and the longest time that the main loop stood
still. Two cores take turns; the one that waits does nothing. The same in every other core that
TWICKET_CORES names; those rows end in its name.

The slices of a snapshot of 100,000 objects are counted by module_slice.c (part "module").
"""

import time

from core import DEBIANS, BenchCore, names_of
from nagios import OK
from rig import cores
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


def measure(build, core, name, suffix):
    """core: None for Debian's."""
    with Stand(build) as stand:
        # nobody is told of these objects: what the agent does with them is P4's and P6's business
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc")},
            "audiences": {"noc": audience(["noc"], match="host:nobody-*")},
        })
        ours = BenchCore(stand, {GROUP: SERVICES}, stalls=True, core=core)
        bare = BenchCore(stand, {GROUP: SERVICES}, twicket=False, name="bare", stalls=True, core=core)
        for running in (ours, bare):
            stand.stop(running.start())
        stand.agent.wait_connected()
        pairs = [(storm(ours), storm(bare)) for _ in range(ROUNDS)]
        for (time_ours, stall_ours), (time_bare, stall_bare) in pairs:
            note(f"P3, {name}: last change {time_ours:.0f} ms with, {time_bare:.0f} ms without the module; "
                 f"longest stall {stall_ours:.1f} and {stall_bare:.1f} ms")
        lost = sum(node["lost"] for node in stand.agent.json("status")["nodes"])
        note(f"P3, {name}: {lost} events lost")
    judge(f"P3.time_ratio{suffix}", median([a[0] / b[0] for a, b in pairs]), 1.1, gate=1.65)
    judge(f"P3.stall_ratio{suffix}", median([max(a[1], 1) / max(b[1], 1) for a, b in pairs]), 1.2, gate=1.8)


def run(build):
    measure(build, None, DEBIANS, "")
    for core in cores():
        if core.name != DEBIANS and (build / core.name / "tests/core_clock.so").exists():
            measure(build, core, core.name, "." + core.name)
