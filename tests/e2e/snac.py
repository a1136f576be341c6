"""A real snac: a small server that speaks the Mastodon API, with three users of ours.

Started by the rig as an ordinary user on a free loopback port. Its quirks are those of snac 2.75.
"""

import json
import re
import secrets
import urllib.parse
import urllib.request

from client import Client
from proc import PATIENCE, Process, free_port, port_open, run_as

USERS = ("status", "alice", "mallory")


def authorise(url, user, password):
    """What a person does in the browser at the address of `twicket auth`: logs in, copies the code."""
    with urllib.request.urlopen(url, timeout=10 * PATIENCE) as page:
        html = page.read().decode()
    form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', html))
    action = re.search(r'<form[^>]*action="([^"]+)"', html).group(1)
    form.update(login=user, passwd=password)
    answer = urllib.request.urlopen(
        urllib.parse.urljoin(url, action), urllib.parse.urlencode(form).encode(), timeout=10 * PATIENCE
    )
    text = re.sub("<[^>]+>", " ", answer.read().decode())
    return re.search(r"\b[0-9a-f]{32}\b", text).group(0)


class Snac:
    """A server and its users; client(name) speaks for one of them."""

    kind = "snac"

    def __init__(self, place, users=USERS, name="snac"):
        self.place = place
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.host = f"127.0.0.1:{self.port}"
        self.tokens, self.passwords = {}, {}
        self.process = None
        self.dir = place.path / name
        run_as(place, ["snac", "init", self.dir], text=f"127.0.0.1\n{self.port}\n{self.host}\n\n\n")
        config = json.loads((self.dir / "server.json").read_text())
        config.update(protocol="http", num_threads=16, disable_sandbox=True, queue_retry_minutes=1)
        place.write(self.dir / "server.json", json.dumps(config, indent=4))
        for user in users:
            self.add_user(user)

    def add_user(self, user):
        """A user, and a token as a finished log-in would have left it."""
        said = run_as(self.place, ["snac", "adduser", self.dir, user]).stdout
        self.passwords[user] = re.search(r"password is (\S+)", said).group(1)
        token = secrets.token_hex(16)
        record = {
            "token": token,
            "client_id": secrets.token_hex(8),
            "client_secret": secrets.token_hex(16),
            "uid": user,
            "code": "",
        }
        self.place.folder(f"{self.name}/token", 0o700)
        self.place.write(self.dir / "token" / f"{token}.json", json.dumps(record), 0o600)
        self.tokens[user] = token

    def start(self):
        self.process = Process(self.place, self.name + "-out", ["snac", "httpd", self.dir])
        self.process.wait_ready("snac listens", lambda: port_open(self.port))
        self.client("status").call("PATCH", "/api/v1/accounts/update_credentials", {"bot": "true"})
        return self

    def stop(self):
        if self.process:
            self.process.stop(15)

    def handle(self, user):
        return f"{user}@{self.host}"

    def client(self, user):
        return Client(self.url, self.tokens[user], user)
