"""GOALS P9: memory of the agent per open problem, idle, and of the module in a core.

The agent's problems come from core_stub.py: 10,000, 110 characters of output, one audience,
all posted. RssAnon is what grows; the libraries' mapped pages are not counted.
"""

import threading
import time

from core_stub import CRITICAL, OK, CoreStub
from stand import Stand, audience, judge, note, proc_kib, wait_for

PROBLEMS = 10000
SHAPES = {"1000x10": (1000, 10), "10000x1": (10000, 1)}
GATE = "1000x10"  # the other, an incident and a thread for each problem, is reported
WARM = 40
HOLD_S = 2
SETTLE_S = 12  # what the agent does for order comes every ten seconds


def output_of(host, service):
    text = f"CRITICAL - load average: 41.20, 38.11, 30.02 on {host} by {service}, limit 30 (sustained for 5 min)"
    return (text + "." * 110)[:110]


def describe(host, service):
    number = sum(host.encode())
    return ["display", service, "contact", f"team-{number % 20:02}", "_OWNER", f"group {number % 50}",
            "hostgroup", f"rack-{number % 20:02}"]


class Peak(threading.Thread):
    """The most RssAnon that was seen, looked at every 20 ms."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.kib, self.stopped = pid, 0, False
        self.start()

    def run(self):
        while not self.stopped:
            self.kib = max(self.kib, proc_kib(self.pid))
            time.sleep(0.02)

    def stop(self):
        self.stopped = True
        self.join()
        return self.kib


def fail_all(stand, core, names):
    """All fail; returns once they are known, described and posted."""
    for host, service in names:
        core.service(host, service, CRITICAL, output_of(host, service))
    wait_for("all are known", lambda: stand.agent.json("status")["problems"] >= len(names), 120, every=0.2)
    time.sleep(2 * HOLD_S)
    stand.wait_queue_empty()
    wait_for("all are told", lambda: len(stand.agent.unsettled()) == 0, 60, every=0.5)


def warm_up(stand, core):
    """The connections, buffers and statements of a working agent, before what it keeps is counted."""
    names = [(f"warm{i:02}", "HTTP") for i in range(WARM)]
    fail_all(stand, core, names)
    for host, service in names:
        core.service(host, service, OK, "OK")
    wait_for("all are over", lambda: stand.agent.json("status")["open"] == 0, 60, every=0.2)
    stand.wait_queue_empty()


def measure(build, shape):
    """KiB: (started, idle and warm, peak, settled, posts)."""
    hosts, services = SHAPES[shape]
    names = [(f"host{h:05}", f"service-{s:02}" if services > 1 else "HTTP")
             for h in range(hosts) for s in range(services)]
    with Stand(build) as stand:
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc")},
            "audiences": {"noc": audience(["noc"], hold=f"{HOLD_S}s", recovery_hold="0", reopen="1s", update="10m")},
        })
        core = CoreStub(stand.agent.socket, describe)
        stand.callback(core.close)
        stand.wait_reading()
        pid = stand.agent.process.pid
        started = proc_kib(pid)
        warm_up(stand, core)
        idle = proc_kib(pid)
        before = len(stand.receiver.posts())
        peak = Peak(pid)
        fail_all(stand, core, names)
        time.sleep(SETTLE_S)
        top, settled = peak.stop(), proc_kib(pid)
        return started, idle, top, settled, len(stand.receiver.posts()) - before


def run(build):
    for shape in SHAPES:
        started, idle, peak, settled, posts = measure(build, shape)
        note(f"{shape} problems: RssAnon started {started}, idle {idle}, highest {peak}, settled {settled} KiB; "
             f"{posts} posts")
        if shape == GATE:
            judge("P9.agent_idle", max(started, idle) / 1024, 6, unit="MiB")
        only = None if shape == GATE else float("inf")
        judge(f"P9.problem_{shape}", (settled - idle) / PROBLEMS, 0.8, gate=only, unit="KiB")
        judge(f"P9.problem_{shape}_peak", (peak - idle) / PROBLEMS, None, unit="KiB")
