"""GOALS P4: 100,000 state changes in 1,000 groups, durable, without limits and without hold: through
the module in a stand-in core, the agent and its store, as posts to the receiver; and as alerts
through Alertmanager, as webhooks to the same receiver.

Both get them in the same order: one for each group, a hundred times. Ours are groups by host. The
time is from the first event to the last post, or to the last webhook that completes a group. CPU is
the agent's and that of the module's callbacks and turns; the memory is the highest RSS.
"""

import http.client
import json
import shutil
import subprocess
import time

from stand import Stand, audience, cpu_seconds, judge, median, note, proc_kib, wait_for

from proc import Process, RigError, free_port, port_open  # tests/e2e, which stand.py leads to

GROUPS, IN_GROUP = 1000, 100
EVENTS = GROUPS * IN_GROUP
BATCH = 10000  # the kindest to Alertmanager of 1,000, 10,000 and 100,000
ROUNDS = 3
ENOUGH_S = 150  # then no further round is begun
PATIENCE_S = 60  # for Alertmanager's last groups: a busy machine makes it give flushes up
ALERTMANAGER = "prometheus-alertmanager"

CONFIG = """\
route:
  receiver: bench
  group_by: [host]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: bench
    webhook_configs:
      - url: {url}/hook
        send_resolved: false
"""


def output_of(host, service):
    """As p4_core.c has it."""
    return (f"CRITICAL - load average: 41.20, 38.11, 30.02 on {host} by {service}, limit 30 (sustained for 5 min), "
            "see page 7")


class Measured:
    """seconds from the first event, and from the last one; CPU seconds; MiB."""

    def __init__(self, name, first, fed, last, cpu, kib):
        self.whole, self.after, self.feeding = (last - first) / 1e9, (last - fed) / 1e9, (fed - first) / 1e9
        self.cpu, self.mib = cpu, kib / 1024
        note(f"P4 {name}: {EVENTS} events in {self.feeding:.2f} s, the last post {self.after:.2f} s later, "
             f"{self.whole:.2f} s in all; CPU s {cpu:.2f}; highest RSS {self.mib:.1f} MiB")


# --- ours ----------------------------------------------------------------------------------------


class StandInCore(Process):
    def __init__(self, stand):
        place, build = stand.place, stand.build
        program = place.copy(build / "tests/bench/p4_core", "p4_core")
        module = place.copy(build / "nagios-4.4/twicket.so", "p4-twicket.so")
        self.input = None
        super().__init__(place, "p4_core", [program, module, f"node=mon1 socket={stand.agent.socket} user={place.user}",
                                            GROUPS, IN_GROUP], stdin=subprocess.PIPE)
        self.wait_ready("the stand-in core is ready", lambda: "ready" in self.text(), 30)

    def line(self, word):
        return next((line.split()[1:] for line in self.text().splitlines() if line.startswith(word)), None)

    def storm(self):
        self.popen.stdin.write(b"go\n")
        self.popen.stdin.flush()
        return [int(ns) for ns in wait_for("all events are fed", lambda: self.line("fed"), 120, every=0.1)]

    def spent(self):
        """CPU seconds of the module; the core ends."""
        self.popen.stdin.close()
        return int(wait_for("the stand-in core's CPU", lambda: self.line("cpu"), 20)[0]) / 1e9


def all_known(stand):
    return stand.agent.json("status")["problems"] >= EVENTS


