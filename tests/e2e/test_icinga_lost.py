"""What Icinga's stream loses, and what it keeps for a reader that does not read: all is told, once, and Icinga stays small."""

import time
from pathlib import Path

import pytest

from conftest import LONG
from filerig import NOC, PUBLIC
from icinga import Stream
from nagios import CRITICAL, OK
from test_icinga import BOTH, HOSTS, fail_smtp, incident_tags

# --- restarts, and what the stream loses --------------------------------------------------------


def restart_agent(rig):
    rig.agent.stop()
    rig.agent.start()
    rig.agent.wait_connected()


def crash_agent(rig):
    rig.agent.kill()
    rig.agent.start()
    rig.agent.wait_connected()


def restart_icinga(rig):
    rig.icinga.stop()
    rig.wait("the agent has seen it go", lambda: not rig.agent.connected(), 60, 0.2)
    rig.icinga.start()
    rig.agent.wait_connected()


def reload_icinga(rig):
    rig.icinga.reload()


@pytest.mark.parametrize("restart", [restart_agent, crash_agent, restart_icinga, reload_icinga], ids=lambda f: f.__name__)
def test_a_restart_in_an_incident(make_icinga_file_rig, restart):
    """The same tag, the same owner, nothing twice; the end is told once."""
    rig = make_icinga_file_rig(HOSTS)
    tag = fail_smtp(rig)
    rig.icinga.acknowledge("mx1", "SMTP", author="carol")
    for account in BOTH:
        rig.wait_said(account, 2)
    restart(rig)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2]
    assert tag in incident_tags(rig)
    rig.icinga.service("mx1", "SMTP", OK)
    for account in BOTH:
        rig.wait_said(account, 3)
        root, _, end = rig.said(account, tag)
        assert "🟢" in end["text"] and end["parent"] == root["key"]
    assert "carol" in rig.texts(NOC)[2]


def test_while_the_agent_is_away(make_icinga_file_rig):
    """What began is told with its own time, what ended is told as over; what did both is old news."""
    rig = make_icinga_file_rig(HOSTS)
    tag = fail_smtp(rig)
    rig.agent.stop()
    rig.icinga.service("db1", "Postgres", CRITICAL, "refused")
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    rig.agent.start()
    rig.agent.wait_connected()
    rig.wait_said(NOC, 3)
    assert "🟢" in rig.texts(NOC, tag)[1] and sum("db1/Postgres CRITICAL" in text for text in rig.texts(NOC)) == 1
    assert "🟢" in rig.wait_said(PUBLIC, 2)[1]


CHANGES = 20
TRIES = 5


def shop(batch, n):
    return f"Shop {batch}-{n:02}"


def changes_that_are_lost(rig, batch):
    """CHANGES services fail just before a reload; how many of them Icinga's stream has never told a reader."""
    started = rig.icinga.program()["program_start"]
    with Stream(rig.icinga.root, ["StateChange"]) as reader:
        for n in range(CHANGES):
            rig.icinga.service(f"site{batch}-{n:02}", "HTTP", CRITICAL, "503")
        rig.icinga.reload(before=started)
        assert reader.ended.wait(60), "a reload ends the stream"
        return CHANGES - len(reader.events)


def told_of(rig, account, mark, names):
    """How often each of the names is told with that mark."""
    texts = [text for text in rig.texts(account) if mark in text]
    return [sum(f"{name}:" in text for text in texts) for name in names]


def test_what_a_reload_takes_from_the_stream_is_told(make_icinga_file_rig, record_property):
    """Found by comparing: all are told, each once, and so is their end."""
    sites = {f"site{batch}-{n:02}": {"services": {"HTTP": {"_TWICKET_PUBLIC": shop(batch, n)}}}
             for batch in range(TRIES) for n in range(CHANGES)}
    rig = make_icinga_file_rig(sites)
    lost = batches = 0
    while lost < CHANGES and batches < TRIES:  # the first of them may just be told in time
        lost += changes_that_are_lost(rig, batches)
        batches += 1
    assert lost >= CHANGES, f"the reloads took {lost} only"
    names = [shop(batch, n) for batch in range(batches) for n in range(CHANGES)]
    rig.wait("all are told", lambda: all(told_of(rig, PUBLIC, "🔴", names)), 40, 0.3)
    rig.fence()
    for batch in range(batches):
        for n in range(CHANGES):
            rig.icinga.service(f"site{batch}-{n:02}", "HTTP", OK)
    rig.wait("all ends are told", lambda: all(told_of(rig, PUBLIC, "🟢", names)), 40, 0.3)
    rig.fence()
    for mark in "🔴🟢":
        assert told_of(rig, PUBLIC, mark, names) == [1] * len(names), rig.texts(PUBLIC)
    assert len(rig.said(NOC)) == len(rig.said(PUBLIC)) == 2 * len(names)
    record_property("goal", f"icinga2: {len(names)} state changes just before a reload, {lost} of them never in the stream: "
                            f"{len(names)} told once, {len(names)} ends told once")


