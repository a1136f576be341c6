#!/usr/bin/env python3
"""make demo: the whole loop on this machine, without an account anywhere.

A real nagios4 with twicket.so, a real Mastodon-API server (snac) and twicketd, in a temporary
folder as an ordinary user. KEEP=1 leaves them running and says where to look.
"""

import os
import shutil
import signal
import sys
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from agent import tag_of  # noqa: E402
from client import plain  # noqa: E402
from nagios import CRITICAL, OK  # noqa: E402
from proc import Cleanup, Place, RigError  # noqa: E402
from rig import Rig, build_folder, what_is_missing  # noqa: E402
from snac import Snac  # noqa: E402

FASTER = 20  # hold and recovery_hold, two minutes each, are divided by this

CONFIG = """\
accounts = {{
  status = {{ network = "mastodon"; handle = "{status}"; }};
}};
audiences = {{
  public = {{ accounts = [ "status" ]; }};
}};
people = {{
  alice = {{ mastodon = "{alice}"; }};
  bob   = {{ mastodon = "bob@chaos.example"; }};
}};
"""
HOSTS = {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}}}}

BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


class Clock:
    """Prints each step with the time, and remembers how long it took."""

    def __init__(self):
        self.began = self.last = time.monotonic()
        self.steps = []

    def step(self, text, took=None):
        now = time.monotonic()
        if took:
            self.steps.append((took, now - self.last))
        print(f"{DIM}{now - self.began:6.1f} s{PLAIN}  {BOLD}{text}{PLAIN}", flush=True)
        self.last = now

    def summary(self):
        print(f"\n{BOLD}How long each step took{PLAIN}")
        for name, seconds in self.steps:
            print(f"  {seconds:6.1f} s  {name}")


def box(text):
    print(textwrap.indent(text.rstrip("\n"), " " * 12))


def quote(status):
    """A post as the network shows it."""
    box(f"@{status['account']['username']}   {status['url']}\n{plain(status['content'])}")


def heading(text):
    print(f"\n{BOLD}{text}{PLAIN}")


def problem(rig, clock):
    rig.nagios.service("mx1", "SMTP", CRITICAL, "SMTP CRITICAL - disk full")
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    clock.step('mx1/SMTP fails in Nagios: "SMTP CRITICAL - disk full"')
    tag, root = rig.wait_root(set(), seconds=40)
    clock.step(f"The network has the post (hold: 2 min / {FASTER})", "problem in Nagios → post on the network")
    quote(root)
    return tag, root


def replies(rig, clock, root):
    mallory = rig.client("mallory").post("@status ack", root["id"])
    clock.step("A stranger replies")
    quote(mallory)
    time.sleep(1.1)  # snac's clock has whole seconds: the stranger's reply is the older one
    alice = rig.client("alice").post("@status ack disk full, making room", root["id"])
    clock.step("alice, an operator, replies")
    quote(alice)
    comment = rig.wait_acknowledged("mx1", "SMTP", 60)
    clock.step("Nagios has the acknowledgement", "operator's reply → acknowledged in Nagios")
    box(f"author   {comment['author']}\ncomment  {comment['comment_data']}")
    rig.wait("the favourite", lambda: rig.client("alice").favourited_by(alice["id"]), 40, 0.2)
    rig.wait("the stranger's reply is read", lambda: len(rig.agent.query("SELECT id FROM reply")) > 1, 40)
    stranger = [c for c in rig.nagios.external_commands() if "ACKNOWLEDGE" in c]
    if len(stranger) != 1 or rig.client("mallory").favourited_by(mallory["id"]):
        raise RigError("the stranger's reply had an effect")
    clock.step("alice's reply is marked as a favourite; the stranger's reply did nothing")


def recovery(rig, clock, tag):
    rig.nagios.service("mx1", "SMTP", OK, "SMTP OK - 0.02 s")
    rig.nagios.wait_state("mx1", "SMTP", OK)
    clock.step('mx1/SMTP is back in Nagios: "SMTP OK"')
    rig.wait("the recovery on the network", lambda: "🟢" in rig.posts(tag)[-1][0], 60, 0.2)
    clock.step(
        f"The network has the recovery (recovery_hold: 2 min / {FASTER})",
        "recovery in Nagios → recovery on the network",
    )


def thread(rig, tag, root):
    """All of it as the network's own API tells it, replies in."""
    alice, mallory = rig.client("alice"), rig.client("mallory")
    posts = [s for _, s in rig.posts(tag)]
    posts += [s for c in (alice, mallory) for s in c.own_posts() if s["in_reply_to_id"] == root["id"]]
    for status in sorted(posts, key=lambda s: (s["created_at"], s["uri"].rsplit("/", 1)[-1])):
        at = status["created_at"][11:19]
        answer = "└ " if status["in_reply_to_id"] else ""
        star = "  ★" if status.get("favourites_count") else ""
        head, *rest = plain(status["content"]).split("\n")
        print(f"    {at}  {status['account']['username']:8} {answer}{head}{star}")
        for line in rest:
            print(f"    {'':19}{'  ' if answer else ''}{line}")


def left_running(rig, server):
    heading("Left running (KEEP=1)")
    print(f"    the status account   {server.url}/status")
    for user in ("status", "alice", "mallory"):
        print(f"    log in as {user:10} {server.url}/{user}/admin   password {server.passwords[user]}")
    a = rig.agent
    print(f"    fail a service       printf '[%s] PROCESS_SERVICE_CHECK_RESULT;mx1;SMTP;2;again\\n' "
          f"$(date +%s) >{rig.nagios.dir}/nagios.cmd")
    print(f"    ask twicket          {a.cli_path} -c {a.config_path} -s {a.state} -r {a.run} status")
    pids = " ".join(str(p.pid) for p in (rig.nagios.process, a.process, server.process))
    print(f"    end it               kill {pids}; sleep 5; rm -rf {rig.place.path} {server.place.path}")


def run(keep):
    clock = Clock()
    with Cleanup() as cleanup:
        place = Place(keep)
        cleanup.callback(place.close)
        server = cleanup.stop(Snac(place).start())
        config = CONFIG.format(status=server.handle("status"), alice=server.handle("alice"))
        rig = cleanup.enter_context(Rig(server, config=config, hosts=HOSTS, options=["-x", FASTER], keep=keep))
        user = "as an ordinary user" if os.getuid() else f"as {place.user}"
        clock.step(f"Running {user}: nagios4 {rig.nagios.version()} with twicket.so, snac, twicketd", "start")
        print("          The whole configuration, beside one line in the service's definition, "
              "_TWICKET_PUBLIC E-mail:")
        box(config)
        tag, root = problem(rig, clock)
        replies(rig, clock, root)
        recovery(rig, clock, tag)
        heading("The thread, as the network has it")
        thread(rig, tag, root)
        heading(f"twicket show {tag}")
        print(textwrap.indent(rig.agent.cli("show", tag).stdout.rstrip(), "    "))
        clock.summary()
        if keep:
            left_running(rig, server)
            rig.cleanup.pop_all()
            cleanup.pop_all()
    if not keep:
        print("\nAll stopped, nothing left. `make demo KEEP=1` leaves it running to look at.")


def main():
    missing = what_is_missing()
    if missing or not shutil.which("snac"):
        print(f"demo: {missing or 'snac is not installed'}; make deps", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        run(keep=os.environ.get("KEEP", "") not in ("", "0"))
    except RigError as e:
        print(f"demo: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: stopped")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