def ours(build):
    with Stand(build) as stand:
        stand.start_agent({
            "accounts": {"noc": stand.receiver.account("noc", poll="1m")},
            "audiences": {"noc": audience(["noc"], update="1h")},
        })
        stand.wait_reading()
        core = stand.stop(StandInCore(stand))
        pid = stand.agent.process.pid
        before = sum(cpu_seconds(pid))
        first, fed = core.storm()
        wait_for("all problems are known", lambda: all_known(stand), 240, every=0.5)
        wait_for("every group is posted", lambda: len(stand.receiver.posts()) >= GROUPS, 240, every=0.5)
        stand.wait_queue_empty()
        cpu = sum(cpu_seconds(pid)) - before
        status = stand.agent.json("status")
        lost = sum(node["lost"] for node in status["nodes"])
        posts = stand.receiver.posts()
        module = core.spent()
        note(f"P4 twicket: {len(posts)} posts, {lost} events lost, {status['open']} incidents; CPU s twicketd {cpu:.2f}, "
             f"module {module:.2f}")
        if lost or status["open"] != GROUPS:
            raise RigError("not what was to be measured")
        return Measured("twicket", first, fed, int(posts[-1][1]), cpu + module, proc_kib(pid, "VmHWM"))


# --- Alertmanager ----------------------------------------------------------------------------------


class Alertmanager(Process):
    def __init__(self, stand):
        place = stand.place
        config = place.write("alertmanager.yml", CONFIG.format(url=stand.receiver.url))
        self.port = free_port()
        super().__init__(place, "alertmanager", [
            ALERTMANAGER, f"--config.file={config}", f"--storage.path={place.folder('alertmanager')}",
            f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=", "--log.level=error"])
        self.wait_ready("Alertmanager listens", lambda: port_open(self.port))

    def send(self, bodies):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for body in bodies:
            connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RigError(f"Alertmanager answers {answer.status}")
        connection.close()


def alert(number):
    host, service = f"host{number % GROUPS:05}", f"service-{number // GROUPS:03}"
    return {"labels": {"alertname": "ServiceProblem", "host": host, "service": service, "severity": "critical"},
            "annotations": {"summary": output_of(host, service)}, "generatorURL": "http://127.0.0.1/nagios4"}


def completed(stand):
    """ns at which each group was first told whole, by group."""
    whole = {}
    for line in stand.receiver.log():
        if line[0] == "hook" and int(line[2]) >= IN_GROUP:
            whole.setdefault(line[3], int(line[1]))
    return whole


def theirs(build):
    with Stand(build) as stand:
        am = stand.stop(Alertmanager(stand))
        bodies = [json.dumps([alert(n) for n in range(at, at + BATCH)]).encode() for at in range(0, EVENTS, BATCH)]
        before = sum(cpu_seconds(am.pid))
        first = time.monotonic_ns()
        am.send(bodies)
        fed = time.monotonic_ns()
        end = time.monotonic() + PATIENCE_S
        while len(whole := completed(stand)) < GROUPS and time.monotonic() < end:
            time.sleep(0.5)
        cpu = sum(cpu_seconds(am.pid)) - before
        hooks = len([line for line in stand.receiver.log() if line[0] == "hook"])
        note(f"P4 Alertmanager: {hooks} webhooks, {len(whole)} of {GROUPS} groups told whole")
        if not whole:
            raise RigError("Alertmanager told no group whole")
        return Measured("Alertmanager", first, fed, max(whole.values()), cpu, proc_kib(am.pid, "VmHWM"))


def run(build):
    if not shutil.which(ALERTMANAGER):
        note(f"P4: {ALERTMANAGER} is not installed: ours alone")
        mine = ours(build)
        for name, value, unit in (("time", mine.whole, "s"), ("cpu", mine.cpu, "s"), ("rss", mine.mib, "MiB")):
            judge(f"P4.{name}", value, None, unit=unit)
        return
    pairs, start = [], time.monotonic()
    while len(pairs) < ROUNDS and (not pairs or time.monotonic() - start < ENOUGH_S):
        pairs.append((ours(build), theirs(build)))
    judge("P4.time_ratio", median([a.whole / b.whole for a, b in pairs]), 1 / 3, gate=0.5)
    judge("P4.cpu_ratio", median([a.cpu / b.cpu for a, b in pairs]), 1 / 6)
    judge("P4.rss_ratio", median([a.mib / b.mib for a, b in pairs]), 1 / 4)
    judge("P4.after_the_last_event", median([a.after for a, _ in pairs]), None, unit="s")
