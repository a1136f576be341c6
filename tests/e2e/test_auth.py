"""`twicket auth`: from nothing to a stored token, by somebody at a terminal."""

import os
import pty
import re
import select
import shutil
import stat
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from agent import Agent
from fakex import FakeX
from proc import PATIENCE, Cleanup, Place, RigError
from rig import agent_folder, quick_config
from snac import authorise


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
        end = time.monotonic() + seconds * PATIENCE
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
        return self.process.wait(seconds * PATIENCE)


def browser_at_fake(fake, url):
    """What the human does: opens the address, logs in, copies the code."""
    with urllib.request.urlopen(url, timeout=10 * PATIENCE) as page:
        assert page.status == 200
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    words = {k: query[k] for k in ("client_id", "scope", "redirect_uri", "code_challenge") if k in query}
    return fake.control("code?" + urllib.parse.urlencode({"user": "status", **words}))["code"]


def browser_at_snac(snac, url, user="status"):
    return authorise(url, user, snac.passwords[user])


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


def test_nobody_logs_in_for_nothing(fake, admin):
    """What could not be stored is said before the server is asked for anything."""
    agent = admin(fake)
    (agent.state / "auth").chmod(0o500)
    done = agent.cli("auth", "status", "--token-stdin", text="a-token\n")
    (agent.state / "auth").chmod(0o700)
    assert done.returncode == 1 and "cannot be written: Permission denied (sudo? " in done.stderr
    shutil.rmtree(agent.state)
    done = agent.cli("auth", "status", "--token-stdin", text="a-token\n")
    assert done.returncode == 1 and "cannot be made: No such file or directory (sudo? " in done.stderr
    assert not fake.control("log")


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


# --- X: the keys of an app, and a PIN ---------------------------------------------------------

ADDRESS = r"(http://\S+/oauth/authorize\?oauth_token=(\S+))\s"


@pytest.fixture
def x():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield cleanup.stop(FakeX(place, account="ExampleNet"))


def x_config(x, **more):
    account = {"network": "x", "handle": "@examplenet", "url": x.url, **more}
    return {"accounts": {"status": account}, "audiences": {"public": {"accounts": ["status"]}}}


@pytest.fixture
def x_admin(x, admin):
    """An admin who has put the keys of the app where they belong."""
    agent, app = admin(x, x_config(x)), x.control("app?name=app")
    agent.token("status.app", f"# from the console\n{app['key']}\n{app['secret']}")
    return agent


def secrets_of(x):
    """What no terminal may show: whoever the token is of."""
    found = [x.credentials(user) for user in ("status", "alice")]
    return {c[k] for c in found for k in ("consumer_key", "consumer_secret", "token", "token_secret")}


def allow(x, terminal, user="examplenet"):
    """What the human does: opens the address, logs in, types the PIN."""
    url, token = terminal.expect(ADDRESS).groups()
    terminal.expect("PIN: ")
    with urllib.request.urlopen(url, timeout=10 * PATIENCE) as page:
        assert page.status == 200
    pin = x.control("pin", {"oauth_token": token, "user": user})["pin"]
    terminal.send(f" {pin[:3]} {pin[3:]} ")
    return pin


def asked(x):
    return [(line["method"], line["path"].split("?")[0]) for line in x.control("log")
            if not line["path"].startswith(("/_fake", "/oauth/authorize"))]


def assert_no_token(agent, terminal):
    assert "nothing was stored" in terminal.seen and not (agent.state / "auth/status").exists()


def test_at_the_loopback_x(x, x_admin):
    terminal = start(x_admin)
    allow(x, terminal)
    assert terminal.end() == 0, terminal.seen
    path = x_admin.state / "auth/status"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == x.token("status") + "\n", "the line that the notifier reads"
    assert not [s for s in secrets_of(x) if s in terminal.seen]
    assert "examplenet@x.com" in terminal.seen and "0.015 USD" in terminal.seen
    assert asked(x) == [("POST", "/oauth/request_token"), ("POST", "/oauth/access_token"),
                        ("GET", "/2/users/me")]
    assert x.posts() == [] and "[y/N]" not in terminal.seen, "a test post would cost"
    assert x.violations() == []


