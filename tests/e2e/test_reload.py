"""The core reloads in the middle of an incident; the agent is away, stopped or hung meanwhile."""

import contextlib
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from nagios import CRITICAL, OK
from rig import HOSTS

RELOADS = 100 if os.environ.get("TWICKET_LONG") else 5


def open_incident(rig):
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    tag, root = rig.wait_root(before)
    rig.nagios.command("ACKNOWLEDGE_SVC_PROBLEM;mx1;SMTP;2;0;0;carol;mine")
    rig.wait_posts(tag, 2)
    return tag


def open_tags(rig):
    return [row["tag"] for row in rig.agent.query("SELECT tag FROM incident WHERE open=1 ORDER BY id")]


def load_another(rig):
    """A second module beside ours, with callbacks of the same kinds; the file that it writes."""
    second = Path(rig.core.module).parent / "tests/core_clock.so"
    if not second.exists():
        pytest.skip(f"{second} is not built (make e2e-build CORE={rig.core.name})")
    copy, told = rig.place.copy(second, "second.so"), rig.place.path / "second.txt"
    rig.nagios.args += f"\nbroker_module={copy} {told}"
    rig.nagios.configure(HOSTS)
    return told


def test_reloads_in_an_incident(make_rig, record_property):
    """No crash, no post, the same tag and owner; then the recovery is told as ever."""
    rig = make_rig(start=False)
    told = load_another(rig)
    rig.start()
    tag = open_incident(rig)
    pid = rig.nagios.process.pid
    for _ in range(RELOADS):
        rig.nagios.reload()
    rig.agent.wait_connected()
    assert rig.nagios.process.running() and rig.nagios.process.pid == pid
    assert rig.nagios.modules() == RELOADS + 1
    time.sleep(2)
    assert len(rig.posts(tag)) == 2
    assert open_tags(rig) == [tag]
    assert rig.nagios.acknowledged("mx1", "SMTP")
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 3)
    assert len(told.read_text().splitlines()) == 3, "the other module hears what it heard before: failed, acked, well"
    record_property("goal", f"R3: {RELOADS} reloads of {rig.core.name} with a second module loaded: no crash, no post, "
                            "same tag and owner")


class Garbage:
    """Listens where the agent should, and says to everybody what is no message."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.socket.listen()
        self.path, self.heard = path, 0
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()

    def _talk(self):
        with contextlib.suppress(OSError):
            while True:
                with self.socket.accept()[0] as peer:
                    with contextlib.suppress(OSError):
                        peer.recv(4096)
                        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n" + bytes(range(256)) * 100)
                        peer.recv(4096)  # until it hangs up
                    self.heard += 1

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)
        os.unlink(self.path)


@pytest.mark.parametrize("how", ["killed", "stopped", "away", "garbage"])
def test_reload_without_a_listening_agent(rig, how):
    """The core does not notice: it takes results and reloads as quickly as ever."""
    tag = open_incident(rig)
    if how == "killed":
        rig.agent.kill()
    elif how == "stopped":
        rig.agent.freeze()
    else:
        rig.agent.stop()
    garbage = Garbage(rig.agent.socket) if how == "garbage" else None
    began = time.monotonic()
    rig.nagios.reload()
    assert time.monotonic() - began < 6
    for n in range(200):
        rig.nagios.service("db1", "Postgres", CRITICAL if n % 2 else OK, "x" * 200)
    rig.nagios.wait_state("db1", "Postgres", CRITICAL, 60)
    rig.nagios.reload()
    if garbage:
        rig.wait("the module hung up on it", lambda: garbage.heard, 30)
        garbage.close()
        assert "no message of ours" in rig.nagios.log()
    if how == "stopped":
        rig.agent.thaw()
    else:
        rig.agent.start()
    rig.agent.wait_connected()
    time.sleep(1.5)
    assert len(rig.posts(tag)) == 2
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 3, 40)


def test_the_agent_stops_and_reloads_as_it_is_told(rig):
    tag = open_incident(rig)
    good = rig.agent.config_path.read_text()
    rig.agent.configure(good.replace("hold", "hodl", 1))
    rig.agent.reload()
    rig.wait("it says what is wrong", lambda: "hodl" in rig.agent.log(), 60)
    assert rig.agent.answers(), "a bad file keeps the running configuration"
    rig.agent.configure(good)
    rig.agent.reload()
    time.sleep(0.5)
    rig.nagios.service("mx1", "SMTP", OK)
    rig.wait_posts(tag, 3)
    rig.agent.stop()  # raises when the status is not 0
    assert rig.nagios.process.running()


def test_a_wrong_argument_leaves_the_module_inert(make_rig):
    rig = make_rig(start=False)
    rig.nagios.args = "no=such argument"
    rig.nagios.configure({"mx1": {"services": {"SMTP": {}}}})
    rig.cleanup.stop(rig.nagios.start())
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    assert "twicket" in rig.nagios.log()
