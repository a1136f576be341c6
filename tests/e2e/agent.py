"""twicketd and twicket as the rig runs them: a configuration, a state folder, a run folder.

Started by the rig; the tests kill, stop and restart it at will.
"""

import json
import re
import signal

from proc import Process, RigError, run_as, wait_for

POST_SAY, POST_SENT = 0, 2  # of agent/rows.h: enum post_kind, enum post_state


def to_libconfig(value):
    """A Python structure in the configuration's own words."""
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {to_libconfig(v)};" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        return "( " + ", ".join(to_libconfig(v) for v in value) + " )"
    if isinstance(value, (list, tuple)):
        return "[ " + ", ".join(to_libconfig(v) for v in value) + " ]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def config_text(settings):
    return "".join(f"{key} = {to_libconfig(value)};\n" for key, value in settings.items())


class Agent:
    def __init__(self, place, build, config, name="twicketd", options=(), always=None):
        """config: the text of twicket.cfg, or a dict. always: what every configuration has beside it."""
        self.place = place
        self.name = name
        self.dir = place.folder(name)
        self.state = place.folder(f"{name}/state", 0o700)
        self.run = place.folder(f"{name}/run")
        place.folder(f"{name}/state/auth", 0o700)
        self.daemon = place.copy(build / "twicketd", f"{name}/twicketd")
        self.cli_path = place.copy(build / "twicket", f"{name}/twicket")
        self.config_path = self.dir / "twicket.cfg"
        self.options = list(options)
        self.always = always or {}
        self.configure(config)
        self.process = None

    @property
    def socket(self):
        """Where the module connects."""
        return self.run / "core.sock"

    def configure(self, config):
        text = config if isinstance(config, str) else config_text(config)
        self.place.write(self.config_path, text + config_text(self.always))

    def token(self, account, token):
        self.place.write(self.state / "auth" / account, token + "\n", 0o600)

    def _where(self):
        return ["-c", self.config_path, "-s", self.state, "-r", self.run]

    def start(self, ready=True):
        argv = [self.daemon, *self._where(), *self.options]
        self.process = Process(self.place, self.name + "-out", argv)
        if ready:
            self.process.wait_ready("the agent answers `twicket status`", self.answers)
        return self

    def stop(self):
        if self.process:
            if not self.process.running() and self.process.popen.returncode == -signal.SIGKILL:
                return  # a test killed it
            status = self.process.stop()
            if status != 0:
                raise RigError(f"{self.name} ended with {status}\n{self.process.tail(40)}")

    def kill(self):
        self.process.kill()

    def freeze(self):
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def log(self):
        return self.process.text() if self.process else ""

    def answers(self):
        return self.cli("status").returncode == 0

    def cli(self, *words, text=None, seconds=45, options=()):
        """Runs `twicket WORDS`; never raises because of its exit status."""
        argv = [self.cli_path, *self._where(), *options, *words]
        env = {"ASAN_OPTIONS": "detect_leaks=0"}  # `auth` may not be traced, which leaks are found by
        return run_as(self.place, argv, text=text, seconds=seconds, check=False, env=env)

    def json(self, *words):
        done = self.cli(*words, options=["--json"])
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise RigError(
                f"twicket --json {' '.join(words)} said no JSON ({done.returncode}): "
                f"{done.stdout[:500]}{done.stderr[:500]}"
            ) from None

    def connected(self, nodes=1):
        """So many sources are there, and their first snapshots were taken in."""
        done = self.cli("status", options=["--json"])
        found = json.loads(done.stdout)["nodes"] if done.returncode == 0 else []
        adopted = self.query("SELECT 1 FROM node WHERE adopted=1")
        return sum(n["connected"] for n in found) >= nodes and len(adopted) >= nodes

    def wait_connected(self, seconds=20, nodes=1):
        try:
            return wait_for("the source is connected and its snapshot taken in", lambda: self.connected(nodes), seconds)
        except RigError as e:
            raise RigError(f"{e}\n{self.process.tail(25)}") from None

    def query(self, sql):
        """A look into the store, read-only and as its owner, for what no command tells."""
        path = self.state / "twicket.db"
        if not path.exists():
            return []
        done = run_as(
            self.place, ["sqlite3", "-readonly", "-json", "-cmd", ".timeout 5000", path, sql], check=False
        )
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else []

    def decided(self):
        """Texts of the posts that were decided and not cancelled, in order."""
        rows = self.query(f"SELECT text FROM post WHERE kind={POST_SAY} AND state<>5 ORDER BY id")
        return [row["text"] for row in rows]

    def unsettled(self):
        return self.query(
            f"SELECT id, state, reason FROM post WHERE kind={POST_SAY} AND state NOT IN ({POST_SENT},5,6)"
        )


def tag_of(text):
    found = re.search(r"#(T[23456789BCDFGHJKMNPQRSTVWXZ]{3})\b", text)
    return found.group(1) if found else None
