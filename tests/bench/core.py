"""A real core for benchmarks: many hosts with one service each, twicket.so, and core_clock.so,
which tells when states changed and acknowledgements took effect.

Hosts come in groups of one letter; the group SHELL notifies by bash and curl, the others nobody.
"""

import os
import time

from stand import HERE, cpu_seconds, wait_for

from nagios import CRITICAL, OBJECTS, Nagios  # tests/e2e, which stand.py leads to

DEBIANS = "nagios-4.4"
SHELL = "sh"
SERVICE = "HTTP"
OUTPUT = "CRITICAL - load average: 41.20, 38.11, 30.02 on the front end, limit 30 (sustained for 5 min), see runbook 7"

TEMPLATES = """\
define command {{
    command_name  shell
    command_line  /bin/bash {script} {url} "$HOSTNAME$" "$SERVICEDESC$" "$SERVICESTATE$" "$SERVICEOUTPUT$"
}}
define contact {{
    contact_name                   shell
    host_notification_period       always
    service_notification_period    always
    host_notification_options      n
    service_notification_options   w,u,c
    host_notification_commands     passive
    service_notification_commands  shell
}}
define host {{
    name                   quiet-host
    register               0
    address                192.0.2.1
    check_command          passive
    max_check_attempts     1
    active_checks_enabled  0
    check_period           always
    notification_period    always
}}
define service {{
    name                   quiet-service
    register               0
    service_description    {service}
    check_command          passive
    max_check_attempts     1
    active_checks_enabled  0
    check_period           always
    notification_period    always
    notification_interval  0
}}
define service {{
    name      shell-service
    use       quiet-service
    contacts  shell
    register  0
}}
"""


def names_of(group, count):
    return [f"{group}-{k:04}" for k in range(count)]


def twicket_of(stand, core):
    """The module for that core, and its arguments."""
    return stand.build / core / "twicket.so", f"node=mon1 socket={stand.agent.socket} user={stand.place.user}"


class BenchCore(Nagios):
    """groups: {"tw": 1000, "sh": 1000}. core: of rig.cores(); None: Debian's."""

    def __init__(self, stand, groups, twicket=True, name="nagios", stalls=False, core=None):
        place = stand.place
        family = core.name if core else DEBIANS
        clock = place.copy(stand.build / family / "tests/core_clock.so", f"{name}-clock.so")
        self.clock_path = place.path / f"{name}-clock.txt"
        self.offset, self.seen = 0, []
        modules = [(clock, f"{self.clock_path}{' stalls' if stalls else ''}")]
        if twicket:
            modules.insert(0, twicket_of(stand, family))
        self.begin(stand, groups, modules, name, **({"core": core.binary} if core else {}))

    def begin(self, stand, groups, modules, name, **more):
        """modules: [(file, arguments)], in the order in which they are loaded."""
        script = stand.place.copy(HERE / "notify.sh", f"{name}-notify.sh")
        self.templates = TEMPLATES.format(script=script, url=stand.receiver.url, service=SERVICE)
        stand.place.folder(name)
        (module, args), *others = modules
        args += "".join(f"\nbroker_module={file} {text}" for file, text in others)
        super().__init__(stand.place, groups, module=module, args=args, name=name, **more)

    def configure(self, hosts, **settings):
        super().configure({}, status_update_interval=10, **settings)
        text = OBJECTS.format(dir=self.dir) + self.templates
        for group, count in hosts.items():
            service = "shell-service" if group == SHELL else "quiet-service"
            for host in names_of(group, count):
                text += f"define host {{\n use quiet-host\n host_name {host}\n}}\n"
                text += f"define service {{\n use {service}\n host_name {host}\n}}\n"
        self.place.write(self.dir / "objects.cfg", text)

    def fail(self, host, state=CRITICAL):
        """One passive result; returns CLOCK_MONOTONIC right before it is written."""
        line = f"[{int(time.time())}] PROCESS_SERVICE_CHECK_RESULT;{host};{SERVICE};{state};{OUTPUT}\n".encode()
        fd = os.open(self.dir / "nagios.cmd", os.O_WRONLY | os.O_NONBLOCK)
        try:
            at = time.monotonic_ns()
            os.write(fd, line)
        finally:
            os.close(fd)
        return at

    def fail_all(self, hosts, state=CRITICAL, seconds=60):
        """As fast as the core takes them; returns when all have changed."""
        now = int(time.time())
        data = "".join(f"[{now}] PROCESS_SERVICE_CHECK_RESULT;{h};{SERVICE};{state};{OUTPUT}\n" for h in hosts).encode()
        fd = os.open(self.dir / "nagios.cmd", os.O_WRONLY)
        try:
            before = self.changes()
            while data:
                data = data[os.write(fd, data):]
        finally:
            os.close(fd)
        wait_for("all have changed", lambda: self.changes() >= before + len(hosts), seconds, every=0.1)

    def changes(self):
        """How many there were."""
        return len(self.clock("state"))

    def clock(self, what):
        """{host: ns} would forget repeats: [(ns, host)] of core_clock.c, in order."""
        if self.clock_path.exists():
            with open(self.clock_path, "rb") as f:
                f.seek(self.offset)
                data = f.read()
            whole = data[: data.rfind(b"\n") + 1]
            self.offset += len(whole)
            for line in whole.decode().splitlines():
                kind, ns, host, _ = line.split(" ", 3)
                self.seen.append((kind, int(ns), host))
        return [(ns, host) for kind, ns, host in self.seen if kind == what]

    def when(self, what, host, after=0):
        return next((ns for ns, h in self.clock(what) if h == host and ns >= after), None)

    def longest_stall(self, since):
        """ms that the core's loop stood still at most, since that instant in ns; 0: too short to be told."""
        return max([int(us) / 1000 for ns, us in self.clock("stall") if ns >= since], default=0)

    def family(self):
        """The core and its helpers: workers and the reader of the command file."""
        parents = _parents()
        found = level = [self.process.pid]
        while level:
            level = [pid for pid, parent in parents.items() if parent in level]
            found = found + level
        return found

    def cpu(self, pids):
        """CPU seconds of those processes and of all that they waited for."""
        return sum(sum(cpu_seconds(pid)) for pid in pids if os.path.exists(f"/proc/{pid}"))


def _parents():
    """{pid: parent}."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    found[int(name)] = int(f.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    return found
