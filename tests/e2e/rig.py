"""The whole loop on one machine: a core with the module, the agent, and a Mastodon server.

`Rig` is what most tests and the demo use; xrig.py adds an account on X. Servers and cores of one's own
come from the environment:

    TWICKET_BUILD            the build folder (default: build)
    TWICKET_AGENT            the folder of twicketd and twicket, when it is another
    TWICKET_CORES            "nagios-4.4=/usr/sbin/nagios4 naemon=/usr/bin/naemon": cores by the names of `make module
                             CORE=`, whose modules are taken from the build folder. Default: what is installed
    TWICKET_MASTODON_URL     with TWICKET_TOKEN_STATUS, TWICKET_TOKEN_OPERATOR, TWICKET_TOKEN_STRANGER
    TWICKET_X_URL            instead of the loopback X, with TWICKET_X_HANDLE (the status account's name) and
                             TWICKET_X_TOKEN_STATUS, TWICKET_X_TOKEN_OPERATOR (the line of a token file);
                             what needs control of the server is skipped then
"""

import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from urllib.parse import urlsplit

from agent import Agent, tag_of
from client import Client, plain
from icinga import PROGRAM, Icinga
from nagios import Nagios
from proc import Cleanup, Place, Process, RigError, wait_for
from snac import Snac

TOP = Path(__file__).resolve().parents[2]
FAKE = TOP / "tests/fake"

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}, "Queue": {}}},
    "db1": {"services": {"Postgres": {}}},
}


def build_folder():
    return Path(os.environ.get("TWICKET_BUILD") or TOP / "build").resolve()


def agent_folder():
    """Where twicketd and twicket are: `make check-e2e` names the sanitised ones."""
    return Path(os.environ.get("TWICKET_AGENT") or build_folder()).resolve()


Core = namedtuple("Core", "name binary module")  # name: nagios-4.4, nagios-4.5, naemon or icinga2
CORES = ("nagios-4.4", "nagios-4.5", "naemon")
ICINGA = Core("icinga2", PROGRAM, None)


def _family(binary):
    """The name of the core that lies there, by its own word; "" for none that we know."""
    try:
        said = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    except OSError:
        return ""
    found = re.search(rb"(Nagios|Naemon) Core (\d+\.\d+)", said.stdout)
    if not found:
        return ""
    program, version = (part.decode() for part in found.groups())
    return "naemon" if program == "Naemon" else f"nagios-{version}"


def _named_cores():
    """{name: binary}"""
    text = os.environ.get("TWICKET_CORES", "").strip()
    if text:
        return dict(pair.split("=", 1) for pair in text.split())
    found = (shutil.which(program, path="/usr/sbin:/usr/bin") for program in ("nagios4", "naemon"))
    return {_family(binary): binary for binary in found if binary}


def cores():
    """The cores that are there, each with its module."""
    found = []
    for name, binary in _named_cores().items():
        module = build_folder() / name / "twicket.so"
        if Path(binary).exists() and module.exists():
            found.append(Core(name, binary, str(module)))
    return found


def absent_cores():
    """One line: which cores are not tried, and why; "" when all are."""
    named, there = _named_cores(), {core.name for core in cores()}
    why = []
    for name in [*CORES, *(name for name in named if name not in CORES)]:
        if name in there:
            continue
        if name not in named:
            why.append(f"{name} is not named in TWICKET_CORES" if os.environ.get("TWICKET_CORES") else
                       f"{name} is not installed")
        elif not Path(named[name]).exists():
            why.append(f"{name}: {named[name]} is not there")
        else:
            why.append(f"{name}: {build_folder()}/{name}/twicket.so is not built")
    return "; ".join(why)


def what_is_missing():
    """Why the rig cannot run here, "" when it can."""
    if not cores():
        return f"no core ({absent_cores()})"
    for name in ("twicketd", "twicket"):
        if not (agent_folder() / name).exists():
            return f"{agent_folder() / name} is not built"
    if not external_server() and not shutil.which("snac"):
        return "snac is not installed and TWICKET_MASTODON_URL not set"
    return ""


class ExternalServer:
    """Somebody's own server, with three accounts whose tokens we were given."""

    kind = "external"

    def __init__(self, url, tokens):
        self.url = url.rstrip("/")
        self.tokens = tokens
        self.host = urlsplit(self.url).netloc

    def client(self, user):
        return Client(self.url, self.tokens[user], user)

    def handle(self, user):
        acct = self.client(user).me["acct"]
        return acct if "@" in acct else f"{acct}@{self.host}"

    def start(self):
        return self

    def stop(self):
        pass


def external_server():
    url = os.environ.get("TWICKET_MASTODON_URL")
    if not url:
        return None
    names = {"status": "STATUS", "alice": "OPERATOR", "mallory": "STRANGER"}
    return ExternalServer(url, {user: os.environ["TWICKET_TOKEN_" + name] for user, name in names.items()})


