#!/usr/bin/python3 -B
"""A newcomer's first hour: a clean Debian, the packages, README's commands as they stand there, a first post.

    tests/package/first_post.py DEBS [--base TAR] [--keep]

As root. Boots a Debian 12 of debootstrap with systemd in a container (systemd-nspawn), installs nagios4-core and
snac2 and the packages in the folder DEBS (`make deb`), runs what README says, and prints how long the first post
took. Then an acknowledgement by reply, an upgrade, a newer store, a purge. --base: keeps the bare root as a
tar file there, and takes it when it is there. It must never touch the machine's own Nagios or packages.
"""

import argparse
import json
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))

from client import Client, plain  # noqa: E402
from proc import free_port, wait_for  # noqa: E402
from snac import authorise  # noqa: E402

FIRST_POST_S = 60  # the goal, from README's last command on
EXPOSURE = 2.0  # systemd-analyze security: at most
SUITES = "bookworm"
PACKAGES = "systemd,systemd-sysv,dbus,sudo,ca-certificates,netbase"
SERVICE = """\
define service {
    use                  generic-service
    host_name            localhost
    service_description  SMTP
    check_command        check_tcp_local
    check_interval       1
    retry_interval       1
    max_check_attempts   1
    _TWICKET_PUBLIC      E-mail
}
define command {
    command_name  check_tcp_local
    command_line  /bin/sh /root-of-test/check
}
"""


def say(text):
    print(f"first_post: {text}", flush=True)


