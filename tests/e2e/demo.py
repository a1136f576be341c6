#!/usr/bin/env python3
"""make demo: the whole loop on this machine, without an account anywhere.

A real nagios4 with twicket.so, a real Mastodon-API server (snac), a stand-in for X, a real Request
Tracker where it is installed, and twicketd, in a temporary folder as an ordinary user. SOURCE=icinga2
has a real icinga2 instead of the nagios4. KEEP=1 leaves them running and says where to look.
"""

import os
import re
import shutil
import signal
import sys
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import icinga  # noqa: E402
import rt  # noqa: E402
from client import plain  # noqa: E402
from nagios import CRITICAL, OK  # noqa: E402
from proc import Cleanup, Place, RigError  # noqa: E402
from rig import ICINGA, what_is_missing  # noqa: E402
from snac import Snac  # noqa: E402
from xrig import LoopbackX, XRig  # noqa: E402

SOURCES = {"nagios": "Nagios", "icinga2": "Icinga"}
SOURCE = os.environ.get("SOURCE") or "nagios"
IS_ICINGA = SOURCE == "icinga2"
MONITOR = SOURCES.get(SOURCE)
FASTER = 20  # hold and recovery_hold, two minutes each, are divided by this

CONFIG = """\
accounts = {{
  status   = {{ network = "mastodon"; handle = "{status}"; }};
  status_x = {{ network = "x"; handle = "{status_x}"; url = "{url}"; poll = "6s"; }};
}};
audiences = {{
  public = {{ accounts = [ "status", "status_x" ]; }};
}};
people = {{
  alice = {{ mastodon = "{alice}"; x = "{alice_x}"; }};
  bob   = {{ mastodon = "bob@chaos.example"; }};
}};
{desk}"""
DESK = """\
desk = {{ type = "rt"; url = "{url}"; queue = "{queue}"; }};
"""
USERS = ("status", "alice", "mallory", "dora")
OF_THREAD = "acct NOT LIKE 'dora@%'"  # replies that are not about dora's own matter
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


def quote_x(x, post):
    box(f"@{post['user']}   {x.url}/i/status/{post['id']}\n{post['text']}")


def problem(rig, clock):
    """Returns the tag, and the first post on Mastodon and on X."""
    rig.nagios.service("mx1", "SMTP", CRITICAL, "SMTP CRITICAL - disk full")
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    clock.step(f'mx1/SMTP fails in {MONITOR}: "SMTP CRITICAL - disk full"')
    tag, root = rig.wait_root(set(), seconds=40)
    _, root_x = rig.wait_x_root()
    clock.step(f"Both networks have the post (hold: 2 min / {FASTER})", f"problem in {MONITOR} → post on both networks")
    quote(root)
    quote_x(rig.x, root_x)
    return tag, root, root_x


def heard(rig, user, words):
    """What the status account said to a user with these words in it, as that user sees it; None yet."""
    told = rig.client(user).get("/api/v1/notifications")
    found = [n["status"] for n in told if n["type"] == "mention" and words in plain(n["status"]["content"])]
    return found[0] if found else None


def report(rig, clock, desk):
    """dora writes of what nobody knows; returns the ticket's name, and its number at the desk."""
    rig.wait("reading has begun on Mastodon", lambda: rig.account("status")["last_read_ms"], 20, 0.2)
    mention = rig.client("dora").post("@status the invoice of last month counts me twice")
    clock.step("dora, whom nobody here knows, writes to the status account")
    quote(mention)
    answer = rig.wait("dora is answered", lambda: heard(rig, "dora", "Q-"), 40, 0.2)
    name = re.search(r"Q-\w{4}", plain(answer["content"])).group()
    clock.step(f"It fits nothing that is wrong, so it is a ticket: {name}", "a mention → a ticket")
    quote(answer)
    rig.wait("the desk has it", lambda: rig.agent.json("show", name)["ticket"]["desk"], 40, 0.2)
    number = rig.agent.json("show", name)["ticket"]["desk"]
    desk.call("anna", "POST", f"/ticket/{number}/correspond",
              {"Content": "You are right, we have taken one of them back.", "ContentType": "text/plain"})
    clock.step(f"Request Tracker has it as #{number}; anna, who works there, answers it in RT's own way",
               "ticket → in Request Tracker")
    box("(RT is asked for answers once a minute. Meanwhile:)")
    return name


