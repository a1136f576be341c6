"""Processes of a rig: started as an ordinary user, waited for with a limit, stopped by pid.

Used by every part of the rig. Nothing outlives the test run: each process gets a signal from the
kernel when the test run dies, and Cleanup stops them in the reverse order.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path


class RigError(Exception):
    """Something did not happen in time; the message says what, and quotes the log."""


# Beside five other suites all takes longer; what comes in time costs no more for it
PATIENCE = 4


def ordinary_user():
    """Name, uid and gid that the rig's daemons run as: ours, or nobody's when we are root."""
    entry = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    return entry.pw_name, entry.pw_uid, entry.pw_gid


def wait_for(what, condition, seconds=20.0, every=0.05):
    """Returns the first true value of condition(); RigError when there is none in time.

    seconds: on a machine that does nothing else.
    """
    seconds *= PATIENCE
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RigError(f"not in {seconds:g} s: {what}")
        time.sleep(every)


_ports_given = set()


def free_port():
    """A loopback port that nobody listens on and that no other part of this run was given."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port not in _ports_given:
            _ports_given.add(port)
            return port


def port_open(port):
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    return False


class Place:
    """A temporary folder that belongs to the ordinary user, and goes away with close().

    keep: what is started in it may outlive us.
    """

    def __init__(self, keep=False):
        self.user, self.uid, self.gid = ordinary_user()
        self.keep = keep
        self.path = Path(tempfile.mkdtemp(prefix="twicket-"))
        self.path.chmod(0o755)
        self.give(self.path)

    def give(self, path):
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid)
        return Path(path)

    def folder(self, name, mode=0o755):
        path = self.path / name
        for part in reversed([path, *path.parents]):
            if not part.exists():
                part.mkdir()
                self.give(part)
        path.chmod(mode)
        return path

    def write(self, path, text, mode=0o644):
        """Publishes a file by rename, owned by the ordinary user."""
        path = self.path / path
        new = path.with_name(path.name + ".new")
        new.write_text(text)
        new.chmod(mode)
        self.give(new)
        new.rename(path)
        return path

    def copy(self, source, name):
        """A copy that the ordinary user can read, wherever the source lies."""
        path = self.path / name
        new = path.with_name(path.name + ".new")
        shutil.copy(source, new)
        self.give(new)
        new.rename(path)
        return path

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Process:
    """One daemon. Its output goes to a log that is quoted when something goes wrong."""

    def __init__(self, place, name, argv, stdin=None):
        self.name = name
        self.log = place.path / f"{name}.log"
        self.place = place
        wrap = ["setpriv", "--pdeathsig", "keep" if place.keep else "KILL"]
        if os.getuid() == 0:
            wrap += ["--reuid", str(place.uid), "--regid", str(place.gid), "--clear-groups"]
        home = {"HOME": str(place.path), "PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        keep = {k: v for k, v in os.environ.items() if k in ("LANG", "TZ") or k.endswith("SAN_OPTIONS")}
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(
                [*wrap, "--", *map(str, argv)],
                stdin=stdin or subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=place.path,
                env={**home, "LC_ALL": "C.UTF-8", **keep},
                start_new_session=True,
            )

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=15):
        return "\n".join("    " + line for line in self.text().splitlines()[-lines:])

    def wait_ready(self, what, condition, seconds=20.0):
        def ready():
            if not self.running():
                raise RigError(f"{self.name} ended with {self.popen.returncode} before: {what}\n{self.tail()}")
            return condition()

        try:
            return wait_for(what, ready, seconds)
        except RigError as e:
            raise RigError(f"{e}\n{self.name} said:\n{self.tail()}") from None

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def kill(self):
        """As a power cut would: no chance to say goodbye."""
        self.signal(signal.SIGKILL)
        self.popen.wait()
        self.sweep()

    def stop(self, seconds=10.0):
        """SIGTERM, then SIGKILL. Returns the exit status."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RigError(f"{self.name} did not stop in {seconds * PATIENCE:g} s\n{self.tail()}") from None
        finally:
            self.sweep()

    def sweep(self):
        """Children that outlived it: it leads a session of its own, so they are ours."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def run_as(place, argv, text=None, seconds=30, check=True, env=None):
    """Runs a command to its end as the ordinary user."""
    extra = {}
    if os.getuid() == 0:
        extra = {"user": place.uid, "group": place.gid, "extra_groups": []}
    done = subprocess.run(
        list(map(str, argv)),
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        timeout=seconds * PATIENCE,
        cwd=place.path,
        env={"HOME": str(place.path), "PATH": "/usr/sbin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **(env or {})},
        **extra,
    )
    if check and done.returncode:
        raise RigError(f"{argv[0]} failed with {done.returncode}: {done.stdout}{done.stderr}")
    return done


class Cleanup(contextlib.ExitStack):
    """Stops what was started, last first, and goes on when one of them does not want to.

    failures: what did not stop as it should.
    """

    def __init__(self):
        super().__init__()
        self.failures = []

    def stop(self, thing):
        def ignore_errors():
            try:
                thing.stop()
            except (RigError, ProcessLookupError) as e:
                self.failures.append(str(e))
                print(f"rig: {e}", flush=True)

        self.callback(ignore_errors)
        return thing
