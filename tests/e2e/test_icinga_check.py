"""`twicket check --online` of an Icinga 2: each thing that can be wrong with TLS, login and permissions, in plain words."""

import base64
import contextlib
import http.server
import json
import os
import ssl
import subprocess
import threading

import pytest

from proc import Cleanup, Place, free_port, run_as
from rig import agent_folder

NODE = "icinga.example.net"
PASSWORD = "a pass word"
NEEDED = [
    "status/query", *(f"objects/query/{kind}" for kind in ("Host", "Service", "Comment", "Downtime", "Dependency")),
    "events/*", "actions/*"]
CONFIG = """
accounts = {{ dry = {{ network = "file"; handle = "{folder}/posts"; }}; }};
audiences = {{ public = {{ accounts = [ "dry" ]; }}; }};
state_dir = "{folder}";
icinga2 = {{ {icinga} }};
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

pytestmark = pytest.mark.alone


def openssl(folder, *words):
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def sign(folder, name, days, alternative=""):
    (folder / "ext").write_text(alternative or "extendedKeyUsage=clientAuth\n")
    openssl(folder, "req", *KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", str(days), "-extfile", "ext", "-out", f"{name}.crt")


class Api(http.server.BaseHTTPRequestHandler):
    """What Icinga 2 answers, as measured: its list of permissions, and 404 for one that is missing."""

    protocol_version = "HTTP/1.1"
    permissions, asked, broken = NEEDED, [], None

    def user(self):
        """By certificate, else by password, else nobody."""
        subject = dict(part[0] for part in (self.connection.getpeercert() or {}).get("subject", ()))
        if subject.get("commonName") == "agent":
            return "by-certificate"
        login = "Basic " + base64.b64encode(f"twicket:{PASSWORD}".encode()).decode()
        return "twicket" if self.headers.get("Authorization") == login else ""

    def answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        cls = type(self)
        cls.asked.append((self.path, self.headers.get("Accept")))
        if cls.broken:
            self.answer(*cls.broken)
        elif not self.user():
            self.answer(401, {"error": 401, "status": "Unauthorized. Please check your user credentials."})
        elif self.path == "/v1":
            self.answer(200, {"results": [{"user": self.user(), "permissions": cls.permissions, "version": cls.version}]})
        elif self.path == "/v1/status/IcingaApplication":
            app = {"app": {"node_name": NODE, "version": "r2.13.6-1"}}
            self.answer(200, {"results": [{"status": {"icingaapplication": app}}]})
        else:
            self.answer(404, {"error": 404, "status": "No objects found."})

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{NODE}.crt", folder / f"{NODE}.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # a handshake that is refused
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Check:
    def __init__(self, place, port):
        self.place, self.port = place, port
        self.dir = place.folder("check", 0o700)
        openssl(self.dir, "req", "-x509", *KEY, "-subj", "/CN=Icinga CA", "-days", "60", "-keyout", "ca.key", "-out", "ca.crt")
        openssl(self.dir, "req", "-x509", *KEY, "-subj", "/CN=Icinga CA", "-days", "60", "-keyout", "o.key", "-out", "other.crt")
        sign(self.dir, NODE, 60, f"subjectAltName=DNS:{NODE}\n")
        sign(self.dir, "agent", 60)
        sign(self.dir, "late", 10)
        for path in self.dir.iterdir():
            place.give(path)
        place.write("check/pass", PASSWORD + "\n", 0o600)
        place.write("check/wrong", "wrong\n", 0o600)
        place.write("check/open", PASSWORD + "\n", 0o644)

    def as_user(self, argv):
        return run_as(self.place, argv, check=False, seconds=60)

    def as_root(self, argv):
        return subprocess.run(argv, capture_output=True, text=True, timeout=60)

    def run(self, *words, runner=None, **changes):
        """Exit status and all that it says; in a value, @ is the folder."""
        settings = {"url": f"https://127.0.0.1:{self.port}", "node": NODE, "ca_file": "@/ca.crt", "password_file": "@/pass"}
        settings = {k: v for k, v in {**settings, **changes}.items() if v is not None}
        keys = " ".join(f'{key} = "{value}";' for key, value in settings.items()).replace("@", str(self.dir))
        config = self.place.write("check/twicket.cfg", CONFIG.format(folder=self.dir, icinga=keys))
        twicket = self.place.copy(agent_folder() / "twicket", "twicket")
        done = (runner or self.as_user)([twicket, "-c", config, "check", *words])
        assert PASSWORD not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def check():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        checker = Check(place, 0)
        checker.port = cleanup.enter_context(serving(checker.dir))
        yield checker


@pytest.fixture(autouse=True)
def as_it_should():
    Api.permissions, Api.asked, Api.broken, Api.version = NEEDED, [], None, "r2.13.6-1"


BY_CERTIFICATE = {"password_file": None, "cert_file": "@/agent.crt", "key_file": "@/agent.key"}


def test_well(check):
    status, said = check.run("--online")
    assert status == 0 and f"{NODE}: Icinga r2.13.6-1, as twicket\n" in said, said
    assert Api.asked == [("/v1", "application/json"), ("/v1/status/IcingaApplication", "application/json")]
    status, said = check.run("--online", **BY_CERTIFICATE)
    assert status == 0 and "as by-certificate\n" in said and ", by certificate\n" in said, said


def test_nobody_is_asked_without_online(check):
    status, said = check.run()
    assert status == 0 and f"{NODE} at 127.0.0.1:{check.port}, by password" in said, said
    assert Api.asked == []


@pytest.mark.parametrize("changes, expected", [
    ({"ca_file": "@/none.crt"}, "there is no ca_file "),
    ({"ca_file": "@/other.crt"}, "its certificate is of another CA than ca_file ("),
    ({"node": "other.example.net"}, "its certificate has another name: set node to what `icinga2 variable get NodeName` says"),
    ({"url": f"https://127.0.0.1:{free_port()}"}, "cannot be reached at 127.0.0.1:"),
    ({"password_file": "@/wrong"}, 'the password of the ApiUser "twicket"?'),
    ({"user": "bob"}, 'the password of the ApiUser "bob"?'),
    ({"password_file": "@/none"}, "no password yet: one line in "),
    ({"password_file": "@/open"}, "has mode 0644, so others can read it: chmod 0600"),
    ({**BY_CERTIFICATE, "cert_file": "@/late.crt", "key_file": "@/late.key"}, 'no ApiUser has client_cn = "late"'),
    ({**BY_CERTIFICATE, "key_file": "@/late.key"}, "cert_file and key_file cannot be used: "),
    ({**BY_CERTIFICATE, "cert_file": "@/pass"}, "holds no certificate in PEM"),
    ({**BY_CERTIFICATE, "cert_file": "@/none.crt"}, "none.crt: No such file"),
    ({**BY_CERTIFICATE, "key_file": "@/none.key"}, "key_file: there is no "),
])
def test_what_is_wrong(check, changes, expected):
    status, said = check.run("--online", **changes)
    assert status == 1 and expected in said and f"twicket.cfg:5: icinga2 {changes.get('node', NODE)}: " in said, said
    assert "1 error" in said, said


def test_no_login_leaves_before_the_name_is_sure(check):
    for changes in ({"ca_file": "@/other.crt"}, {"node": "other.example.net"}):
        check.run("--online", **changes)
    assert Api.asked == []


def test_a_certificate_that_ends_soon(check):
    status, said = check.run(**BY_CERTIFICATE | {"cert_file": "@/late.crt", "key_file": "@/late.key"})
    assert status == 0 and "late.crt expires within 10 days, and nobody renews it" in said, said


def test_a_key_for_everybody(check):
    os.chmod(check.dir / "agent.key", 0o644)
    status, said = check.run(**BY_CERTIFICATE)
    os.chmod(check.dir / "agent.key", 0o600)
    assert status == 1 and "agent.key has mode 0644, so others can read it" in said, said


@pytest.mark.skipif(os.getuid() != 0, reason="only root reads what twicketd cannot")
def test_root_asks_for_the_agent(check):
    check.place.write("check/of-root", PASSWORD + "\n", 0o600)
    os.chown(check.dir / "of-root", 0, 0)
    status, said = check.run("--online", runner=check.as_root, password_file="@/of-root")
    assert status == 1 and f"runs as {check.place.user}, cannot read {check.dir}/of-root: give it" in said, said
    assert "1 error" in said and "as twicket" in said, said
    status, said = check.run("--online", runner=check.as_root)
    assert status == 0, said


def test_each_missing_permission(check):
    Api.permissions = ["objects/query/Host", "objects/query/serv* (filtered)", "events/*", "actions/a*"]
    status, said = check.run("--online")
    assert status == 1, said
    for what, permission in (("read the status", "status/query"), ("read comments", "objects/query/Comment"),
                             ("read downtimes", "objects/query/Downtime"),
                             ("read dependencies", "objects/query/Dependency"),
                             ("take an acknowledgement back", "actions/remove-acknowledgement")):
        assert f'the ApiUser twicket may not {what}: add "{permission}" to its permissions' in said, said
    assert "5 errors" in said and '`recheck` by reply wants "actions/reschedule-check"' in said, said
    assert [path for path, _ in Api.asked] == ["/v1"]


def test_what_one_can_do_without(check):
    Api.permissions = NEEDED[:-1] + ["actions/acknowledge-problem", "actions/remove-acknowledgement", "actions/add-comment"]
    status, said = check.run("--online")
    assert status == 0 and '; `downtime` by reply wants "actions/schedule-downtime";' in said, said


@pytest.mark.parametrize("version,rc", [("r2.12.10-1", 1), ("r2.13.0", 0), ("r2.14.2-1", 0), ("r3.0.0", 0), ("r1.9", 1), ("v2.13", 0)])
def test_how_old_it_is(check, version, rc):
    Api.version = version
    status, said = check.run("--online")
    assert (status, "2.13 is the oldest" in said) == (rc, rc == 1), said


@pytest.mark.parametrize("broken", [(503, b"{}"), (200, b"<html>"), (200, {"results": []}), (200, {"results": [{}]})])
def test_no_icinga(check, broken):
    Api.broken = broken
    status, said = check.run("--online")
    assert status == 1 and f"is no API of an Icinga 2 ({broken[0]})" in said and "1 error" in said, said