def answered(rig, clock, name):
    told = rig.wait("the desk's answer", lambda: heard(rig, "dora", "taken one of them back"), 100, 0.2)
    clock.step("dora has anna's answer, in private", "the rest of RT's minute: anna's answer → dora")
    quote(told)
    if told["visibility"] not in ("direct", "private"):  # snac's word for both
        raise RigError("the desk's answer is not for dora alone")
    heading(f"twicket show {name}")
    print(textwrap.indent(rig.agent.cli("show", name).stdout.rstrip(), "    "))


def replies(rig, clock, root, root_x):
    mallory = rig.client("mallory").post("@status ack", root["id"])
    rig.wait_reading()
    mallory_x = rig.x.post("mallory", "ack", root_x["id"])
    clock.step("A stranger replies on both")
    quote(mallory)
    quote_x(rig.x, mallory_x)
    alice = rig.x.post("alice", "ack disk full, making room", root_x["id"])
    clock.step("alice, an operator, replies on X")
    quote_x(rig.x, alice)
    comment = rig.wait_acknowledged("mx1", "SMTP", 60)
    clock.step(f"{MONITOR} has the acknowledgement", f"operator's reply on X → acknowledged in {MONITOR}")
    box(f"author   {comment['author']}\ncomment  {comment['comment_data']}")
    rig.wait("all replies are read", lambda: len(rig.agent.query(f"SELECT id FROM reply WHERE {OF_THREAD}")) == 3, 40)
    acknowledged = [c for c in rig.nagios.comments("mx1", "SMTP") if c["entry_type"] == "4"]
    if len(acknowledged) != 1 or rig.client("mallory").favourited_by(mallory["id"]):
        raise RigError("the stranger's reply had an effect")
    clock.step("The stranger's replies are read, did nothing, and got no answer")


def recovery(rig, clock, tag):
    rig.nagios.service("mx1", "SMTP", OK, "SMTP OK - 0.02 s")
    rig.nagios.wait_state("mx1", "SMTP", OK)
    clock.step(f'mx1/SMTP is back in {MONITOR}: "SMTP OK"')
    rig.wait("the recovery on Mastodon", lambda: "🟢" in rig.posts(tag)[-1][0], 60, 0.2)
    rig.wait("the recovery on X", lambda: "🟢" in rig.x_posts(tag)[-1]["text"], 60, 0.2)
    clock.step(
        f"Both networks have the recovery (recovery_hold: 2 min / {FASTER})",
        f"recovery in {MONITOR} → recovery on both networks",
    )


def line_of_thread(at, who, text, is_answer, mark=""):
    head, *rest = text.split("\n")
    print(f"    {at[11:19]}  {who:10} {'└ ' if is_answer else ''}{head}{mark}")
    for line in rest:
        print(f"    {'':21}{'  ' if is_answer else ''}{line}")


def thread(rig, tag, root):
    """All of it as Mastodon's own API tells it, replies in."""
    posts = [s for _, s in rig.posts(tag)]
    posts += [s for s in rig.client("mallory").own_posts() if s["in_reply_to_id"] == root["id"]]
    for status in sorted(posts, key=lambda s: (s["created_at"], s["uri"].rsplit("/", 1)[-1])):
        line_of_thread(status["created_at"], status["account"]["username"], plain(status["content"]),
                       status["in_reply_to_id"], "  ★" if status.get("favourites_count") else "")


def thread_x(rig, root):
    for post in next(t for t in rig.x.control("threads") if t[0]["id"] == root["id"]):
        line_of_thread(post["created_at"], post["user"], post["text"], post["parent"])


def money(rig):
    """What X's bill says, by kind, beside the ledger of the agent."""
    words = {"post": "posts of ours", "owned read": "mentions read: alice's, the stranger's",
             "user read": "accounts looked up: ours at the start, alice's for good"}
    for kind, (count, micro) in rig.x.charges().items():
        print(f"    {micro / 1e6:8.3f} USD  {count} {words.get(kind, kind)}")
    print(f"    {rig.x.billed() / 1e6:8.3f} USD  by X's bill; {rig.spent() / 1e6:.3f} USD by twicket's ledger")
    print("    The incident alone, its two posts and alice's reply: 0.031 USD.")
    if rig.spent() != rig.x.billed():
        raise RigError("the ledger is not what X's bill says")


