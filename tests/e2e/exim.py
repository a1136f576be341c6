"""A real Exim: takes mail for help@example.net into a folder, with and without TLS and a login.

Started by the rig as an ordinary user on free loopback ports. It must never pass a mail on.
"""

import email
import email.policy
import shutil
import socket
import subprocess

from proc import Process, free_port, port_open, wait_for

CONFIG = """
primary_hostname = mx.example.net
domainlist local_domains = example.net
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
pid_file_path = {dir}/exim.pid
exim_user = {uid}
exim_group = {gid}
never_users =
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {dir}/cert.pem
tls_privatekey = {dir}/key.pem
auth_advertise_hosts = *
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
begin acl
rcpt:
  accept local_parts = help
  accept local_parts = private
         authenticated = *
  defer  local_parts = busy
  deny   message = nobody of that name
begin routers
all:
  driver = accept
  transport = folder
begin transports
folder:
  driver = appendfile
  maildir_format
  create_directory
  directory = {dir}/mail
  user = {uid}
  group = {gid}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{bob}}}}{{eq{{$auth3}}{{correct-horse}}}}}}}}
  server_set_id = $auth2
"""


def missing():
    """Why there can be none, "" when there can."""
    return "" if shutil.which("exim4", path="/usr/sbin:/usr/bin") else "no exim4"


class Exim:
    """url and tls_url; mails() are those that it has taken."""

    def __init__(self, place):
        self.place = place
        self.port, self.tls_port = free_port(), free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.tls_url = f"smtps://127.0.0.1:{self.tls_port}"
        self.dir = place.folder("exim")
        place.folder("exim/spool")
        place.folder("exim/mail")
        self.make_certificate()
        self.config = place.write("exim/exim.conf", CONFIG.format(
            dir=self.dir, uid=place.uid, gid=place.gid, port=self.port, tls_port=self.tls_port))
        self.process = None

    def make_certificate(self):
        key, cert = self.dir / "key.pem", self.dir / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                        "-days", "2", "-subj", "/CN=mx", "-addext", f"subjectAltName=DNS:localhost,DNS:{socket.gethostname()},IP:127.0.0.1"],
                       check=True, capture_output=True, timeout=60)
        self.place.give(key)
        self.place.give(cert)
        self.ca_file = str(cert)

    def start(self):
        self.process = Process(self.place, "exim-out", ["/usr/sbin/exim4", "-C", self.config, "-bdf"])
        self.process.wait_ready("exim listens", lambda: port_open(self.port) and port_open(self.tls_port))
        return self

    def stop(self):
        if self.process:
            self.process.stop()

    def named_url(self):
        """An address of ours that is not plainly this machine, so that STARTTLS is wanted; "" = there is none."""
        try:
            here = socket.gethostbyname(socket.gethostname())
        except OSError:
            here = ""
        return f"smtp://{socket.gethostname()}:{self.port}" if here == "127.0.0.1" else ""

    def raw(self):
        return [path.read_bytes() for path in sorted((self.dir / "mail").glob("new/*"))]

    def mails(self, count):
        """So many mails, or RigError; in the order of their Message-IDs."""
        wait_for(f"{count} mails", lambda: len(self.raw()) >= count)
        found = [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw()]
        assert len(found) == count
        return sorted(found, key=lambda mail: mail["Message-ID"])
