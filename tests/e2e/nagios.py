"""A real nagios4 in a temporary folder: passive checks only, as an ordinary user.

Started by the rig with one module; any other core that takes the same configuration will do.
"""

import os
import re
import signal
import time
from pathlib import Path

from proc import Process, RigError, wait_for

OK, WARNING, CRITICAL, UNKNOWN = range(4)
UP, DOWN, UNREACHABLE = range(3)
RESTARTING = ", restarting..."  # Nagios names the signal in another way than Naemon
STARTING = " starting... (PID="
FORGOTTEN = 10  # seconds

MAIN = """\
log_file={dir}/nagios.log
cfg_file={dir}/objects.cfg
object_cache_file={dir}/objects.cache
precached_object_file={dir}/objects.precache
status_file={dir}/status.dat
status_update_interval=1
nagios_user={user}
nagios_group={group}
check_external_commands=1
command_file={dir}/nagios.cmd
lock_file={dir}/nagios.lock
temp_file={dir}/nagios.tmp
temp_path={dir}
event_broker_options=-1
{broker}
log_rotation_method=n
log_archive_path={dir}
use_syslog=0
log_notifications=1
log_external_commands=1
log_passive_checks=0
check_result_path={dir}/spool
check_result_reaper_frequency=1
execute_service_checks=0
execute_host_checks=0
accept_passive_service_checks=1
accept_passive_host_checks=1
check_service_freshness=0
check_host_freshness=0
retain_state_information=1
state_retention_file={dir}/retention.dat
retention_update_interval=0
use_retained_program_state=0
enable_notifications=1
enable_event_handlers=0
enable_flap_detection=0
query_socket={dir}/nagios.qh
illegal_object_name_chars=`~!$%^&*|'"<>?,()=
illegal_macro_output_chars=`~$&|'"<>
interval_length=60
check_for_updates=0
"""

# A pipe since Naemon starts no shell for ">>" alone.
OBJECTS = """\
define timeperiod {{
    timeperiod_name  always
    alias            always
    sunday           00:00-24:00
    monday           00:00-24:00
    tuesday          00:00-24:00
    wednesday        00:00-24:00
    thursday         00:00-24:00
    friday           00:00-24:00
    saturday         00:00-24:00
}}
define command {{
    command_name  passive
    command_line  /bin/true
}}
define command {{
    command_name  page
    command_line  /bin/echo "$NOTIFICATIONTYPE$ $HOSTNAME$/$SERVICEDESC$ $NOTIFICATIONAUTHOR$ $NOTIFICATIONCOMMENT$ $SERVICEACKCOMMENT$" | cat >> {dir}/pages
}}
define contact {{
    contact_name                   oncall
    host_notification_period       always
    service_notification_period    always
    host_notification_options      d,u,r
    service_notification_options   w,u,c,r
    host_notification_commands     page
    service_notification_commands  page
}}
"""

HOST = """\
define host {{
    host_name              {name}
    address                192.0.2.1
    check_command          passive
    max_check_attempts     1
    check_period           always
    notification_period    always
    notification_interval  0
    contacts               oncall
    active_checks_enabled  0
{more}}}
"""

SERVICE = """\
define service {{
    host_name              {host}
    service_description    {name}
    check_command          passive
    max_check_attempts     1
    check_interval         5
    retry_interval         1
    check_period           always
    notification_period    always
    notification_interval  0
    contacts               oncall
    active_checks_enabled  0
{more}}}
"""


def _lines(settings):
    return "".join(f"    {key}  {value}\n" for key, value in settings.items())


def objects_text(hosts):
    """hosts: {name: {"parents": "a,b", "_TWICKET_PUBLIC": "...", "services": {name: {...}}}}"""
    text = ""
    for name, host in hosts.items():
        more = {k: v for k, v in host.items() if k != "services"}
        text += HOST.format(name=name, more=_lines(more))
        for service, settings in host.get("services", {}).items():
            text += SERVICE.format(host=name, name=service, more=_lines(settings))
    return text


def read_blocks(path):
    """status.dat and retention.dat: [(kind, {key: value})]."""
    blocks, current = [], None
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        line = line.strip()
        if line.endswith("{"):
            current = (line[:-1].strip(), {})
        elif line == "}" and current:
            blocks.append(current)
            current = None
        elif current and "=" in line:
            key, _, value = line.partition("=")
            current[1][key] = value
    return blocks


