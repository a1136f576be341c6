"""One job of a ticket desk over the wire, `twicket check` of its configuration, and a webhook's receiver."""

import json
import os
import subprocess
import urllib.request

from proc import run_as
from rig import Script, agent_folder, build_folder

TOOL = "desk_job"
SECRET = "0123456789abcdef-secret"  # of the webhook
CONFIG = """
accounts = {{ dry = {{ network = "file"; handle = "{folder}/posts"; }}; }};
audiences = {{ public = {{ accounts = [ "dry" ]; }}; }};
state_dir = "{folder}";
desk = {{ {desk} }};
"""


def tool():
    """It is always the sanitised one, wherever the agent under test comes from."""
    for folder in (agent_folder(), build_folder() / "asan"):
        if (folder / TOOL).exists():
            return folder / TOOL
    raise FileNotFoundError(f"{TOOL} is not built: make e2e-build")


class Desk:
    """settings: type, url, queue, token, from, ca_file."""

    def __init__(self, place, **settings):
        self.place = place
        self.settings = settings

    def job(self, type, at=None, **job):
        """Runs it, `at` another address; the result with its items. The token is in none of it."""
        desk = {**self.settings, **({"url": at} if at else {})}
        given = json.dumps({"desk": desk, "job": {"type": type, **job}})
        env = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
        done = subprocess.run([tool()], input=given, capture_output=True, text=True, timeout=150, env=env)
        assert done.returncode == 0, done.stderr
        secret = self.settings.get("token", "").split(":")[-1]
        assert not secret or secret not in done.stdout + done.stderr
        return json.loads(done.stdout)

    def check(self, **other):
        """`twicket check --online`: exit status and all that it says."""
        settings = {**self.settings, **other}
        token = settings.pop("token", "")
        folder = self.place.folder("check", 0o700)
        if token:
            settings["token_file"] = str(self.place.write("check/token", token + "\n", 0o600))
        keys = " ".join(f'{key} = "{value}";' for key, value in settings.items())
        config = self.place.write("check/twicket.cfg", CONFIG.format(folder=folder, desk=keys))
        twicket = self.place.copy(agent_folder() / "twicket", "twicket")
        done = run_as(self.place, [twicket, "-c", config, "check", "--online"], check=False, seconds=90)
        assert not token or token not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr


class Hook(Script):
    """tests/fake/webhook.py: what it did, and how it answers next."""

    def __init__(self, place):
        super().__init__(place, "webhook.py", "--secret", SECRET)

    def done(self):
        with urllib.request.urlopen(self.url + "/_fake/tickets", timeout=10) as answer:
            return json.loads(answer.read())

    def script(self, *answers):
        data = json.dumps({"answers": answers}).encode()
        urllib.request.urlopen(self.url + "/_fake/script", data, timeout=10).close()