def fail_by_hand(rig):
    if not rig.icinga:
        return f"printf '[%s] PROCESS_SERVICE_CHECK_RESULT;mx1;SMTP;2;again\\n' $(date +%s) >{rig.nagios.dir}/nagios.cmd"
    i = rig.icinga
    return (f"curl -u '{icinga.ROOT}:{icinga.ROOT_PASSWORD}' --cacert {i.ca_file} --connect-to {i.node}:{i.port}:127.0.0.1:{i.port} "
            f"-H 'Accept: application/json' -d '{{\"service\":\"mx1!SMTP\",\"exit_status\":2,\"plugin_output\":\"again\"}}' "
            f"'https://{i.node}:{i.port}/v1/actions/process-check-result?type=Service'")


def left_running(rig, server, desk):
    heading("Left running (KEEP=1)")
    print(f"    the status account   {server.url}/status")
    print(f"    the same on X        {rig.x.url}/")
    if desk:
        print(f"    Request Tracker      {desk.root}/   log in as anna, password {desk.password}")
    for user in USERS:
        print(f"    log in as {user:10} {server.url}/{user}/admin   password {server.passwords[user]}")
    a = rig.agent
    print(f"    fail a service       {fail_by_hand(rig)}")
    print(f"    ask twicket          {a.cli_path} -c {a.config_path} -s {a.state} -r {a.run} status")
    here = [rig.nagios.process, a.process, server.process, rig.x] + ([desk.process] if desk else [])
    pids = " ".join(str(p.pid) for p in here)
    print(f"    end it               kill {pids}; sleep 5; rm -rf {rig.place.path} {server.place.path}")


def tell_start(rig, clock, desk):
    with_desk = ", Request Tracker" if desk else ""
    user = "as an ordinary user" if os.getuid() else f"as {rig.place.user}"
    core = f"icinga2 {rig.icinga.version()}" if rig.icinga else f"nagios4 {rig.nagios.version()} with twicket.so"
    line = 'vars.twicket_public = "E-mail"' if rig.icinga else "_TWICKET_PUBLIC E-mail"
    clock.step(f"Running {user}: {core}, snac, a stand-in for X{with_desk}, twicketd", "start")
    print(f"          The whole configuration, beside one line in the service's definition, {line}.\n"
          "          (Without url and poll status_x would be X itself, read once a minute.)")
    box(rig.agent.config_path.read_text())
    if not desk:
        print(f"          ({rt.missing().capitalize()} on this machine: what becomes of users' own reports is left out.)")


def start_desk(place, cleanup):
    """A Request Tracker, None where there is none."""
    if rt.missing():
        return None
    desk = rt.Rt(place)
    cleanup.stop(desk)
    return desk.start()


def tell_end(rig, tag, root, root_x):
    heading("The thread, as Mastodon has it")
    thread(rig, tag, root)
    heading("The thread, as X has it")
    thread_x(rig, root_x)
    for words in (("show", tag), ("status",)):
        heading("twicket " + " ".join(words))
        print(textwrap.indent(rig.agent.cli(*words).stdout.rstrip(), "    "))
    heading("What it cost")
    money(rig)


def run(keep):
    clock = Clock()
    with Cleanup() as cleanup:
        place = Place(keep)
        cleanup.callback(place.close)
        server = cleanup.stop(Snac(place, USERS).start())
        x = cleanup.stop(LoopbackX(place, openapi=False))
        desk = start_desk(place, cleanup)
        config = CONFIG.format(status=server.handle("status"), alice=server.handle("alice"), url=x.url,
                               status_x=x.handle("status"), alice_x=x.handle("alice"),
                               desk=DESK.format(url=desk.root, queue=desk.queue) if desk else "")
        core = {"core": ICINGA} if IS_ICINGA else {}
        rig = cleanup.enter_context(XRig(x, server, config=config, hosts=HOSTS, options=["-x", FASTER], keep=keep,
                                         start=False, **core))
        if desk:
            rig.agent.token("desk", desk.tokens["twicket"])
        rig.start()
        tell_start(rig, clock, desk)
        ticket = report(rig, clock, desk) if desk else ""
        tag, root, root_x = problem(rig, clock)
        replies(rig, clock, root, root_x)
        recovery(rig, clock, tag)
        if desk:
            answered(rig, clock, ticket)
        tell_end(rig, tag, root, root_x)
        clock.summary()
        if keep:
            left_running(rig, server, desk)
            rig.cleanup.pop_all()
            cleanup.pop_all()
    if not keep:
        print("\nAll stopped, nothing left. `make demo KEEP=1` leaves it running to look at.")


def main():
    if SOURCE not in SOURCES:
        print(f"demo: SOURCE={SOURCE}? One of: {' '.join(SOURCES)}", file=sys.stderr)
        return 2
    missing = what_is_missing() or (icinga.is_missing() if IS_ICINGA else "")
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
