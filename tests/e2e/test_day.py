"""A day's worth of check results of a 10,000-service site through the real core, in ten minutes.

In make check an hour's worth of a smaller site in half a minute; make check-long runs all of it. Results come
as check result files, as from a core's own workers; most of them are OK, some services break and recover.
"""

import re
import time

import pytest

from nagios import CRITICAL, OK
from proc import wait_for
from rig import build_folder

CHECK_EVERY_S = 300
BAD_FOR = 3  # rounds
RSS_MIB = 64
SLOWEST_S = 30  # of CHECK_EVERY_S, on a machine that does other things
RESULT = "host_name={host}\nservice_description={service}\ncheck_type=1\ncheck_options=0\nscheduled_check=0\n" \
    "reschedule_check=0\nlatency=0.0\nstart_time={now}.0\nfinish_time={now}.0\nearly_timeout=0\nexited_ok=1\n" \
    "return_code={state}\noutput=result {n}\\n\n\n"


def site(hosts, services):
    return {f"h{h}": {"services": {f"s{s}": {} for s in range(services)}} for h in range(hosts)}


class Results:
    """Files for the core's spool, each with many results; what it is told is counted here."""

    def __init__(self, rig, hosts, services, break_every):
        """break_every: so many results one service breaks; a prime, so that it goes round all of them."""
        self.break_every = break_every
        self.rig, self.names = rig, [(f"h{h}", f"s{s}") for h in range(hosts) for s in range(services)]
        self.slowest = 0.0  # seconds, of a round
        self.sent, self.changes, self.bad, self.files = 0, 0, {}, 0

    def state(self, name, round):
        """CRITICAL for BAD_FOR rounds, once it is its turn."""
        self.sent += 1
        was_bad = name in self.bad
        if was_bad and round >= self.bad[name]:
            del self.bad[name]
        elif not was_bad and self.sent % self.break_every == 0:
            self.bad[name] = round + BAD_FOR
        self.changes += was_bad != (name in self.bad)
        return CRITICAL if name in self.bad else OK

    def feed(self, round, part):
        """One file: the results of a part of the services."""
        now = int(time.time())
        text = "### twicket test\nfile_time=%d\n\n" % now + "".join(
            RESULT.format(host=host, service=service, now=now, state=self.state((host, service), round), n=round)
            for host, service in part)
        spool = self.rig.nagios.dir / "spool"
        name = f"c{self.files:06d}"
        self.files += 1
        self.rig.place.write(spool / name, text)
        self.rig.place.write(spool / f"{name}.ok", "")
        return spool / name

    def round(self, round, size=500):
        files = [self.feed(round, self.names[k:k + size]) for k in range(0, len(self.names), size)]
        began = time.monotonic()
        wait_for("the core has taken all results", lambda: not any(f.exists() for f in files), 120, 0.05)
        self.slowest = max(self.slowest, time.monotonic() - began)

    def recover(self, round):
        """All that is still bad is well."""
        left = list(self.bad)
        self.bad = {name: 0 for name in left}
        self.feed(round, left)


def peak_mib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024


def alerts(rig):
    return rig.nagios.log().count("SERVICE ALERT: h")


def run(make_file_rig, record_property, monkeypatch, hosts, services, hours, break_every):
    monkeypatch.setenv("TWICKET_AGENT", str(build_folder()))  # a sanitiser's memory is not ours
    rig = make_file_rig(site(hosts, services), hold=0, settings={"check_result_reaper_frequency": 1,
                                                                 "max_check_result_reaper_time": 30},
                        operators={"reopen": "0", "remind": "0"}, more={"group_min": 1000})
    results = Results(rig, hosts, services, break_every)
    rounds = hours * 3600 // CHECK_EVERY_S
    began = time.monotonic()
    for n in range(rounds):
        results.round(n)
    results.recover(rounds)
    rig.wait("the core saw all that it was given", lambda: alerts(rig) >= results.changes, 60, 0.2)
    took = time.monotonic() - began
    rig.fence(60)
    texts = rig.texts("noc")
    threads = {tag: "".join(text[0] for text in rig.texts("noc", tag)) for tag in rig.tags("noc")}
    node, = rig.agent.json("status")["nodes"]
    assert alerts(rig) == results.changes
    assert node["gaps"] == node["lost"] == 0
    # services of one host that are bad at a time are one incident: told first, told last, nothing behind its end
    assert results.changes // 4 < len(threads) <= results.changes // 2
    assert all(re.fullmatch("🔴+🟢", symbols) for symbols in threads.values()), threads
    assert rig.agent.json("status")["open"] == 1, "all is over but the fence"
    assert len(set(texts)) == len(texts)
    assert peak_mib(rig.agent.process.pid) < RSS_MIB
    assert results.slowest < SLOWEST_S
    record_property("goal", f"day: {results.sent} results of {len(results.names)} services, {hours} h of them, in {took:.0f} s; "
                    f"{results.changes} state changes, 0 lost, {len(threads)} incidents told in {len(texts)} posts, agent at most "
                    f"{peak_mib(rig.agent.process.pid):.0f} MiB; the core took a round in at most {results.slowest:.1f} s")
    return took


def test_an_hour(make_file_rig, record_property, monkeypatch):
    run(make_file_rig, record_property, monkeypatch, 100, 10, 1, 389)


@pytest.mark.long
def test_a_day(make_file_rig, record_property, monkeypatch):
    run(make_file_rig, record_property, monkeypatch, 500, 20, 24, 9973)
