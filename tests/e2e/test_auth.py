"""`twicket auth`: from nothing to a stored token, by somebody at a terminal."""

import os
import pty
import re
import select
import stat
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from agent import Agent
from fake import FakeServer
from proc import Cleanup, Place, RigError
from rig import agent_folder, quick_config


class Terminal:
    """A command on a terminal: expect() waits for words, send() types."""

    def __init__(self, place, argv):
        try:
            master, slave = pty.openpty()
        except OSError as e:
            pytest.skip(f"no pseudo-terminal on this machine: {e}")
        who = {"user": place.uid, "group": place.gid, "extra_groups": []} if os.getuid() == 0 else {}
        self.process = subprocess.Popen(
            list(map(str, argv)), stdin=slave, stdout=slave, stderr=slave, cwd=place.path,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb",
                 "ASAN_OPTIONS": "detect_leaks=0"}, **who,
        )
        os.close(slave)
        self.master, self.seen = master, ""

    def expect(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            try:
                data = os.read(self.master, 4096) if ready else b""
            except OSError:  # the other end is closed
                data = b""
            if not data:
                raise RigError(f"no {pattern!r} on the terminal; it said:\n{self.seen}")
            self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return re.search(pattern, self.seen)

    def send(self, text):
        os.write(self.master, text.encode() + b"\n")

    def end(self, seconds=20):
        try:
            while True:
                self.expect("(?!)", seconds)
        except RigError:
            pass
        os.close(self.master)
        return self.process.wait(seconds)


def browser_at_fake(fake, url):
    """What the human does: opens the address, logs in, copies the code."""
    with urllib.request.urlopen(url, timeout=10) as page:
        assert page.status == 200
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    words = {k: query[k] for k in ("client_id", "scope", "redirect_uri", "code_challenge") if k in query}
    return fake.control("code?" + urllib.parse.urlencode({"user": "status", **words}))["code"]


def browser_at_snac(snac, url, user="status"):
    with urllib.request.urlopen(url, timeout=10) as page:
        html = page.read().decode()
    form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', html))
    action = re.search(r'<form[^>]*action="([^"]+)"', html).group(1)
    form.update(login=user, passwd=snac.passwords[user])
    answer = urllib.request.urlopen(
        urllib.parse.urljoin(url, action), urllib.parse.urlencode(form).encode(), timeout=10
    )
    text = re.sub("<[^>]+>", " ", answer.read().decode())
    return re.search(r"\b[0-9a-f]{32}\b", text).group(0)


@pytest.fixture
def fake():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield cleanup.stop(FakeServer(place))


@pytest.fixture
def admin():
    """admin(server, config) -> an Agent without its daemon: a configuration and a state folder."""
    with Cleanup() as cleanup:

        def make(server, config=None):
            place = Place()
            cleanup.callback(place.close)
            return Agent(place, agent_folder(), config or quick_config(server))

        yield make


def start(agent):
    argv = [agent.cli_path, "-c", agent.config_path, "-s", agent.state, "-r", agent.run, "auth", "status"]
    return Terminal(agent.place, argv)


def log_in(agent, server, browser):
    terminal = start(agent)
    url = terminal.expect(r"(http://\S+/oauth/authorize\S*)\s").group(1)
    terminal.expect("Code: ")
    code = browser(server, url)
    terminal.send(code)
    return terminal, code


def assert_stored(agent, terminal, code):
    path = agent.state / "auth/status"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_uid == agent.place.uid
    token = path.read_text().strip()
    assert token and token not in terminal.seen
    return token


def test_at_the_scripted_mastodon(fake, admin):
    agent = admin(fake)
    terminal, code = log_in(agent, fake, browser_at_fake)
    terminal.expect(r"\[y/N\] ")
    terminal.send("y")
    assert terminal.end() == 0, terminal.seen
    token = assert_stored(agent, terminal, code)
    assert f"status@{fake.host}" in terminal.seen and "Sent: http" in terminal.seen
    granted = [p for p in fake.control("log") if p["path"] == "/oauth/token"]
    assert len(granted) == 1
    sent = fake.control("posts")
    assert len(sent) == 1 and sent[0]["visibility"] == "direct"
    scopes = urllib.parse.parse_qs(fake.control("log")[-1]["path"])
    assert "write:accounts" not in str(scopes)
    assert token in fake.control("log")[-1]["headers"]["Authorization"]


def test_at_snac(server, admin):
    if server.kind != "snac":
        pytest.skip("needs a snac of our own")
    agent = admin(server)
    terminal, code = log_in(agent, server, browser_at_snac)
    terminal.expect(r"\[y/N\] ")
    terminal.send("n")
    assert terminal.end() == 0, terminal.seen
    assert_stored(agent, terminal, code)


def test_a_wrong_code(fake, admin):
    agent = admin(fake)
    terminal = start(agent)
    terminal.expect("Code: ")
    terminal.send("not-the-code")
    assert terminal.end() == 1
    assert "nothing was stored" in terminal.seen
    assert not (agent.state / "auth/status").exists()


def test_somebody_elses_login(fake, admin):
    """A token of another login is refused, so nothing is ever posted from the wrong account."""
    config = quick_config(fake)
    config["accounts"]["status"]["handle"] = fake.handle("noc")
    agent = admin(fake, config)
    terminal, code = log_in(agent, fake, browser_at_fake)
    assert terminal.end() == 1
    assert "nothing was stored" in terminal.seen and not (agent.state / "auth/status").exists()


def test_no_such_account(fake, admin):
    agent = admin(fake)
    done = agent.cli("auth", "statsu")
    assert done.returncode == 1 and '"status"' in done.stderr
