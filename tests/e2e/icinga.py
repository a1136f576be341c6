"""A real icinga2 in a temporary folder: passive checks only, as an ordinary user, its API on loopback.

Started by the rig. Answers to the verbs of nagios.py's Nagios, so that what needs no core of a kind of
its own is tried on both; hosts and services are given in Nagios' words. It must never be asked for an
event sooner than Icinga tells it: five seconds late is usual, PATIENCE comes on top.
"""

import base64
import contextlib
import http.client
import json
import re
import shutil
import signal
import socket
import ssl
import threading
import time
from pathlib import Path

import authority
from nagios import DOWN, UNREACHABLE, UP
from proc import PATIENCE, Process, RigError, free_port, wait_for

PROGRAM = "icinga2"
NODE = "mon2"  # the name in its certificate; the Nagios of the rig is mon1
CLIENT = "twicket-agent"  # the name in the agent's certificate
ROOT, USER = "root", "twicket-by-password"
ROOT_PASSWORD = "of-the-test"
FOLDERS = {"ConfigDir": "etc", "DataDir": "data", "CacheDir": "cache", "LogDir": "log", "SpoolDir": "spool",
           "InitRunDir": "run"}
COMMENT_OF_ACK = "4"

SAMPLE = Path(__file__).resolve().parents[2] / "contrib/icinga2/twicket.conf"
# What the sample lets the agent do, and what it names as a choice
RIGHTS = re.findall(r'(?m)^ +"([a-z]+/[A-Za-z/-]+)",', SAMPLE.read_text())
CHOICE = re.findall(r'(?m)^ +// "([a-z]+/[A-Za-z/-]+)",', SAMPLE.read_text())

MAIN = """\
const NodeName = {node}
const TicketSalt = "of the test"
include <itl>
object Endpoint NodeName {{ }}
object Zone "master" {{ endpoints = [ NodeName ] }}
object ApiListener "api" {{
  bind_host = "127.0.0.1"
  bind_port = {port}
}}
object ApiUser "{root}" {{
  password = {password}
  permissions = [ "*" ]
}}
include "agent.conf"
object FileLogger "main" {{
  severity = "information"
  path = {log}
}}
template Host "passive" {{
  check_command = "passive"
  enable_active_checks = false
  max_check_attempts = 1
  enable_flapping = {flapping}
}}
template Service "passive" {{
  check_command = "passive"
  enable_active_checks = false
  max_check_attempts = 1
  enable_flapping = {flapping}
}}
include "objects.conf"
"""

AGENT = """\
object ApiUser "{user}" {{
  password = {password}
  permissions = {rights}
}}
"""


def is_missing():
    """Why no Icinga runs here, "" when one can."""
    return "" if shutil.which(PROGRAM, path="/usr/sbin:/usr/bin") else "icinga2 is not installed"


# --- its configuration --------------------------------------------------------------------------


def quoted(value):
    """A value of Icinga's language; JSON's words are nearly all of its."""
    return json.dumps(value, ensure_ascii=False)


RENAMED = {"alias": "display_name", "flap_detection_enabled": "enable_flapping"}
LISTS = ("hostgroups", "servicegroups")


def _attributes(settings):
    """Lines for one object, from Nagios' words for the same."""
    lines = []
    for key, value in settings.items():
        if key in ("services", "parents"):
            continue
        if key.startswith("_"):
            lines.append(f"vars.{key[1:].lower()} = {quoted(value)}")
        elif key in LISTS:
            lines.append(f"groups = {quoted(value.split(','))}")
        elif key == "flap_detection_enabled":
            lines.append(f"enable_flapping = {quoted(bool(value))}")
        else:
            lines.append(f"{RENAMED.get(key, key)} = {quoted(value)}")
    return "".join(f"  {line}\n" for line in lines)


def _groups(hosts):
    found = {"HostGroup": set(), "ServiceGroup": set()}
    for host in hosts.values():
        found["HostGroup"].update(filter(None, host.get("hostgroups", "").split(",")))
        for service in host.get("services", {}).values():
            found["ServiceGroup"].update(filter(None, service.get("servicegroups", "").split(",")))
    return "".join(f"object {kind} {quoted(name)} {{ }}\n" for kind, names in found.items() for name in sorted(names))


