"""GOALS P5: from a passive result to the POST on the wire, in an idle core, through twicket and
through a notification command of bash and curl; and what 1,000 of them cost (P6's CPU).

Both ways are in one core and take turns. The clock starts right before the result is written to
the command file, and stops when the receiver has read the last byte of the POST.
"""

import time

from core import SHELL, BenchCore, names_of
from stand import Stand, audience, body_of, cpu_seconds, judge, median, note, quantile, wait_for

PAIRS = 25
STORM = 1000
WARM = 2  # pairs that are not counted: connections, caches
PAUSE = 0.25


def arrival(stand, host, after):
    """When the post about that host came."""

    def look():
        for post in stand.receiver.posts():
            if int(post[1]) >= after and host in post[4]:
                return int(post[1])
        return None

    time.sleep(PAUSE)  # whoever looks often takes the processor from what is measured
    return wait_for(f"a post about {host}", look, 20, every=PAUSE)


def one_event(stand, core, host):
    """ms: (from the result to the POST, of it until the core calls its modules)."""
    time.sleep(PAUSE)
    start = core.fail(host)
    end = arrival(stand, host, start)
    called = core.when("state", host, start)
    return (end - start) / 1e6, (called - start) / 1e6


def latency(stand, core):
    ways = {"twicket": "tw", "bash_curl": SHELL}
    took = {way: [] for way in ways}
    for k in range(WARM + PAIRS):
        for way, group in ways.items():
            took[way].append(one_event(stand, core, f"{group}-{k:04}"))
    whole = {}
    for way, times in took.items():
        times = [t for t, _ in times[WARM:]]
        whole[way] = median(times)
        note(f"P5 {way}: p50 {whole[way]:.2f} ms, p90 {quantile(times, 0.9):.2f} ms ({len(times)} events)")
    # A core that notifies calls its modules behind that: only the other group tells what it needs itself.
    own = median([core_ms for _, core_ms in took["twicket"][WARM:]])
    note(f"P5: {own:.2f} ms of both are the core's own, from the command file to its modules")
    judge("P5.ratio", whole["twicket"] / whole["bash_curl"], 0.2, gate=0.3)
    judge("P5.ratio_without_the_cores_own", (whole["twicket"] - own) / (whole["bash_curl"] - own), None)


class Meter:
    """CPU seconds of the core with all its children, and of the agent."""

    def __init__(self, stand, core):
        self.core, self.agent = core, stand.agent.process.pid
        self.pids = core.family()
        self.before = self.read()

    def read(self):
        return self.core.cpu(self.pids), sum(cpu_seconds(self.agent))

    def spent(self):
        return tuple(now - before for now, before in zip(self.read(), self.before))


def storm(stand, core, group, posts):
    """CPU seconds of (core, agent), and seconds until the last post, for STORM problems at once."""
    hosts = names_of(group, 2 * STORM)[STORM:]
    have = len(stand.receiver.posts())
    meter = Meter(stand, core)
    start = time.monotonic_ns()
    core.fail_all(hosts)
    wait_for("all posts came", lambda: len(stand.receiver.posts()) >= have + posts, 90, every=0.2)
    stand.wait_queue_empty()
    time.sleep(2)  # the core reaps its children
    last = int(stand.receiver.posts()[-1][1]) if posts else start
    return *meter.spent(), (last - start) / 1e9


def cost(stand, core):
    spent = {}
    for way, group, posts in (("nobody", "no", 0), ("twicket", "tw", STORM), ("bash_curl", SHELL, STORM)):
        spent[way] = storm(stand, core, group, posts)
        note(f"P6 {STORM} services, {way}: CPU s core {spent[way][0]:.2f}, twicketd {spent[way][1]:.2f}; last post "
             f"after {spent[way][2]:.2f} s")
    own = spent["nobody"][0]
    ours = max(sum(spent["twicket"][:2]) - own, 0.01)
    theirs = spent["bash_curl"][0] - own
    judge("P6.cpu_ratio", ours / theirs, None)
    judge("P6.last_post_ratio", spent["twicket"][2] / spent["bash_curl"][2], None)


def run(build):
    with Stand(build) as stand:
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc")},
            "audiences": {"noc": audience(["noc"], match="host:tw-*")},
        })
        core = BenchCore(stand, {"tw": 2 * STORM, SHELL: 2 * STORM, "no": 2 * STORM})
        stand.stop(core.start())
        stand.agent.wait_connected()
        stand.wait_reading()
        latency(stand, core)
        cost(stand, core)
        counted = [body_of(p)["status"] for p in stand.receiver.posts() if p[3] == "noc"]
        note(f"an example of twicket's posts: {counted[-1]!r}")