class Script(Process):
    """A Python helper of tests/fake on a free loopback port, which it prints as its first line."""

    def __init__(self, place, script, *args, name=None):
        folder = place.path / "fake"
        if not folder.exists():
            shutil.copytree(FAKE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        super().__init__(place, name or Path(script).stem, [sys.executable, "-B", folder / script, *args])
        self.wait_ready(f"{script} prints its port", lambda: self.text().split("\n")[0].strip().isdigit())
        self.port = int(self.text().split("\n")[0])
        self.url = f"http://127.0.0.1:{self.port}"


class Lossy(Script):
    """Stands before a server and drops the answer of every Nth POST, after the server acted."""

    def __init__(self, place, server, every):
        super().__init__(place, "lossy.py", "--to", server.host, "--every", str(every))

    def counters(self):
        return Client(self.url, "").get("/_lossy/counters")


def quick_config(server, x=None, **audience):
    """Everything as short as a test wants it: no hold, polls as often as may be.

    On a Mastodon server, on X, or on both.
    """
    quick = {"poll": "6s", "posts_per_hour": 1000, "posts_per_day": 1000}
    url = audience.pop("url", server.url if server else "")
    accounts, alice = {}, {}
    if server:
        accounts["status"] = {"network": "mastodon", "handle": server.handle("status"), "url": url, **quick}
        alice["mastodon"] = server.handle("alice")
    if x:
        accounts["status_x"] = {"network": "x", "handle": x.handle("status"), "url": x.url, **quick}
        alice["x"] = x.handle("alice")
    public = {"accounts": list(accounts), "hold": "0", "recovery_hold": "0", "reopen": "10m", "update": "0"}
    public.update(audience)
    return {"accounts": accounts, "audiences": {"public": public}, "people": {"alice": alice}}


class Rig:
    """Core, module and agent in a temporary folder, and a server that may be shared.

    nagios: the core; with `core` ICINGA it is an Icinga 2, which does what a Nagios does. icinga: the
    Icinga, that one or one beside the core; None when there is none.
    """

    def __init__(self, server, core=None, config=None, hosts=None, options=(), keep=False, start=True, tokens=None,
                 settings=None, beside=None, of=Icinga):
        """tokens: of accounts; else the server's of the account `status`. settings: of nagios.cfg. beside: hosts
        of an Icinga beside the core. of: what makes an Icinga."""
        self.server = server
        self.core = core or cores()[0]
        self.cleanup = Cleanup()
        try:
            self.place = Place(keep)
            self.cleanup.callback(self.place.close)
            config = config(self) if callable(config) else config or quick_config(server)
            self.icinga = self._make_icinga(of, hosts or HOSTS, settings, beside)
            always = {"icinga2": self.icinga.group()} if self.icinga else {}
            self.agent = Agent(self.place, agent_folder(), config, options=options, always=always)
            if tokens is None:
                tokens = {"status": server.tokens["status"]}
            for account, token in tokens.items():
                self.agent.token(account, token)
            self.nagios = self.icinga if self.core is ICINGA else self._make_nagios(hosts or HOSTS, settings)
            if start:
                self.start()
        except BaseException:
            self.cleanup.close()
            raise

    def _make_icinga(self, of, hosts, settings, beside):
        if self.core is ICINGA:
            return of(self.place, hosts, settings=settings)
        return of(self.place, beside) if beside else None

    def _make_nagios(self, hosts, settings):
        args = f"node=mon1 socket={self.agent.socket} user={self.place.user}"
        return Nagios(self.place, hosts, self.core.binary, self.core.module, args, settings=settings)

    def sources(self):
        """What is watched, each once."""
        return [self.nagios] + ([self.icinga] if self.icinga and self.icinga is not self.nagios else [])

    def start(self):
        self.cleanup.stop(self.agent.start())
        for source in self.sources():
            self.cleanup.stop(source.start())
        self.agent.wait_connected(nodes=len(self.sources()))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind and isinstance(error, Exception):
            print(self.story())
        self.cleanup.close()
        return False

    def story(self):
        """What a failed test shows."""
        return (f"--- twicketd\n{self.agent.log()[-5000:]}\n"
                f"--- replies\n{self.replies()}\n"
                + "\n".join(f"--- {source.name}'s log\n{source.log()[-2500:]}" for source in self.sources()))

    def replies(self):
        """What the agent has read, a line each."""
        rows = self.agent.query("SELECT remote_id, state, reason, substr(text, 1, 60) AS text FROM reply")
        return "\n".join(repr(tuple(row.values())) for row in rows)

    def client(self, user):
        return self.server.client(user)

    # --- what the network has ---

    def posts(self, tag=None):
        """The status account's posts with the tag, oldest first: [(text, status)]."""
        found = [(plain(s["content"]), s) for s in self.client("status").own_posts()]
        return [(t, s) for t, s in found if not tag or tag_of(t) == tag]

    def known_posts(self):
        return {s["uri"] for _, s in self.posts()}

    def wait_root(self, before, name="E-mail", seconds=20):
        """The first new post about `name`: (tag, status)."""

        def look():
            for text, status in self.posts():
                if status["uri"] not in before and name in text and not status["in_reply_to_id"]:
                    return tag_of(text), status
            return None

        return self.wait(f"a post about {name} on the network", look, seconds, every=0.2)

    def wait_posts(self, tag, count, seconds=30):
        """Exactly `count` posts carry the tag, and it stays so for a moment."""
        self.wait(f"{count} posts with #{tag}", lambda: len(self.posts(tag)) >= count, seconds, every=0.2)
        self.wait("all posts are settled", lambda: not self.agent.unsettled(), seconds, every=0.2)
        found = self.posts(tag)
        assert len(found) == count, f"{len(found)} posts instead of {count}: {[t for t, _ in found]}"
        return found

    def wait(self, what, condition, seconds=20.0, every=0.05):
        try:
            return wait_for(what, condition, seconds, every)
        except RigError as e:
            raise RigError(f"{e}\n{self.story()}") from None

    # --- what the core has ---

    def wait_acknowledged(self, host, service=None, seconds=30):
        """The acknowledgement's comment, once the core has it."""

        def look():
            if not self.nagios.acknowledged(host, service):
                return None
            acks = [c for c in self.nagios.comments(host, service) if c["entry_type"] == "4"]
            return acks[-1] if acks else None

        return self.wait(f"{host}/{service} is acknowledged in the core", look, seconds)


def start_server(cleanup, place):
    """The shared server: the one that was given to us, else a snac of our own."""
    server = external_server()
    return server or cleanup.stop(Snac(place).start())