def _dependencies(name, host):
    """All must be up: in this version of Icinga there is no "any of them will do"."""
    return "".join(
        f'object Dependency {quoted(f"{name} behind {parent}")} {{\n  parent_host_name = {quoted(parent)}\n'
        f'  child_host_name = {quoted(name)}\n}}\n'
        for parent in filter(None, host.get("parents", "").split(",")))


def objects_text(hosts):
    """hosts: as nagios.py's."""
    text = _groups(hosts)
    for name, host in hosts.items():
        text += f'object Host {quoted(name)} {{\n  import "passive"\n{_attributes(host)}}}\n'
        for service, settings in host.get("services", {}).items():
            text += (f'object Service {quoted(service)} {{\n  import "passive"\n'
                     f"  host_name = {quoted(name)}\n{_attributes(settings)}}}\n")
    return text + "".join(_dependencies(name, host) for name, host in hosts.items())


def _defines(folder):
    return [word for name, sub in FOLDERS.items() for word in ("-D", f"Configuration.{name}={folder / sub}")]


def _environment(place):
    """In front of the program: it changes to this user, or finds that it is."""
    import grp

    return ["env", f"ICINGA2_USER={place.user}", f"ICINGA2_GROUP={grp.getgrgid(place.gid).gr_name}", PROGRAM]


def keys():
    """An authority, a node's and an agent's certificate."""
    return authority.keys((NODE, CLIENT))


# --- its API ------------------------------------------------------------------------------------


class Connection(http.client.HTTPSConnection):
    """To loopback, whatever name the certificate is to have."""

    def __init__(self, port, node, context, seconds):
        super().__init__("127.0.0.1", port, timeout=seconds, context=context)
        self.node = node

    def connect(self):
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.node)


class Api:
    """One user's calls; a connection is kept."""

    def __init__(self, icinga, user, password):
        self.port, self.node = icinga.port, icinga.node
        self.context = ssl.create_default_context(cadata=keys()["ca.crt"])
        word = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Accept": "application/json", "Authorization": f"Basic {word}"}
        self.connection = None

    def connect(self, seconds=20):
        return Connection(self.port, self.node, self.context, seconds * PATIENCE)

    def _once(self, method, path, body, headers):
        self.connection = self.connection or self.connect()
        self.connection.request(method, path, body, {**self.headers, **headers})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.getheader("Connection", "").lower() == "close":
            self.close()
        return answer.status, data

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def call(self, method, path, body=None, override=""):
        """(HTTP status, what the JSON says); a kept connection that is gone is made anew, once."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"X-HTTP-Method-Override": override} if override else {}
        for again in (True, False):
            try:
                status, found = self._once(method, "/v1/" + path, data, headers)
                break
            except (OSError, http.client.HTTPException):
                self.close()
                if not again:
                    raise
        return status, json.loads(found) if found.startswith(b"{") else {"text": found.decode(errors="replace")}

    def query(self, kind, **body):
        """Objects of a kind: [{"attrs": {...}, ...}]."""
        status, said = self.call("POST", f"objects/{kind}", body, "GET")
        return said["results"] if status == 200 else []

    def action(self, name, host=None, service=None, **body):
        """The first result; RigError when Icinga refused."""
        if service:
            body.update(type="Service", service=f"{host}!{service}")
        elif host:
            body.update(type="Host", host=host)
        status, said = self.call("POST", f"actions/{name}", body)
        results = said.get("results", [])
        if status != 200 or not results or results[0]["code"] != 200:
            raise RigError(f"Icinga refused {name} for {host}!{service}: {status} {said}")
        return results[0]


class Stream:
    """A reader of events of the test's own: what Icinga tells whoever listens."""

    def __init__(self, api, types, queue="of-the-test"):
        self.events = []
        self.ended = threading.Event()
        self.connection = api.connect(seconds=600)
        self.connection.request("POST", "/v1/events", json.dumps({"queue": queue, "types": types}), api.headers)
        self.socket = self.connection.sock  # which an answer without an end takes away from the connection
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            while line := self.answer.readline():
                self.events.append(json.loads(line))
        self.ended.set()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.socket.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# --- the thing itself ---------------------------------------------------------------------------


