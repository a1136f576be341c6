"""GOALS P8: from a reply in the collector's hands to the acknowledgement in the core.

The clock starts when the receiver begins to write the answer of a poll that has the reply in it,
so reading, parsing, deciding and committing are all in. It stops in the core itself: core_clock.c
is called once problem_has_been_acknowledged is set. Both clocks are CLOCK_MONOTONIC.

Single replies go to twenty accounts whose polls come 300 ms after one another (each learns that
much later who it is), one reply in each, because an account is read every six seconds. The crowd is 1,000 replies by 100 people that one account finds in one poll,
page by page; its time runs from the first page to the last acknowledgement.
"""

import json
import time

from core import BenchCore, names_of
from stand import Stand, audience, cpu_seconds, judge, median, note, quantile, wait_for

ACCOUNTS = 20
ROUNDS = 6
POLL_S = 6.0
CROWD = 1000
PEOPLE = 100
APART_MS = int(1000 * POLL_S / ACCOUNTS)
AUDIENCES = {f"late{k * APART_MS}": f"host:s{k:02}-*" for k in range(ACCOUNTS)}


def config(stand):
    accounts = [*AUDIENCES, "crowd"]
    people = [f"single{k:03}" for k in range(PEOPLE)] + [f"crowd{k:03}" for k in range(PEOPLE)]
    matches = {**AUDIENCES, "crowd": "host:crowd-*"}
    return {
        "accounts": {a: stand.receiver.account(a) for a in accounts},
        "audiences": {a: audience([a], match=matches[a]) for a in accounts},
        "people": {p: {"mastodon": f"{p}@people.example"} for p in people},
    }


def roots(stand):
    """{host: (account, id of the post about it)}."""
    found = {}
    for _, _, ident, user, body in stand.receiver.posts():
        host = json.loads(body)["status"].split("/")[0].split()[-1]
        found.setdefault(host, (user, ident))
    return found


def served(stand, user):
    """[(ns, newest id)] of all polls of that account that found something."""
    return [(int(line[1]), line[4]) for line in stand.receiver.log() if line[0] == "served" and line[2] == user]


def first_new(before, after):
    """When the first page was served that has more than the old ones, which are looked at twice."""
    newest = before[-1][1] if before else ""
    return next(ns for ns, ident in after[len(before):] if ident != newest)


def single(stand, core, posts):
    """ms of each reply."""
    took = []
    for round_ in range(ROUNDS):
        hosts = [f"s{k:02}-{round_:04}" for k in range(ACCOUNTS)]
        had = {a: served(stand, a) for a in AUDIENCES}
        for k, host in enumerate(hosts):
            user, ident = posts[host]
            stand.receiver.reply([(user, f"single{(round_ * ACCOUNTS + k) % PEOPLE:03}", ident, "ack looking at it")])
        time.sleep(POLL_S + 1)
        for host in hosts:
            wait_for(f"{host} is acknowledged", lambda host=host: core.when("ack", host), 15, every=0.25)
            user = posts[host][0]
            took.append((core.when("ack", host) - first_new(had[user], served(stand, user))) / 1e6)
    return took


def crowd(stand, core, posts):
    """(seconds, CPU seconds of the agent, of the core, pages)."""
    hosts = names_of("crowd", CROWD)
    pids = core.family()
    before = core.cpu(pids), sum(cpu_seconds(stand.agent.process.pid))
    stand.receiver.reply([(*posts[h][:1], f"crowd{k % PEOPLE:03}", posts[h][1], "ack looking at it")
                          for k, h in enumerate(hosts)])

    def all_there():
        return len({h for _, h in core.clock("ack") if h.startswith("crowd")}) == CROWD

    wait_for("all are acknowledged", all_there, 60, every=0.25)
    last = max(ns for ns, h in core.clock("ack") if h.startswith("crowd"))
    pages = [ns for ns, _ in served(stand, "crowd") if ns <= last]
    spent = core.cpu(pids) - before[0], sum(cpu_seconds(stand.agent.process.pid)) - before[1]
    return (last - pages[0]) / 1e9, spent[1], spent[0], len(pages)


def run(build):
    with Stand(build) as stand:
        stand.start_agent(config(stand))
        groups = {**{f"s{k:02}": ROUNDS for k in range(ACCOUNTS)}, "crowd": CROWD}
        core = BenchCore(stand, groups)
        stand.stop(core.start())
        stand.agent.wait_connected()
        stand.wait_reading()
        hosts = [h for group, count in groups.items() for h in names_of(group, count)]
        core.fail_all(hosts)
        wait_for("all are posted", lambda: len(stand.receiver.posts()) >= len(hosts), 60, every=0.2)
        stand.wait_queue_empty()
        posts = roots(stand)
        took = single(stand, core, posts)
        note(f"P8: {len(took)} single replies: p50 {median(took):.2f}, p90 {quantile(took, 0.9):.2f}, "
             f"p99 {quantile(took, 0.99):.2f}, longest {max(took):.2f} ms")
        judge("P8.p50", median(took), 3, gate=4.5, unit="ms")
        judge("P8.p99", quantile(took, 0.99), 15, gate=22.5, unit="ms")
        seconds, agent, core_cpu, pages = crowd(stand, core, posts)
        note(f"P8: {CROWD} replies by {PEOPLE} people in {pages} pages: CPU s twicketd {agent:.2f}, core {core_cpu:.2f}")
        judge("P8.crowd", seconds, 0.5, gate=0.75, unit="s")