def test_x_without_an_app_it_says_how_to_make_one(x, admin):
    done = admin(x, x_config(x, messages=True)).cli("auth", "status")
    assert done.returncode == 1 and "nothing was stored" in done.stderr
    for words in ("console.x.com as @examplenet", "0.001 USD", "0.005 USD", "spending limit", "20.00 USD",
                  "Read and write and Direct message", "Automated App or Bot", "status.app", "0600",
                  "Automation", "bio", "twicket auth status"):
        assert words in done.stdout, words
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert asked(x) == []


def test_x_keys_typed_at_the_terminal(x, admin):
    agent, app = admin(x, x_config(x)), x.control("app?name=app")
    terminal = start(agent)
    terminal.expect("API key: ")
    terminal.send(app["key"])
    terminal.expect("API key secret: ")
    terminal.send(app["secret"])
    allow(x, terminal)
    assert terminal.end() == 0, terminal.seen
    assert app["key"] not in terminal.seen and app["secret"] not in terminal.seen
    path = agent.state / "auth/status.app"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().split() == [app["key"], app["secret"]]


def test_x_keys_that_x_does_not_know_are_not_kept(x, admin):
    agent = admin(x, x_config(x))
    terminal = start(agent)
    terminal.expect("API key: ")
    terminal.send("wrong")
    terminal.expect("API key secret: ")
    terminal.send("keys")
    assert terminal.end() == 1
    assert "Keys and tokens" in terminal.seen and "401" in terminal.seen
    assert not (agent.state / "auth/status.app").exists()
    assert_no_token(agent, terminal)


def test_x_somebody_elses_login(x, x_admin):
    terminal = start(x_admin)
    allow(x, terminal, "alice")
    assert terminal.end() == 1
    assert "@alice" in terminal.seen and "Connected apps" in terminal.seen
    assert ("GET", "/2/users/me") not in asked(x)
    assert_no_token(x_admin, terminal)


def test_x_a_wrong_pin(x, x_admin):
    terminal = start(x_admin)
    terminal.expect("PIN: ")
    terminal.send("0000000")
    assert terminal.end() == 1
    assert "X refuses the PIN" in terminal.seen and "0000000" not in terminal.seen.split("PIN: 0000000")[1]
    assert_no_token(x_admin, terminal)


def test_x_when_our_clock_is_wrong(x, x_admin):
    x.options(clock=4000)
    terminal = start(x_admin)
    allow(x, terminal)
    assert terminal.end() == 0, terminal.seen
    assert re.search(r"clock is (399\d|400\d) s slow", terminal.seen)
    assert asked(x)[:2] == [("POST", "/oauth/request_token")] * 2
    assert len([a for a in asked(x) if a[1] == "/oauth/access_token"]) == 1


def test_x_an_app_that_may_only_read(x, x_admin):
    x.control("app", {"name": "app", "permission": "read"})
    terminal = start(x_admin)
    allow(x, terminal)
    assert terminal.end() == 1
    assert "Read and write" in terminal.seen
    assert_no_token(x_admin, terminal)


def test_x_a_token_that_was_made_elsewhere(x, admin):
    agent = admin(x, x_config(x))
    done = agent.cli("auth", "status", "--token-stdin", text=x.token("status") + "\n")
    assert done.returncode == 0, done.stderr
    assert (agent.state / "auth/status").read_text() == x.token("status") + "\n"
    (agent.state / "auth/status").unlink()
    for wrong in (x.token("alice"), "AAAA", x.token("status").replace('"user_id"', '"id"')):
        done = agent.cli("auth", "status", "--token-stdin", text=wrong + "\n")
        assert done.returncode == 1 and "nothing was stored" in done.stderr, wrong
        assert not (agent.state / "auth/status").exists()
        assert not [s for s in secrets_of(x) if s in done.stdout + done.stderr]
