#!/usr/bin/env python3
"""A nagios.log of so many lines, as a busy core might write it, and its objects.cache.

    genlog.py LINES LOG [CACHE]

Single problems, services that flap, routers that fail with all that is behind them, downtimes,
acknowledgements, passive results, and at midnight the states of everything. Always the same for the
same number of lines.
"""

import heapq
import random
import sys
import time

ROUTERS, HOSTS, SERVICES = 10, 12, 10  # hosts behind a router, services on a host
BEGIN = 1788220800  # 1 September 2026
DAY = 86400
OUTPUT = "connect to address 192.0.2.{0} port {1}: Connection refused, after {1}.{0} seconds; see #{0}"


class Log:
    def __init__(self, path, limit):
        self.file = open(path, "w", encoding="utf-8")
        self.random = random.Random(limit)
        self.limit, self.lines = limit, 0
        self.now = BEGIN
        self.todo, self.turn = [], 0
        self.routers = [f"router{r}" for r in range(ROUTERS)]
        self.hosts = {f"host{r}-{h}": f"router{r}" for r in range(ROUTERS) for h in range(HOSTS)}
        self.services = [(host, f"service {s}") for host in self.hosts for s in range(SERVICES)]
        self.bad = {}  # (host, service) -> state
        self.busy = set()

    def write(self, text):
        if self.lines < self.limit:
            self.lines += 1
            self.file.write(f"[{self.now}] {text}\n")

    def later(self, seconds, call, *args):
        self.turn += 1
        heapq.heappush(self.todo, (self.now + max(1, int(seconds)), self.turn, call, args))

    def alert(self, thing, state, kind, attempt):
        host, service = thing
        output = "all is well" if state in ("OK", "UP") else OUTPUT.format(self.random.randrange(255), attempt)
        name = f"SERVICE ALERT: {host};{service}" if service else f"HOST ALERT: {host}"
        self.write(f"{name};{state};{kind};{attempt};{output}")
        if kind == "HARD":
            name = f"SERVICE NOTIFICATION: oncall;{host};{service}" if service else f"HOST NOTIFICATION: oncall;{host}"
            self.write(f"{name};{state};notify-by-mail;{output}")
        if state in ("OK", "UP"):
            self.bad.pop(thing, None)
        else:
            self.bad[thing] = (state, kind, attempt)

    def run(self):
        self.write("Nagios 4.4.6 starting... (PID=4711)")
        self.write("LOG VERSION: 2.0")
        self.later(DAY, self.midnight)
        for call, every in ((self.trouble, 140), (self.passive, 40), (self.flap, 9000), (self.outage, 40000),
                            (self.maintenance, 20000)):
            self.repeat(call, every)
        while self.lines < self.limit:
            self.now, _, call, args = heapq.heappop(self.todo)
            call(*args)
        self.file.close()

    def repeat(self, call, every):
        self.later(self.random.expovariate(1 / every), self.repeat, call, every)
        call()

    def midnight(self):
        self.later(DAY, self.midnight)
        self.write("LOG ROTATION: DAILY")
        self.write("LOG VERSION: 2.0")
        for host in [*self.routers, *self.hosts]:
            state, kind, attempt = self.bad.get((host, ""), ("UP", "HARD", 1))
            self.write(f"CURRENT HOST STATE: {host};{state};{kind};{attempt};as it is")
        for host, service in self.services:
            state, kind, attempt = self.bad.get((host, service), ("OK", "HARD", 1))
            self.write(f"CURRENT SERVICE STATE: {host};{service};{state};{kind};{attempt};as it is")

    def trouble(self):
        """A service fails for some time: often so briefly that it never is HARD."""
        thing = self.random.choice(self.services)
        if thing in self.busy:
            return
        self.busy.add(thing)
        state = self.random.choice(("WARNING", "CRITICAL", "CRITICAL", "UNKNOWN"))
        self.soft(thing, state, 1)

    def soft(self, thing, state, attempt):
        if attempt > 1 and self.random.random() < 0.3:
            self.alert(thing, "OK", "SOFT", attempt)
            self.busy.discard(thing)
        elif attempt < 3:
            self.alert(thing, state, "SOFT", attempt)
            self.later(60, self.soft, thing, state, attempt + 1)
        else:
            self.alert(thing, state, "HARD", 3)
            length = self.random.expovariate(1 / self.random.choice((60, 600, 3600)))
            self.later(length, self.well, thing)
            if self.random.random() < 0.3:
                self.later(length / 3, self.ack, thing)

    def ack(self, thing):
        if thing in self.bad:
            self.write(f"EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;{thing[0]};{thing[1]};2;1;0;alice;on it")

    def well(self, thing):
        self.alert(thing, "OK", "HARD", 3)
        self.busy.discard(thing)

    def passive(self):
        host, service = self.random.choice(self.services)
        self.write(f"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;{host};{service};0;all is well")

    def flap(self):
        thing = self.random.choice(self.services)
        if thing not in self.busy:
            self.busy.add(thing)
            self.flapping(thing, 0)

    def flapping(self, thing, n):
        host, service = thing
        if n == 8:
            self.write(f"SERVICE FLAPPING ALERT: {host};{service};STARTED; Service appears to have started flapping")
        if n == 60:
            self.write(f"SERVICE FLAPPING ALERT: {host};{service};STOPPED; Service appears to have stopped flapping")
            self.well(thing)
            return
        self.alert(thing, "OK" if n % 2 else "CRITICAL", "HARD", 3)
        self.later(self.random.randrange(30, 300), self.flapping, thing, n + 1)

    def outage(self):
        """A router: what is behind it is seen first."""
        router = self.random.choice(self.routers)
        if (router, "") in self.busy:
            return
        behind = [host for host, up in self.hosts.items() if up == router]
        self.busy.add((router, ""))
        for host in behind:
            self.later(self.random.randrange(60), self.alert, (host, ""), "UNREACHABLE", "HARD", 1)
        for thing in self.services:
            if thing[0] in behind and thing not in self.busy and self.random.random() < 0.5:
                self.busy.add(thing)
                self.later(self.random.randrange(90), self.alert, thing, "CRITICAL", "HARD", 3)
                self.later(2000 + self.random.randrange(120), self.well, thing)
        self.later(70, self.alert, (router, ""), "DOWN", "HARD", 1)
        self.later(1900, self.back, router, behind)

    def back(self, router, behind):
        self.alert((router, ""), "UP", "HARD", 1)
        for host in behind:
            self.alert((host, ""), "UP", "HARD", 1)
        self.busy.discard((router, ""))

    def maintenance(self):
        host = self.random.choice(list(self.hosts))
        begin = self.now + 3600
        end = begin + 5400
        self.write(
            f"EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;{host};{begin};{end};1;0;5400;bob;new kernel, two reboots"
        )
        self.later(3600, self.write, f"HOST DOWNTIME ALERT: {host};STARTED; Host has entered a period of scheduled downtime")
        self.later(3700, self.alert, (host, ""), "DOWN", "HARD", 1)
        self.later(4300, self.alert, (host, ""), "UP", "HARD", 1)
        self.later(9000, self.write, f"HOST DOWNTIME ALERT: {host};STOPPED; Host has exited from a period of scheduled downtime")