def _iso(attrs, key):
    return "1" if attrs.get(key) else "0"


class Icinga:
    """Start it, feed it results, read what it thinks."""

    def __init__(self, place, hosts, name="icinga", node=NODE, settings=None, rights=None):
        """settings: enable_flap_detection, as of nagios.cfg. rights: of the agent's user."""
        self.place, self.name, self.node = place, name, node
        self.dir = place.folder(name)
        for sub in (*FOLDERS.values(), "data/certs"):
            place.folder(f"{name}/{sub}")
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.root = Api(self, ROOT, ROOT_PASSWORD)
        self.password = "secret of the agent"
        self._write_keys()
        self.rights = RIGHTS if rights is None else rights
        self.configure(hosts, **(settings or {}))
        self.process = None

    def _write_keys(self):
        certs = self.dir / "data/certs"
        for name, text in keys().items():
            if name.startswith((f"{self.node}.", "ca.")):
                self.place.write(certs / name, text, 0o600 if name.endswith(".key") else 0o644)
        self.ca_file = certs / "ca.crt"
        self.cert_file = self.place.write(self.dir / "agent.crt", keys()[f"{CLIENT}.crt"])
        self.key_file = self.place.write(self.dir / "agent.key", keys()[f"{CLIENT}.key"], 0o600)
        self.password_file = self.place.write(self.dir / "password", self.password + "\n", 0o600)

    def group(self, **more):
        """The group `icinga2` of twicket.cfg for this one."""
        return {"url": self.url, "node": self.node, "user": USER, "password_file": self.password_file,
                "ca_file": self.ca_file, **more}

    def group_by_certificate(self):
        return {"url": self.url, "node": self.node, "cert_file": self.cert_file, "key_file": self.key_file,
                "ca_file": self.ca_file}

    def configure(self, hosts, **settings):
        """Writes the configuration; a running one reads it at the next reload()."""
        etc = self.dir / "etc"
        flapping = quoted(bool(int(settings.get("enable_flap_detection", 0))))
        self.place.write(etc / "icinga2.conf", MAIN.format(
            node=quoted(self.node), port=self.port, root=ROOT, password=quoted(ROOT_PASSWORD),
            log=quoted(str(self.dir / "log/icinga2.log")), flapping=flapping))
        self.place.write(etc / "agent.conf", AGENT.format(
            user=USER, password=quoted(self.password), rights=quoted(self.rights)) + self._by_certificate())
        self.place.write(etc / "objects.conf", objects_text(hosts))

    def _by_certificate(self):
        """The sample as it stands there, unless the test wants other rights."""
        if self.rights == RIGHTS:
            return SAMPLE.read_text()
        return f'object ApiUser "twicket" {{ client_cn = {quoted(CLIENT)}; permissions = {quoted(self.rights)} }}\n'

    def start(self):
        argv = [*_environment(self.place), "daemon", *_defines(self.dir), "-c", self.dir / "etc/icinga2.conf"]
        self.process = Process(self.place, self.name + "-out", argv)
        self.process.wait_ready("Icinga's API answers", self.program, 40)
        return self

    def stop(self):
        """As an admin does: it writes its state down first."""
        self.root.close()
        if self.process and self.process.running():
            self.process.stop(30)

    def kill(self):
        self.root.close()
        self.process.kill()

    def program(self):
        """Its own status, {} when it does not answer."""
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            status, said = self.root.call("GET", "status/IcingaApplication")
            if status == 200:
                return said["results"][0]["status"]["icingaapplication"]["app"]
        return {}

    def version(self):
        return self.program().get("version", "?")

    def reload(self, seconds=30, before=0):
        """SIGHUP, and waits until the new process answers. before: when the old one started, where asking takes too long."""
        before = before or self.program().get("program_start")
        self.process.signal(signal.SIGHUP)
        self.process.wait_ready("Icinga is back after its reload",
                                lambda: self.program().get("program_start", before) != before, seconds)

    def log(self):
        path = self.dir / "log/icinga2.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return text + (self.process.text() if self.process else "")

    def processes(self):
        """Pids of all of it: the one that was started, and what descends of it."""
        parents = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def rss(self):
        """kB of memory that its processes hold."""
        total = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        return total

    # --- what happens there ---

    def _result(self, host, service, state, output, ago):
        when = {"execution_start": time.time() - ago, "execution_end": time.time() - ago} if ago else {}
        return self.root.action("process-check-result", host, service, exit_status=state, plugin_output=output, **when)

    def service(self, host, service, state, output="from the test", ago=0):
        self._result(host, service, state, output, ago)

    def host(self, host, state, output="from the test", ago=0):
        assert state in (UP, DOWN), "Icinga takes no other, it finds out by itself what is unreachable"
        self._result(host, None, state, output, ago)

    def acknowledge(self, host, service=None, author="carol", text="mine", sticky=True, expiry_s=0):
        end = {"expiry": time.time() + expiry_s} if expiry_s else {}
        self.root.action("acknowledge-problem", host, service, author=author, comment=text, sticky=sticky, **end)

    def unacknowledge(self, host, service=None, author="carol"):
        self.root.action("remove-acknowledgement", host, service, author=author)

    def comment(self, host, service=None, author="carol", text="hm"):
        self.root.action("add-comment", host, service, author=author, comment=text)

    def downtime(self, host, service=None, begins=0, lasts=3600, author="bob", text="planned work", **more):
        """A fixed downtime that begins so many seconds from now."""
        start = time.time() + begins
        self.root.action("schedule-downtime", host, service, author=author, comment=text, start_time=start,
                         end_time=start + lasts, fixed=True, **more)

    def downtimes(self):
        return [found["attrs"] for found in self.root.query("downtimes")]

    def end_downtimes(self):
        """Removes each; one that runs ends, one that is planned is cancelled."""
        for downtime in wait_for("a downtime in Icinga", self.downtimes, 10):
            if downtime["parent"]:
                continue  # goes with the one that it hangs on
            self.root.action("remove-downtime", downtime=downtime["__name"], author="bob")

    # --- what it has ---

    def attrs(self, host, service=None):
        """All attributes of one object."""
        found = (self.root.query("services", service=f"{host}!{service}") if service else
                 self.root.query("hosts", host=host))
        return found[0]["attrs"] if found else {}

    def status(self, host, service=None):
        """One object in the words of Nagios' status.dat, {} when there is none."""
        attrs = self.attrs(host, service)
        if not attrs:
            return {}
        result = attrs["last_check_result"] or {}
        state = UNREACHABLE if not service and attrs["state"] == DOWN and not attrs["last_reachable"] else attrs["state"]
        return {"current_state": str(int(state)), "state_type": str(int(attrs["state_type"])),
                "has_been_checked": "1" if result else "0", "plugin_output": result.get("output", ""),
                "problem_has_been_acknowledged": _iso(attrs, "acknowledgement"),
                "acknowledgement_type": str(int(attrs["acknowledgement"])), "is_flapping": _iso(attrs, "flapping"),
                "scheduled_downtime_depth": str(int(attrs["downtime_depth"]))}

    def wait_state(self, host, service, state, seconds=20):
        return wait_for(f"{host}/{service} is {state} in Icinga",
                        lambda: self.status(host, service).get("current_state") == str(state), seconds)

    def acknowledged(self, host, service=None):
        return bool(self.attrs(host, service).get("acknowledgement"))

    def acknowledgement(self, host, service=None):
        """(author, text) of the last one, None where there is none."""
        acks = [c for c in self.comments(host, service) if c["entry_type"] == COMMENT_OF_ACK]
        return (acks[-1]["author"], acks[-1]["comment_data"]) if acks and self.acknowledged(host, service) else None

    def comments(self, host=None, service=None):
        """All comments (of one object), oldest first, in the words of Nagios' status.dat."""
        found = [c["attrs"] for c in self.root.query("comments")]
        if host is not None:
            found = [c for c in found if (c["host_name"], c["service_name"]) == (host, service or "")]
        return [{"host_name": c["host_name"], "service_description": c["service_name"], "author": c["author"],
                 "comment_data": c["text"], "entry_type": str(int(c["entry_type"])),
                 "persistent": _iso(c, "persistent"), "name": c["__name"]}
                for c in sorted(found, key=lambda c: c["entry_time"])]