class Root:
    """A booted Debian; run() runs a command in it."""

    def __init__(self, base):
        self.path = Path(tempfile.mkdtemp(prefix="twicket-root."))
        self.nspawn = self.leader = None
        if base and base.exists():
            subprocess.run(["tar", "-xf", base, "-C", self.path], check=True)
        else:
            self._bootstrap(base)
        # sudo looks its host up, by the name of the machine that nsenter comes from
        (self.path / "etc/hosts").write_text(f"127.0.0.1 localhost mon1 {socket.gethostname()}\n::1 localhost\n")

    def _bootstrap(self, base):
        sources = Path("/etc/apt/sources.list.d/debian.sources").read_text()
        mirror = re.search(r"(?m)^URIs: (\S+)", sources).group(1)
        say("debootstrap")
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITES, self.path, mirror],
                       check=True, stdout=subprocess.DEVNULL)
        (self.path / "etc/apt/sources.list").write_text(
            f"deb {mirror} {SUITES} main\ndeb {mirror} {SUITES}-backports main\n")
        for name in ("/etc/apt/apt.conf.d", "/etc/resolv.conf"):
            self._copy(Path(name))
        if base:
            subprocess.run(["tar", "-cf", base, "-C", self.path, "."], check=True)

    def _copy(self, source):
        """How this machine reaches its packages (a proxy, say) is how the container does."""
        if source.is_dir():
            for path in source.glob("*proxy*"):
                shutil.copy(path, self.path / str(path).lstrip("/"))
        elif source.exists():
            target = self.path / str(source).lstrip("/")
            target.unlink(missing_ok=True)
            shutil.copy(source, target)

    def boot(self):
        argv = ["systemd-nspawn", "-q", "-D", self.path, "-b", "--register=no", "--keep-unit", "--console=pipe",
                "--resolv-conf=off", "--hostname=mon1"]
        self.nspawn = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.leader = wait_for("the container's first process", self._child, 20)
        wait_for("systemd is up", lambda: self.run("systemctl is-system-running", check=False).stdout.strip()
                 in ("running", "degraded"), 90, 0.5)

    def _child(self):
        path = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children")
        children = path.read_text().split() if path.exists() else []
        return children[0] if children else None

    def argv(self, command):
        return ["nsenter", "-t", self.leader, "-m", "-u", "-i", "-p", "-r", "-w", "--", "/usr/bin/env", "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8",
                "DEBIAN_FRONTEND=noninteractive", "http_proxy=", "/bin/sh", "-c", f"cd /root && {command}"]

    def run(self, command, check=True, text=None, seconds=600):
        done = subprocess.run(self.argv(command), input=text, capture_output=True, text=True, timeout=seconds)
        if check and done.returncode:
            print(self.run("journalctl -n 40 --no-pager -o cat", check=False).stdout[-4000:])
            raise SystemExit(f"first_post: {command}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def write(self, name, text):
        (self.path / name.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name.lstrip("/")).write_text(text)

    def read(self, name):
        return (self.path / name.lstrip("/")).read_text(errors="replace")

    def close(self):
        if self.nspawn and self.nspawn.poll() is None:
            self.nspawn.terminate()  # nspawn powers the container off
            try:
                self.nspawn.wait(60)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
        shutil.rmtree(self.path, ignore_errors=True)


class Server:
    """snac in the container, whose network is this machine's loopback."""

    def __init__(self, root):
        self.root, self.port = root, free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.tokens, self.passwords = {}, {}
        root.run("useradd -m snac")
        run = "sudo -u snac "
        root.run(run + "snac init /home/snac/data", text=f"127.0.0.1\n{self.port}\n{self.host}\n\n\n")
        config = json.loads(root.read("/home/snac/data/server.json"))
        config.update(protocol="http", disable_sandbox=True)
        root.write("/home/snac/data/server.json", json.dumps(config))
        for user in ("status", "alice"):
            said = root.run(run + f"snac adduser /home/snac/data {user}").stdout
            self.passwords[user] = re.search(r"password is (\S+)", said).group(1)
        token = secrets.token_hex(16)
        root.write(f"/home/snac/data/token/{token}.json", json.dumps(
            {"token": token, "client_id": "x", "client_secret": "x", "uid": "alice", "code": ""}))
        root.run("chown -R snac: /home/snac")
        root.run("systemd-run -q --unit=snac --uid=snac snac httpd /home/snac/data")
        self.alice = Client(self.url, token, "alice")
        wait_for("snac answers", self._answers, 30, 0.3)
        self.status_id = self.alice.get("/api/v1/accounts/lookup?acct=status")["id"]

    def _answers(self):
        try:
            return self.alice.me
        except OSError:
            return None

    def posts(self):
        found = self.alice.get(f"/api/v1/accounts/{self.status_id}/statuses?limit=40")
        return [(plain(s["content"]), s) for s in found]


def readme():
    """(the configuration of the first screen, the commands of "Ten minutes" in order)."""
    text = (TOP / "README.md").read_text()
    config = re.search(r"/etc/twicket/twicket\.cfg:\n\n((?:    .*\n)+)", text).group(1)
    part = text.split("### Ten minutes")[1].split("\n### ")[0]
    return re.sub(r"(?m)^    ", "", config), re.findall(r"(?m)^ {7}(sudo .*?)\s*$", part), \
        re.search(r"(?m)^ {7}(broker_module=\S+)", part).group(1)


def log_in(root, server, command):
    """The command's address is opened, its code typed in."""
    process = subprocess.Popen(root.argv(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    said = ""
    for line in process.stdout:
        said += line
        address = re.search(r"https?://\S+authorize\S+", line)
        if address:
            process.stdin.write(authorise(address.group(0), "status", server.passwords["status"]) + "\n")
            process.stdin.close()
    if process.wait(60):
        raise SystemExit(f"first_post: {command}\n{said}")


def configure(root, server, config, broker):
    ours = config.replace("social.example.org", server.host).replace("chaos.example", server.host)
    root.write("/etc/twicket/twicket.cfg", ours)
    main = root.read("/etc/nagios4/nagios.cfg")
    root.write("/etc/nagios4/nagios.cfg", main + f"\n{broker}\n")
    root.write("/etc/nagios4/conf.d/public.cfg", SERVICE)
    root.write("/root-of-test/check", "cat /root-of-test/says; exit $(cat /root-of-test/state)\n")
    root.write("/root-of-test/says", "fine\n")
    root.write("/root-of-test/state", "0\n")


def wait_post(server, what, words, seconds):
    began = time.monotonic()
    post = wait_for(what, lambda: next(((t, s) for t, s in server.posts() if words in t), None), seconds, 0.5)
    return post, time.monotonic() - began


def main_path(root, server):
    config, commands, broker = readme()
    root.run("usermod -s /bin/sh root")
    for command in commands:
        say("$ " + command)
        if "apt install" in command:
            root.run(command.replace("apt install", "apt-get install -y"))
            configure(root, server, config, broker)
        elif " auth " in command:
            log_in(root, server, command)
        else:
            done = root.run(command, check="check" not in command)
            print("".join("    " + line + "\n" for line in (done.stdout + done.stderr).splitlines()), end="")
            if "restart nagios4" in command:  # the next command is typed seconds later
                wait_for("the module is connected", lambda: "connected" in root.run("twicket status").stdout, 30, 0.5)
    _, took = wait_post(server, "the first post", "told here from now on", FIRST_POST_S)
    say(f"first post {took:.1f} s after the last command (at most {FIRST_POST_S})")


def loop(root, server):
    """The service fails for real, somebody acknowledges it by reply."""
    began = time.monotonic()
    root.write("/root-of-test/says", "connect: Connection refused\n")
    root.write("/root-of-test/state", "2\n")
    (_, problem), _ = wait_post(server, "the problem's post (the public's hold is 2 minutes)", "🔴 E-mail", 300)
    say(f"E-mail is told {time.monotonic() - began:.0f} s after it failed: a check a minute, a hold of 2 minutes")
    server.alice.post("@status ack looking into it", problem["id"])
    wait_for("Nagios has the acknowledgement", lambda: "problem_has_been_acknowledged=1"
             in root.read("/var/lib/nagios4/status.dat"), 90, 0.5)
    say("acknowledged in Nagios by a reply")


def sandbox(root):
    done = root.run("systemd-analyze security --no-pager twicketd")
    exposure = float(re.search(r"Overall exposure level for twicketd.service: ([0-9.]+)", done.stdout).group(1))
    say(f"systemd-analyze security: {exposure} (at most {EXPOSURE})")
    assert exposure <= EXPOSURE
    root.run("sudo -u nagios /usr/lib/nagios/plugins/check_twicket")
    say("check_twicket as nagios: 0")


def pid_of(root, unit):
    return root.run(f"systemctl show -p MainPID --value {unit}").stdout.strip()


def repack(root, name, version):
    """The same package with another version: what an upgrade does to what runs."""
    root.run(f"rm -rf /tmp/re && dpkg-deb -R /root/{name}_*_*.deb /tmp/re && "
             f"sed -i 's/^Version: .*/Version: {version}/; s/(= [^)]*)/(= {version})/' /tmp/re/DEBIAN/control && "
             f"dpkg-deb -b /tmp/re /root/new-{name}.deb")


def upgrade(root, server):
    before, core = pid_of(root, "twicketd"), pid_of(root, "nagios4")
    posts = len(server.posts())
    for name in ("twicket", "twicket-module"):
        repack(root, name, "9.0")
    root.run("dpkg -i /root/new-twicket.deb /root/new-twicket-module.deb")
    wait_for("the agent is back", lambda: "connected" in root.run("twicket status", check=False).stdout, 30, 0.5)
    assert pid_of(root, "twicketd") != before, "the upgrade did not restart the agent"
    assert pid_of(root, "nagios4") == core, "the upgrade touched Nagios"
    assert "alice" in root.run("twicket list").stdout
    assert len(server.posts()) == posts, "the upgrade posted something"
    say("upgrade: agent restarted, Nagios untouched, nothing posted, the incident is still alice's")


def downgrade(root):
    """A store of a later version is left alone, in plain words."""
    root.run("systemctl stop twicketd && apt-get install -y -q sqlite3 >/dev/null && "
             "sqlite3 /var/lib/twicket/twicket.db 'PRAGMA user_version' >/tmp/version && "
             "sqlite3 /var/lib/twicket/twicket.db 'PRAGMA user_version=999'")
    root.run("systemctl start twicketd", check=False)
    time.sleep(3)
    said = root.run("journalctl -u twicketd -n 20 --no-pager -o cat").stdout
    line = next((x for x in said.splitlines() if "not started" in x), said)
    say("a store of a later version: " + line)
    assert "not started" in line
    root.run("sqlite3 /var/lib/twicket/twicket.db \"PRAGMA user_version=$(cat /tmp/version)\" && "
             "systemctl reset-failed twicketd && systemctl start twicketd")
    wait_for("the agent is back", lambda: "connected" in root.run("twicket status", check=False).stdout, 30, 0.5)


def purge(root):
    core = pid_of(root, "nagios4")
    root.run("apt-get purge -y -q twicket twicket-module")
    for path in ("/var/lib/twicket", "/usr/lib/twicket", "/usr/sbin/twicketd", "/run/twicket"):
        assert not (root.path / path.lstrip("/")).exists(), path
    assert pid_of(root, "nagios4") == core and core != "0"
    left = [str(p.relative_to(root.path)) for p in root.path.glob("etc/**/*twicket*")]
    say(f"purged: Nagios runs on; left in /etc: {left or 'nothing'} (twicket.cfg is the admin's own)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("debs", type=Path)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    root = Root(options.base)
    try:
        for deb in options.debs.glob("twicket*_*.deb"):
            if "dbgsym" not in deb.name:
                shutil.copy(deb, root.path / "root")
        root.boot()
        say("installs nagios4-core and snac2")
        root.run("apt-get update -q && apt-get install -y -q --no-install-recommends nagios4-core monitoring-plugins-basic "
                 "&& apt-get install -y -q --no-install-recommends -t bookworm-backports snac2")
        server = Server(root)
        main_path(root, server)
        sandbox(root)
        loop(root, server)
        upgrade(root, server)
        downgrade(root)
        purge(root)
        say("all well")
    finally:
        if options.keep:
            input(f"{root.path}, nsenter -t {root.leader} -a; return ends it ")
        root.close()


if __name__ == "__main__":
    main()
