"""Many people answer many incidents at a time, on one network: what the core, the network and operators then have.

Used by test_replies*.py. A table's row is what one of them writes and what must come of it; the rows are sent
together, since a poll takes as long for one reply as for fifty. Must never know which words belong to which command.
"""

import json
import time

from agent import tag_of
from client import plain, refused
from nagios import CRITICAL, OK
from proc import RigError
from rig import Rig, quick_config
from snac import Snac
from xrig import XRig

SERVICE = "S"
STAR = "★"  # thanked without words: a favourite
LEADS = [f"lead{n}" for n in range(9)]  # a person has ten commands a minute
OTHERS = {"lena": "lead", "olga": "operator", "carl": "communicator"}
STRANGERS = ["dora", "emil", "frida"]
PLUGIN = "#!/bin/sh\necho still refused\nexit 2\n"


def output_of(host):
    """No two alike: what helped one says nothing of another."""
    return "trouble" + "".join(chr(ord(c) + 49) if c.isdigit() else c for c in host[1:])


def hosts_for(count):
    """Each a host of its own, so that no two are one incident; their names sort as they are counted."""
    return {f"h{n:02}": {"services": {SERVICE: {"_TWICKET_PUBLIC": f"Thing {n:02}"}}} for n in range(count)}


def things_of(rows):
    """{host: public name} of the hosts of a table."""
    return {f"h{n:02}": f"Thing {n:02}" for n in range(len(rows))}


class OnMastodon:
    """A snac of this test alone: forty people's mentions are more than others want to read."""

    kind, account = "mastodon", "status"

    def __init__(self, cleanup, place):
        self.server = Snac(place, users=("status", "alice", "mallory", *LEADS, *OTHERS, *STRANGERS))
        cleanup.stop(self.server.start())

    def handle(self, who):
        return self.server.handle(who)

    def rig(self, **how):
        return Rig(self.server, **how)

    def config(self):
        return quick_config(self.server)

    def posts(self):
        """[(id, parent, text, is it private)]: all that our account has written. snac calls direct what is private."""
        status = self.server.client("status")
        found = status.get(f"/api/v1/accounts/{status.me['id']}/statuses?limit=400")
        found += status.get("/api/v1/timelines/home?limit=400")  # snac tells private posts only here
        found = {s["uri"]: s for s in found if s["account"]["id"] == status.me["id"] and not s.get("reblog")}.values()
        return [(s["id"], s["in_reply_to_id"], plain(s["content"]), s["visibility"] == "private") for s in found]

    def say(self, who, text, to=None, private=False, mention=True):
        return self.server.client(who).post(f"@status {text}", to, "direct" if private else "public")["id"]

    def edit(self, who, said, text):
        self.server.client(who).call("PUT", f"/api/v1/statuses/{said}", {"status": f"@status {text}"})

    def delete(self, who, said):
        """snac has no call for it; this is what is left when its owner does it in a browser."""
        for path in self.server.dir.rglob(f"{said[10:]}.json"):
            path.unlink()
        assert refused(lambda: self.server.client(who).status(said)) == 404

    def answers(self, posts, who, said):
        """snac gives one post two ids with one end."""
        return [(text, private) for _, to, text, private in posts if to and to[-32:] == said[-32:]]

    def machine(self, who):
        """An account that says of itself that it is no person."""
        self.server.add_user(who)
        self.server.client(who).call("PATCH", "/api/v1/accounts/update_credentials", {"bot": "true"})

    def is_thanked(self, who, said):
        return self.server.client(who).favourited_by(said) > 0

    def is_boosted(self, who, said):
        return self.server.client(who).status(said).get("reblogs_count", 0) > 0


class OnX:
    """The loopback X, whose admin pays for answers."""

    kind, account = "x", "status_x"

    def __init__(self, x):
        self.x = x
        x.options(rate_limits=False, verified=True)
        for who in (*LEADS, *OTHERS, *STRANGERS):
            x.control("user", {"name": who})

    def handle(self, who):
        return who

    def rig(self, **how):
        return XRig(self.x, **how)

    def config(self):
        config = quick_config(None, self.x)
        config["accounts"][self.account].update(feedback="reply", messages=True, usd_per_month=0)
        return config

    def posts(self):
        found = [(p["id"], p["parent"], p["text"], False) for p in self.x.posts()]
        return found + [(m["id"], m["to"], m["text"], True) for m in self.x.control("messages")
                        if m["from"] == self.x.account]

    def say(self, who, text, to=None, private=False, mention=False):
        """A message has no parent: it is answered by name. mention: X puts the name of who is answered there, no other."""
        if private:
            self.x.dm(who, text, to=self.x.account)
            return who
        return self.x.post(who, text if to and not mention else f"@{self.x.account} {text}", to)["id"]

    def edit(self, who, said, text):
        self.x.control("edit", {"id": said, "text": f"@{self.x.account} {text}"})

    def delete(self, who, said):
        self.x.control("delete", {"id": said})

    def answers(self, posts, who, said):
        return [(text, private) for _, to, text, private in posts if to == said]

    def is_thanked(self, who, said):
        return False

    def is_boosted(self, who, said):
        return False