# --- a reader that does not read ----------------------------------------------------------------

SECONDS = 60 if LONG else 10
RESULTS = 1000
OUTPUT = 4000  # bytes of each
BOUND_KB = 8 * RESULTS + 4096  # 8 kB each were seen with a reader of all results that slept


def results_for(rig, seconds):
    """RESULTS results that are all state changes, over so many seconds; how much Icinga has grown by, kB."""
    before = rig.icinga.rss()
    began = time.monotonic()
    for n in range(RESULTS):
        state = CRITICAL if n % (2 * BUSY) < BUSY else OK
        rig.icinga.service(f"busy{n % BUSY}", "HTTP", state, f"{n} " + "x" * OUTPUT)
    if (left := began + seconds - time.monotonic()) > 0:
        time.sleep(left)
    return rig.icinga.rss() - before


BUSY = 10
assert RESULTS // BUSY % 2 == 0, "all are well in the end"


def busy_hosts():
    return {f"busy{n}": {"services": {"HTTP": {}}} for n in range(BUSY)}


def test_an_agent_that_is_stopped(make_icinga_file_rig, record_property):
    """It cannot drain then; what Icinga keeps for it is bounded by what changes, and goes to the next such stop."""
    rig = make_icinga_file_rig({**HOSTS, **busy_hosts()})
    fail_smtp(rig)
    rig.agent.freeze()
    grown = results_for(rig, SECONDS)
    rig.icinga.service("mx1", "SMTP", OK)
    rig.icinga.service("db1", "Postgres", CRITICAL, "refused")
    rig.agent.thaw()
    rig.wait("what is true now is told", lambda: any("db1/Postgres" in text for text in rig.texts(NOC)), 40, 0.2)
    rig.wait("and what is over", lambda: "🟢" in rig.texts(PUBLIC)[-1], 40, 0.2)
    rig.fence()
    assert len(rig.said(PUBLIC)) == 2 and sum("mx1/SMTP" in text for text in rig.texts(NOC)) == 2, rig.texts(NOC)
    assert grown < BOUND_KB, f"Icinga grew by {grown} kB"
    rig.agent.freeze()
    again = results_for(rig, 0)
    rig.agent.thaw()
    assert again < BOUND_KB / 2, f"Icinga grew by {grown} kB, and by {again} kB the second time"
    record_property("goal", f"icinga2: the agent stopped for {SECONDS} s, {RESULTS} state changes of {OUTPUT} bytes: "
                            f"Icinga grew by {grown} kB, the second time by {again} kB")


def test_an_agent_that_is_busy(make_icinga_rig, fake, record_property):
    """Its network hangs: it drains all the same, and Icinga keeps nothing for it."""
    rig = make_icinga_rig(hosts={**HOSTS, **busy_hosts()})
    fake.script({"method": "POST", "path": "/api/v1/statuses", "count": 1000, "delay": 60, "status": 503, "body": "{}"})
    rig.icinga.service("mx1", "SMTP", CRITICAL)
    rig.wait("a post waits", rig.agent.unsettled, 30, 0.2)
    grown = results_for(rig, 0)
    rig.wait("all that Icinga said is read", lambda: unread(rig.icinga.port) == 0, 20, 0.2)
    assert rig.agent.connected()
    assert grown < BOUND_KB, f"Icinga grew by {grown} kB"
    record_property("goal", f"icinga2: a network that hangs, {RESULTS} state changes: all read, Icinga grew by {grown} kB")


def unread(port):
    """Bytes that the kernel keeps for whoever reads from that port, or could not send yet."""
    total = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, _, queues, *_ = line.split()
        if int(here.split(":")[1], 16) == port or int(there.split(":")[1], 16) == port:
            total += sum(int(part, 16) for part in queues.split(":"))
    return total
