"""Icinga's compat log through `twicket replay`: what really happened there, each of it, and nothing strange."""

from icinga import Icinga, quoted
from nagios import CRITICAL, DOWN, OK, UP, WARNING

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail", "max_check_attempts": 2}, "Queue": {}}},
    "gw1": {},
    "web1": {"parents": "gw1", "services": {"http": {"_TWICKET_PUBLIC": "Shop"}}},
}

MORE = """
library "compat"
object CompatLogger "compatlog" {{ log_dir = {folder} }}
object NotificationComponent "notification" {{ }}
object NotificationCommand "page" {{ command = [ "/bin/true" ] }}
object User "oncall" {{ }}
apply Notification "page" to Host {{
  command = "page"
  users = [ "oncall" ]
  assign where true
}}
apply Notification "page" to Service {{
  command = "page"
  users = [ "oncall" ]
  assign where true
}}
"""


class Compat(Icinga):
    """One that writes such a log, and notifies."""

    def configure(self, hosts, **settings):
        super().configure(hosts, **settings)
        self.place.folder(self.name + "/compat/archives")
        self.compat = self.dir / "compat/icinga.log"
        objects = self.dir / "etc/objects.conf"
        self.place.write(objects, objects.read_text() + MORE.format(folder=quoted(str(self.compat.parent))))


def logged(rig, *words, count=1):
    """Icinga has written so many lines with all of these."""

    def look():
        lines = rig.icinga.compat.read_text(errors="replace").splitlines()
        return sum(all(word in line for word in words) for line in lines) >= count

    rig.wait(f"{words} in the log", look, 20, 0.1)


def a_day(rig):
    """What it is about: problems of all kinds, and each is over."""
    icinga = rig.icinga
    for host, settings in HOSTS.items():
        icinga.host(host, UP)
        for service in settings.get("services", {}):
            icinga.service(host, service, OK, "fine")
    icinga.service("mx1", "SMTP", CRITICAL, "refused; try 1")
    icinga.service("mx1", "SMTP", CRITICAL, "refused")
    logged(rig, "SERVICE NOTIFICATION: oncall;mx1;SMTP;CRITICAL")
    icinga.root.action("acknowledge-problem", "mx1", "SMTP", author="carol", comment="mine; all mine", sticky=True, notify=True)
    logged(rig, "SERVICE NOTIFICATION: oncall;mx1;SMTP;ACKNOWLEDGEMENT")
    icinga.host("gw1", DOWN, "gone")
    logged(rig, "HOST NOTIFICATION: oncall;gw1;DOWN (DOWN)")
    icinga.host("web1", DOWN, "gone, too")
    icinga.host("gw1", UP, "back")
    logged(rig, "HOST NOTIFICATION: oncall;gw1;RECOVERY (UP)")
    icinga.host("web1", UP, "back, too")


def works(rig):
    """Two downtimes of one service, and a problem when one of them is over."""
    icinga = rig.icinga
    for n, text in enumerate(("first", "second")):
        icinga.downtime("mx1", "Queue", text=text)
        logged(rig, "SERVICE DOWNTIME ALERT: mx1;Queue;STARTED", count=n + 1)
    second, = [d for d in icinga.downtimes() if d["comment"] == "second"]
    icinga.root.action("remove-downtime", downtime=second["__name"], author="bob")
    logged(rig, "SERVICE DOWNTIME ALERT: mx1;Queue;CANCELLED")
    icinga.service("mx1", "Queue", WARNING, "long, as planned")
    icinga.service("mx1", "Queue", OK, "short")
    icinga.end_downtimes()
    logged(rig, "SERVICE DOWNTIME ALERT: mx1;Queue;CANCELLED", count=2)



def test_what_really_happened(make_icinga_file_rig):
    rig = make_icinga_file_rig(HOSTS, of=Compat)
    a_day(rig)
    works(rig)
    rig.icinga.stop()
    rig.icinga.start()
    logged(rig, "LOG VERSION", count=2)
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    logged(rig, "SERVICE NOTIFICATION: oncall;mx1;SMTP;RECOVERY")
    log = rig.icinga.compat.read_text()
    facts = rig.agent.json("replay", rig.icinga.compat, "--posts", "operators")
    assert facts["source"] == "the running core"
    assert (facts["lines"], facts["broken"], facts["strangers"], facts["backwards"]) == (log.count("\n"), 0, 0, 0), log
    # mx1/SMTP, gw1, web1, mx1/Queue
    assert (facts["problems"], facts["open"]) == (4, 0), log
    texts = [post["text"] for post in facts["posts"]]
    smtp = [text for text in texts if "mx1/SMTP" in text]
    assert smtp[0].startswith("🔴") and smtp[-1].startswith("🟢") and "carol" in smtp[-1], texts
    assert not any("as planned" in text for text in texts), "it was still in a downtime"