class Talk:
    """One rig on one network, with an incident for each host."""

    def __init__(self, net, place, make, count, hosts=(), desk=None, **audience):
        """make: keeps a rig until the end of the test. hosts: beside the counted ones. desk: a Request Tracker."""
        self.net, self.noc = net, place.path / "noc.jsonl"
        config = net.config()
        config["timezone"] = "UTC"
        config["audiences"]["public"].update(storm=0, **audience)
        config["accounts"]["noc"] = {"network": "file", "handle": str(self.noc), "posts_per_hour": 1000, "posts_per_day": 1000}
        config["audiences"]["operators"] = {"accounts": ["noc"], "hold": "0", "recovery_hold": "0", "storm": 0}
        if desk:
            config["desk"] = {"type": "rt", "url": desk.root, "queue": "Support"}
        key = "x" if net.kind == "x" else "mastodon"
        config["people"] = {who: {key: net.handle(who), "role": "lead"} for who in LEADS}
        config["people"].update({who: {key: net.handle(who), "role": role} for who, role in OTHERS.items()})
        self.rig = make(lambda **how: net.rig(**how), hosts={**hosts_for(count), **dict(hosts)}, config=config, start=False)
        self.desk = desk
        if desk:
            self.rig.agent.token("desk", desk.tokens["twicket"])
        self.plugin(PLUGIN)
        self.roots, self.tags, self.said = {}, {}, {}  # of hosts; said: (who, what he wrote)

    def plugin(self, text):
        """What a forced check runs from now on."""
        script = self.rig.nagios.dir / "plugin"
        self.rig.place.write(script, text, 0o755)
        objects = self.rig.nagios.dir / "objects.cfg"
        objects.write_text(objects.read_text().replace("/bin/true", str(script)))

    def fail(self, names, service=SERVICE, ago=0):
        """{host: public name}: each is told on the network before this returns."""
        if not self.rig.agent.process:
            self.rig.start()
        for host in names:
            self.rig.nagios.service(host, service, CRITICAL, output_of(host), ago)
        self.find(names)

    def find(self, names):
        """The first posts of these: whom to answer, and the tags."""
        old = set(self.roots.values())

        def look():
            for ident, parent, text, _ in self.net.posts():
                name = next((host for host, name in names.items() if f" {name}: disruption since" in text), None)
                if name and not parent and ident not in old:
                    self.roots[name], self.tags[name] = ident, tag_of(text)
            return all(self.roots.get(host) not in (None, *old) for host in names)

        self.rig.wait(f"{len(names)} incidents are told", look, 30, 0.3)
        if self.net.kind == "x":
            self.rig.wait_reading()

    def lines(self):
        """What operators read."""
        return [json.loads(line)["text"] for line in self.noc.read_text().splitlines()] if self.noc.exists() else []

    def thread(self, host):
        """Our posts under the incident's first one."""
        root = self.roots[host]
        return [text for _, to, text, private in self.net.posts() if to and to[-32:] == root[-32:] and not private]

    def audit(self, who):
        """(action, result) of a person; of strangers together, who have no names there."""
        lines = self.rig.agent.json("audit")["audit"]
        return [(line["action"], line["result"]) for line in lines if line["actor"] == who or (who in STRANGERS and "@" in line["actor"])]

    def audit_of(self, host):
        """What became of replies to this incident."""
        lines = self.rig.agent.json("audit")["audit"]
        return [(line["action"], line["result"]) for line in lines if f"{self.tags[host]}:r" in str(line)]

    def settle(self, wanted, seconds=60):
        """wanted: [(what, condition)]; all of them at some time. What is left is named."""
        left = list(wanted)

        def look():
            left[:] = [(what, is_so) for what, is_so in left if not is_so()]
            return not left

        try:
            self.rig.wait("all that was written is done", look, seconds, 0.5)
        except RigError as e:
            raise RigError("\n".join(["not done:"] + [what for what, _ in left]) + f"\n{e}") from None

    # --- a table ---

    def run(self, rows, private=False, seconds=60):
        """rows: lists of Step, one for each host in their order; the first steps are sent together, then the second."""
        for wave in range(max(len(row) for row in rows)):
            steps = [(f"h{n:02}", row[wave]) for n, row in enumerate(rows) if wave < len(row)]
            if wave:
                time.sleep(1.1)  # some servers tell whole seconds; what is said first shall be so
            sent = [(host, step, self.send(host, step, private)) for host, step in steps]
            self.settle([one for host, step, said in sent for one in self.wanted(host, step, said, private)], seconds)
            for host, step, said in sent:
                self.said.setdefault(host, []).append((self.who(host, step), said))

    def who(self, host, step):
        number = int(host[1:3])
        return step.who if step.who not in ("", "another") else LEADS[(number + (step.who == "another")) % len(LEADS)]

    def send(self, host, step, private):
        text = step.text.format(other=self.tags["h00"])
        text = f"{self.tags[host]} {text}" if private else text
        return self.net.say(self.who(host, step), text, None if private else self.roots[host], private)

    def wanted(self, host, step, said, private):
        """[(what, condition)] of one step that was sent."""
        who, label = self.who(host, step), f"{self.net.kind} {host} {self.tags[host]} {step.text!r}"
        wanted = [(f"{label}: {what.__name__} in the core", lambda w=what: w(self.rig.nagios, host, who)) for what in step.core]
        if step.lines:
            wanted.append((f"{label}: operators read {step.lines!r}", lambda: any(
                step.lines in line and (host in line) for line in self.lines())))
        answers = step.private if private or self.net.kind != "x" else step.public
        for words in [answers] if isinstance(answers, str) else answers:
            if words == STAR and self.net.kind != "x":
                wanted.append((f"{label}: {STAR}", lambda: self.net.is_thanked(who, said)))
            elif words and words != STAR:
                wanted.append((f"{label}: the answer {words!r}", lambda w=words: self.is_answered(host, who, said, w, private)))
        if step.earlier and self.net.kind != "x":
            wanted.append((f"{label}: {step.earlier!r} to what was said before", lambda: any(
                self.is_answered(host, w, s, step.earlier, private) for w, s in self.said[host])))
        if step.taken_back and self.net.kind == "x":  # snac cannot delete
            wanted.append((f"{label}: {step.taken_back!r} is gone", lambda: not any(step.taken_back in t for t in self.thread(host))))
        if step.told:
            wanted.append((f"{label}: the public reads {step.told!r}", lambda: any(step.told in t for t in self.thread(host))))
        audited = (step.refused, "denied: not_allowed") if step.refused else step.audit
        if audited:
            wanted.append((f"{label}: {audited}", lambda: audited in self.audit(who)))
        return wanted

    def is_answered(self, host, who, said, words, private):
        """By the right words, to the one who asked only where the network can do that."""
        found = [secret for text, secret in self.net.answers(self.net.posts(), who, said)
                 if words in text and (not tag_of(text) or text.endswith(self.tags[host]))]
        expected = private or self.net.kind != "x"
        assert all(secret == expected for secret in found), (who, words, "was read by others than meant")
        return bool(found)

    def recover(self, hosts):
        for host in hosts:
            self.rig.nagios.service(host, SERVICE, OK, "fine again")


