"""The scripted Icinga 2 of tests/fake in the place of the real one, and its control calls.

Used by test_icinga_fake.py and test_icinga_unack.py. Answers to those verbs of icinga.py's Icinga that the rig needs.
"""

import json
import ssl

import authority
from icinga import NODE, Connection
from proc import PATIENCE
from rig import Script

PASSWORD = "secret of the fake"


class FakeIcinga:
    """node: what it is called; shows: of which node the certificate is that it shows."""

    def __init__(self, place, hosts, name="icinga", node=NODE, shows=None, **_):
        self.place, self.name, self.node, self.process = place, name, node, None
        self.keys = authority.keys((NODE, "another"))
        folder = f"fake-{name}"
        place.folder(folder)
        self.ca_file = place.write(f"{folder}/ca.crt", self.keys["ca.crt"])
        self.password_file = place.write(f"{folder}/password", PASSWORD + "\n", 0o600)
        files = {kind: place.write(f"{folder}/{kind}", self.keys[f"{shows or node}.{kind}"], 0o600)
                 for kind in ("crt", "key")}
        watched = {host: {service: words.get("_TWICKET_PUBLIC", "") for service, words in settings.get("services", {}).items()}
                   for host, settings in hosts.items()}
        watched = place.write(f"{folder}/hosts", json.dumps(watched))
        # started at once: the configuration names its port
        self.process = Script(place, "icinga.py", "--cert", files["crt"], "--key", files["key"], "--password", PASSWORD,
                              "--hosts", watched, name=name + "-out")
        self.port = self.process.port
        self.url = f"https://127.0.0.1:{self.port}"
        self.context = ssl.create_default_context(cadata=self.keys["ca.crt"])
        self.context.check_hostname = False

    def group(self, **more):
        return {"url": self.url, "node": self.node, "password_file": self.password_file, "ca_file": self.ca_file, **more}

    def start(self):
        return self

    def stop(self):
        self.process.stop()

    def log(self):
        """What it was asked last."""
        asked = self.control("log")[-40:] if self.process.running() else []
        return self.process.text() + "".join(f"{a['method']} {a['path']} {a['body'][:120]}\n" for a in asked)

    def control(self, word, given=None):
        connection = Connection(self.port, self.node, self.context, 20 * PATIENCE)
        try:
            data = json.dumps(given) if given is not None else None
            connection.request("GET" if data is None else "POST", "/_fake/" + word, data)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            assert answer.status == 200, told
            return told
        finally:
            connection.close()

    def asked(self, path, method=""):
        """Requests of the agent, oldest first."""
        return [a for a in self.control("log") if a["path"].startswith(path) and a["method"].startswith(method)]

    def script(self, *answers):
        self.control("script", {"answers": list(answers)})

    def service(self, host, service, state, output="from the test", **more):
        self.control("state", {"host": host, "service": service, "state": state, "output": output, **more})

    def host(self, host, state, output="from the test", **more):
        self.control("state", {"host": host, "state": state, "output": output, **more})

    def acknowledge(self, host, service=None, author="carol", text="mine"):
        self.control("ack", {"host": host, "service": service or "", "author": author, "text": text})

    def objects(self, kind):
        return self.control("world")["objects"][kind]

    def acknowledged(self, host, service=None):
        name = f"{host}!{service}" if service else host
        return bool(self.objects("services" if service else "hosts")[name]["acknowledgement"])

    def comments(self, host=None, service=None):
        """In the words of Nagios' status.dat."""
        return [{"author": c["author"], "comment_data": c["text"], "entry_type": str(c["entry_type"])}
                for c in self.objects("comments").values()
                if host is None or (c["host_name"], c["service_name"]) == (host, service or "")]