def write_cache(path):
    """Every tenth service has a public name."""
    log = Log("/dev/null", 0)
    with open(path, "w", encoding="utf-8") as out:
        out.write("define contact {\n\tcontact_name\toncall\n\t}\n\n")
        for group in range(ROUTERS):
            members = ",".join(host for host, up in log.hosts.items() if up == f"router{group}")
            out.write(f"define hostgroup {{\n\thostgroup_name\tgroup{group}\n\tmembers\t{members}\n\t}}\n\n")
        for router in log.routers:
            out.write(f"define host {{\n\thost_name\t{router}\n\tcontacts\toncall\n\t}}\n\n")
        for host, router in log.hosts.items():
            out.write(f"define host {{\n\thost_name\t{host}\n\tparents\t{router}\n\tcontacts\toncall\n\t}}\n\n")
        for host, service in log.services:
            public = f"\t_TWICKET_PUBLIC\tName {host[4:]}\n" if service.endswith("0") else ""
            out.write(f"define service {{\n\thost_name\t{host}\n\tservice_description\t{service}\n{public}\t}}\n\n")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    start = time.monotonic()
    log = Log(sys.argv[2], int(sys.argv[1]))
    log.run()
    if len(sys.argv) == 4:
        write_cache(sys.argv[3])
    days = (log.now - BEGIN) / DAY
    print(f"{log.lines} lines, {days:.0f} days, in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