class Step:
    """One reply. who: "" a lead, "another" lead, or the name of somebody else. core: of what_the_core_has below.

    private: words of the answer in private, STAR for a favourite, or several; public: those under the reply on X.
    lines: what operators read; told: what the public reads in the thread, taken_back: what it does no more;
    refused: what the author may not; audit: (action, result) of his; earlier: whoever wrote before hears that (on X one answer is all).
    """

    def __init__(self, text, *core, private="", public="", **more):
        self.text, self.core, self.private, self.public = text, core, private, public
        for name in ("lines", "told", "taken_back", "refused", "audit", "earlier", "who"):
            setattr(self, name, more.pop(name, ""))
        assert not more, more


# --- what the core has: of a host's service, by a person ---


def acked(nagios, host, who):
    return nagios.acknowledged(host, SERVICE) and comments(nagios, host, who, "4")


def not_acked(nagios, host, who):
    return not nagios.acknowledged(host, SERVICE) and nagios.status(host, SERVICE)


def comments(nagios, host, who, kind="1"):
    """Of one's own, with the mark that the module saw: the words."""
    return [c["comment_data"] for c in nagios.comments(host, SERVICE) if c["author"] == who and c["entry_type"] == kind]


def with_words(words, kind):
    """The acknowledgement's or the comment's own words, whole."""

    def has_the_words(nagios, host, who):
        return any(text.startswith(f"{words} - via ") for text in comments(nagios, host, who, kind))

    has_the_words.__name__ = repr(words)
    return has_the_words


def acked_with(words):
    return with_words(words, "4")


def still_acked(nagios, host, who):
    return nagios.acknowledged(host, SERVICE)


def commented(words):
    return with_words(words, "1")


def in_downtime(seconds):
    def has_a_downtime(nagios, host, who):
        return any(d["author"] == who and abs(int(d["end_time"]) - int(d["start_time"]) - seconds) < 120
                   for d in nagios.downtimes() if d["host_name"] == host)

    has_a_downtime.__name__ = f"downtime of {seconds} s"
    return has_a_downtime


def no_downtime(nagios, host, who):
    return not [d for d in nagios.downtimes() if d["host_name"] == host]


def checked(nagios, host, who):
    """The core has run the plugin itself: until then there were results from outside only."""
    return nagios.status(host, SERVICE).get("plugin_output") == "still refused"


def untouched(nagios, host, who):
    return not nagios.acknowledged(host, SERVICE) and not nagios.comments(host, SERVICE) and no_downtime(nagios, host, who)
