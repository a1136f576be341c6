"""No secret of a rig is where somebody else could read it: R10 of GOALS.md.

Every secret that the rig gives to the agent is searched in all that its processes show and write, at debug
level and after what provokes error texts. Counted is what was looked at; only the token files may match.
"""

import os
import stat

import pytest

from nagios import CRITICAL, OK
from proc import run_as
from rig import agent_folder, quick_config
from test_health import PLUGIN_HOSTS

TOKEN = "token-status"  # the fake server's
DESK = "desk-hook-secret-4f1c9e27d803"
X_TOKEN = "x-access-token-93ac51e07b6d x-access-secret-0d1f77a2c9e4"
APP = ("x-app-key-58e2b7c10f3a", "x-app-secret-c7d94a6e1b20")
LEAKS = "/proc/{pid}/cmdline", "/proc/{pid}/environ"


class Search:
    """What was looked at, and what it held that it must not."""

    def __init__(self, secrets):
        self.secrets = [s.encode() for s in secrets]
        self.looked = {}
        self.found = []

    def look(self, kind, name, data):
        data = data.encode() if isinstance(data, str) else data
        self.looked[kind] = self.looked.get(kind, 0) + 1
        self.found += [f"{kind} {name}: {s[:12].decode()}…" for s in self.secrets if s in data]

    def line(self):
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.looked.items())
        return f"R10: {len(self.secrets)} secrets, 0 found in {kinds}"


def configuration(rig):
    """Both networks and a desk, so that there are secrets of all kinds."""
    config = quick_config(rig.server)
    config["accounts"]["bird"] = {"network": "x", "handle": "examplenet", "url": "http://127.0.0.1:9"}
    config["audiences"]["birds"] = {"use": "public", "accounts": ["bird"]}
    config["desk"] = {"type": "webhook", "url": "http://127.0.0.1:9/hook",
                      "token_file": f"{rig.place.path}/desk.secret"}
    config["log"] = "debug"
    config["metrics_file"] = f"{rig.place.path}/twicket.prom"
    return config


@pytest.fixture
def rig(make_rig, fake):
    rig = make_rig(server=fake, hosts=PLUGIN_HOSTS, start=False, config=configuration)
    rig.place.write("desk.secret", DESK + "\n", 0o600)
    rig.agent.token("bird", X_TOKEN)
    rig.agent.token("bird.app", "\n".join(APP))
    os.chmod(rig.place.copy(agent_folder() / "check_twicket", "check_twicket"), 0o755)
    return rig


def provoke(rig, search):
    """An incident from end to end, a server that repeats the token at us, files with wrong modes."""
    rig.start()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.wait("it is told", rig.server.posts, 30, 0.1)
    look_at_processes(rig, search)
    code = rig.agent.cli("people", "enrol", "alice").stdout.strip()
    assert len(code) == 10
    search.secrets.append(code.encode())
    rig.server.script({"method": "GET", "count": 50, "status": 401,
                       "body": f'{{"error": "The access token {TOKEN} was revoked"}}'})
    rig.wait("the refused login is said", lambda: "no login" in rig.agent.cli("status").stdout, 40, 0.3)
    rig.nagios.service("mx1", "SMTP", OK)
    token = rig.agent.state / "auth/status"
    token.chmod(0o644)
    rig.agent.reload()
    rig.wait("the wrong mode is said", lambda: "so others can" in rig.agent.log(), 30, 0.2)
    token.chmod(0o600)


def look_at_processes(rig, search):
    """The agent, the core and its children: whoever names the rig's folder, helpers of the tests apart."""
    run = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            exe = os.readlink(f"/proc/{pid}/exe")
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if str(rig.place.path).encode() not in f.read() or "python" in exe:
                    continue
            for leak in LEAKS:
                with open(leak.format(pid=pid), "rb") as f:
                    search.look("arguments and environments of processes", f"{exe} {leak}", f.read())
            run += 1
        except OSError:
            continue
    assert run >= 2, "neither the agent nor the core was looked at"
    limits = open(f"/proc/{rig.agent.process.pid}/limits").read()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"], core
    # not dumpable: the files of its /proc entry belong to root, whoever runs it
    assert os.stat(f"/proc/{rig.agent.process.pid}/environ").st_uid == 0 != rig.place.uid


ANSWERS = [["status"], ["status", "--metrics"], ["list", "--all"], ["queue"], ["audit"], ["people"], ["check"],
           ["preview", "mx1", "SMTP"], ["report"]]


def look_at_answers(rig, search):
    tag = rig.agent.query("SELECT tag FROM incident LIMIT 1")[0]["tag"]
    for words in [*ANSWERS, ["show", tag], ["show", tag, "--md"], ["show", tag, "--html"], ["auth", "nobody"]]:
        for options in ([], ["--json"]):
            done = rig.agent.cli(*words, options=options)
            search.look("answers", " ".join([*options, *words]), done.stdout + done.stderr)
    done = run_as(rig.place, [rig.place.path / "check_twicket", "-v", "-r", rig.agent.run], check=False,
                  env={"ASAN_OPTIONS": "detect_leaks=0"})
    search.look("answers", "check_twicket -v", done.stdout + done.stderr)


def look_at_files(rig, search):
    """All that stands in the rig's folder: log, store, metrics, status file, pipes apart; and who may read what."""
    ours = {"status", "bird", "bird.app", "desk.secret"}
    for folder, _, names in os.walk(rig.place.path):
        for path in (os.path.join(folder, name) for name in names):
            mode = os.lstat(path).st_mode
            if not stat.S_ISREG(mode) or "/fake/" in path or path.endswith(("fake.log", ".so")):
                continue
            if os.path.basename(path) in ours:
                assert stat.S_IMODE(mode) == 0o600, path
                with open(path, "rb") as f:
                    data = f.read()
                assert any(s in data for s in search.secrets), f"{path} has none of what is searched"
            elif "/state/" in path:
                assert not mode & 0o077, f"{path} is readable by others"
            if os.path.basename(path) not in ours:
                with open(path, "rb") as f:
                    search.look("files", path, f.read())
    assert stat.S_IMODE(os.stat(rig.agent.state).st_mode) == 0o700


def test_secrets(rig, record_property):
    search = Search([TOKEN, DESK, *X_TOKEN.split(), *APP])
    provoke(rig, search)
    look_at_answers(rig, search)
    rig.agent.stop()  # all that it says is in the log now
    look_at_files(rig, search)
    assert search.found == []
    assert search.looked["files"] >= 10 and search.looked["answers"] >= 20
    record_property("goal", search.line())