class Nagios:
    """Start it, feed it results, read what it thinks."""

    def __init__(self, place, hosts, core="/usr/sbin/nagios4", module=None, args="", name="nagios", settings=None):
        self.place = place
        self.core = core
        self.dir = place.folder(name)
        place.folder(f"{name}/spool")
        self.name = name
        self.module = place.copy(module, f"{name}/module.so") if module else None
        self.args = args
        self.configure(hosts, **(settings or {}))
        self.process = None

    def configure(self, hosts, **settings):
        """Writes the configuration; a running core reads it at the next reload()."""
        import grp

        broker = f"broker_module={self.module} {self.args}" if self.module else ""
        main = MAIN.format(
            dir=self.dir,
            user=self.place.user,
            group=grp.getgrgid(self.place.gid).gr_name,
            broker=broker,
        )
        for key, value in settings.items():
            main, found = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", main)
            main += "" if found else f"{key}={value}\n"
        self.place.write(self.dir / "nagios.cfg", main)
        self.place.write(self.dir / "objects.cfg", OBJECTS.format(dir=self.dir) + objects_text(hosts))

    def start(self):
        self.process = Process(self.place, self.name + "-out", [self.core, self.dir / "nagios.cfg"])
        self.process.wait_ready("the core's command file is read", self._accepts, 20)
        self.process.wait_ready("the core's status file", lambda: (self.dir / "status.dat").exists(), 20)
        return self

    def stop(self):
        if self.process:
            self.process.stop()

    def log(self):
        path = self.dir / "nagios.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def version(self):
        for kind, values in read_blocks(self.dir / "status.dat"):
            if kind == "info":
                return values["version"]
        return "?"

    def _accepts(self):
        try:
            os.close(os.open(self.dir / "nagios.cmd", os.O_WRONLY | os.O_NONBLOCK))
            return True
        except OSError:
            return False

    def command(self, text, ago=0):
        """One external command, written in one piece; never blocks on a core that is not there.

        ago: its time stamp is so many seconds back; a result's is when the check was.
        """
        data = f"[{int(time.time()) - ago}] {text}\n".encode()
        assert len(data) <= 4096, "longer than a pipe writes at once"

        def write():
            try:
                fd = os.open(self.dir / "nagios.cmd", os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return False
            try:
                return os.write(fd, data) == len(data)
            except BlockingIOError:
                return False
            finally:
                os.close(fd)

        wait_for(f"the core takes {text[:40]}", write, 60)

    def service(self, host, service, state, output="from the test", ago=0):
        self.command(f"PROCESS_SERVICE_CHECK_RESULT;{host};{service};{state};{output}", ago)

    def host(self, host, state, output="from the test"):
        self.command(f"PROCESS_HOST_CHECK_RESULT;{host};{state};{output}")

    def acknowledge(self, host, service=None, author="carol", text="mine"):
        what = f"SVC_PROBLEM;{host};{service}" if service else f"HOST_PROBLEM;{host}"
        self.command(f"ACKNOWLEDGE_{what};2;0;0;{author};{text}")

    def downtime(self, host, service=None, begins=0, lasts=3600, author="bob", text="planned work"):
        """A fixed downtime that begins so many seconds from now."""
        start = int(time.time()) + begins
        what = f"SVC_DOWNTIME;{host};{service}" if service else f"HOST_DOWNTIME;{host}"
        self.command(f"SCHEDULE_{what};{start};{start + lasts};1;0;{lasts};{author};{text}")

    def downtimes(self):
        """What status.dat lists: dicts with host_name, service_description, downtime_id, is_in_effect."""
        return [v for k, v in read_blocks(self.dir / "status.dat") if k in ("hostdowntime", "servicedowntime")]

    def end_downtimes(self):
        """DEL_DOWNTIME of each; one that runs ends, one that is planned is cancelled."""
        for downtime in wait_for("a downtime in status.dat", self.downtimes, 10):
            kind = "SVC" if "service_description" in downtime else "HOST"
            self.command(f"DEL_{kind}_DOWNTIME;{downtime['downtime_id']}")

    def status(self, host, service=None):
        """The values of one object in status.dat, {} when there are none yet."""
        kind = "servicestatus" if service else "hoststatus"
        for block, values in read_blocks(self.dir / "status.dat"):
            if block == kind and values["host_name"] == host:
                if not service or values["service_description"] == service:
                    return values
        return {}

    def acknowledged(self, host, service=None):
        return self.status(host, service).get("problem_has_been_acknowledged") == "1"

    def comments(self, host=None, service=None):
        """All comments (of one object): dicts with author, comment_data, entry_type, persistent."""
        return [
            values
            for kind, values in read_blocks(self.dir / "status.dat")
            if kind in ("servicecomment", "hostcomment")
            and (host is None or values["host_name"] == host)
            and (service is None or values.get("service_description") == service)
        ]

    def program(self):
        return next((v for k, v in read_blocks(self.dir / "status.dat") if k == "programstatus"), {})

    def wait_state(self, host, service, state, seconds=20):
        def there():
            return self.status(host, service).get("current_state") == str(state)

        try:
            return wait_for(f"{host}/{service} is {state} in the core", there, seconds)
        except RigError as e:
            raise RigError(f"{e}\nnagios.log:\n{self.log()[-1500:]}") from None

    def external_commands(self):
        """The commands in the log, without the results that the test itself sent."""
        found = re.findall(r"EXTERNAL COMMAND: (.*)", self.log())
        return [c for c in found if not c.startswith("PROCESS_")]

    def reload(self, seconds=20):
        """SIGHUP, and waits until the core is back in its loop."""
        started, caught = self.log().count(STARTING), self.log().count(RESTARTING)
        sent = None

        def is_caught():
            nonlocal sent
            # all cores forget a signal that comes between their start and their loop
            if sent is None or time.monotonic() - sent > FORGOTTEN:
                self.process.signal(signal.SIGHUP)
                sent = time.monotonic()
            return self.log().count(RESTARTING) > caught

        self.process.wait_ready("the core caught SIGHUP", is_caught, 60)
        self.process.wait_ready("the core starts again", lambda: self.log().count(STARTING) > started, seconds)
        now = time.time_ns()
        # written before the loop begins, and in it every second
        self.process.wait_ready(
            "the core is back after its reload",
            lambda: self._status_written_ns() > now and self._accepts(),
            seconds,
        )

    def _status_written_ns(self):
        try:
            return (self.dir / "status.dat").stat().st_mtime_ns
        except FileNotFoundError:  # Naemon takes it away at a reload
            return 0

    def modules(self):
        """How often the core said that our module was initialised."""
        return len(re.findall(rf"Event broker module '{self.module}' initialized successfully", self.log()))
