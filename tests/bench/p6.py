"""GOALS P6: 1,000 services go CRITICAL at once in a real nagios4, each an incident and a post of its
own, through twicket and through a notification command of bash and curl.

One core, three groups of hosts: the third tells nobody, and is what the core itself needs. They
take turns; the CPU of the core with all its children and of the agent is counted, and the longest
time that the core's main loop stood still. Between the rounds all recover, which is not measured;
twicket has other hosts in each, as what breaks again and again is told otherwise.
"""

import time

from core import SHELL, BenchCore, names_of
from nagios import OK
from stand import Stand, audience, body_of, cpu_seconds, judge, median, note, wait_for

SERVICES = 1000
ROUNDS = 5
NOBODY, TWICKET = "no", "tw"
SHELL_USER = "shell"  # of notify.sh's token
GIVEN_UP_S = 15
SETTLE_S = 1.5  # the core reaps its children


def is_problem(post):
    return " OK since " not in post[4]


def posts_of(stand, user):
    return [p for p in stand.receiver.posts() if p[3] == user and is_problem(p)]


class Arrivals:
    """Done when all have come, or none has for so long that no more will: curl gives up after 10 s."""

    def __init__(self, stand, user, have):
        self.stand, self.user, self.want = stand, user, have + SERVICES
        self.seen, self.since = have, time.monotonic()

    def done(self):
        seen = len(posts_of(self.stand, self.user))
        if seen != self.seen:
            self.seen, self.since = seen, time.monotonic()
        return seen >= self.want or (self.user == SHELL_USER and time.monotonic() - self.since > GIVEN_UP_S)


class Storm:
    """One group fails: CPU seconds beyond idling, seconds until the last post, ms of stall."""

    def __init__(self, stand, core, hosts, user):
        group = hosts[0].split("-")[0]
        pids, agent = core.family(), stand.agent.process.pid
        before = core.cpu(pids), sum(cpu_seconds(agent))
        have = len(posts_of(stand, user)) if user else 0
        start = time.monotonic_ns()
        core.fail_all(hosts)
        if user:
            arrivals = Arrivals(stand, user, have)
            wait_for("all posts came", arrivals.done, 240, every=0.2)
            if arrivals.seen < arrivals.want:
                note(f"P6 {group}: {arrivals.want - arrivals.seen} posts never came")
            stand.wait_queue_empty()
        time.sleep(SETTLE_S)
        end = int(posts_of(stand, user)[-1][1]) if user else start
        self.core = core.cpu(pids) - before[0]
        self.agent = sum(cpu_seconds(agent)) - before[1]
        self.last_post = (end - start) / 1e9
        self.stall = core.longest_stall(start)
        note(f"P6 {group}: CPU s core {self.core:.2f}, twicketd {self.agent:.2f}; last post after "
             f"{self.last_post:.2f} s; longest stall {self.stall:.1f} ms")


def recover(stand, core, groups):
    """All is well again, and forgotten by the agent."""
    for hosts in groups:
        core.fail_all(hosts, OK)
    wait_for("all incidents are over", lambda: stand.agent.json("status")["open"] == 0, 60, every=0.2)
    stand.wait_queue_empty()
    time.sleep(SETTLE_S)


def ratios(stand, core, number):
    """Of one round: (CPU beyond the core's own, last post, stall in ms)."""
    groups = [names_of(NOBODY, SERVICES), names_of(TWICKET, ROUNDS * SERVICES)[number * SERVICES:][:SERVICES],
              names_of(SHELL, SERVICES)]
    own, ours, theirs = (Storm(stand, core, hosts, user) for hosts, user in zip(groups, (None, "noc", SHELL_USER)))
    recover(stand, core, groups)
    cpu = max(ours.core + ours.agent - own.core, 0.01) / (theirs.core - own.core)
    return cpu, ours.last_post / theirs.last_post, ours.stall


def run(build):
    with Stand(build) as stand:
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc")},
            "audiences": {"noc": audience(["noc"], match=f"host:{TWICKET}-*", recovery_hold="0", reopen="1s")},
        })
        core = BenchCore(stand, {TWICKET: ROUNDS * SERVICES, SHELL: SERVICES, NOBODY: SERVICES}, stalls=True)
        stand.stop(core.start())
        stand.agent.wait_connected()
        stand.wait_reading()
        cpu, last, stall = zip(*(ratios(stand, core, k) for k in range(ROUNDS)))
        note(f"an example of twicket's posts: {body_of(posts_of(stand, 'noc')[-1])['status']!r}")
        judge("P6.cpu_ratio", median(cpu), 1 / 60)
        judge("P6.last_post_ratio", median(last), 1 / 15, gate=1.5 / 15)
        judge("P6.stall", median(stall), 30, gate=45, unit="ms")
