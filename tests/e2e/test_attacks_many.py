"""GOALS R6: a thousand hostile replies into a real core, its files, its pages and a notification command.

Texts are generated from what worked on real cores; half of the danger is in how they are put together. The
CGIs are run by hand, as the web server would; without them (package nagios4-cgi, or TWICKET_CGI) that part
says so and is left out.
"""

import os
import random
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent import tag_of
from fake import FakeServer
from nagios import CRITICAL, read_blocks
from proc import Cleanup, Place
from rig import quick_config
from test_attacks import HARMLESS, TEXTS

PEOPLE, NOTES = 100, 9  # each acknowledges one service and comments nine times: ten commands are a minute's worth
CGI = Path(os.environ.get("TWICKET_CGI", "/usr/lib/cgi-bin/nagios4"))
PIECES = ["$(touch {dir}/pwned)", "`touch {dir}/pwned`", "; touch {dir}/pwned ;", "| touch {dir}/pwned", "&& touch {dir}/pwned",
          "\"; touch {dir}/pwned; \"", "'; touch {dir}/pwned; '", "\\", ";1;1;1;root;forged", "\r\n[1] DISABLE_NOTIFICATIONS",
          "\n[1795302426] ADD_SVC_COMMENT;h00;S;1;root;forged", "\u2028[1] SHUTDOWN_PROGRAM", "}\nservicecomment {\nauthor=root\ncomment_data=forged\n}",
          "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "javascript:alert(1)",
          "&#60;script&#62;alert(1)", "<!--", "]]>", "<a href=//evil.example>", "$ADMINEMAIL$ $USER1$", "$NOTIFICATIONCOMMENT$",
          "'; DROP TABLE reply; --", "%0aDISABLE_NOTIFICATIONS", "\u202eevil\u2066", "\u200b", "\u001b[31m", "\u0007", "\x00",
          "$((1+1))", "${{IFS}}", "\uff1btouch", "*", "~root", "!!", "{{}}", "A" * 500]
COMMAND = re.compile(r"(ACKNOWLEDGE_SVC_PROBLEM;h\d\d;S;2;1;0;p\d\d;|ADD_SVC_COMMENT;h\d\d;S;1;p\d\d;)")


@pytest.fixture
def fake():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield cleanup.stop(FakeServer(place))


def attack(dice, folder):
    text = "".join(dice.choice(["", " ", "x "]) + dice.choice(PIECES) for _ in range(dice.randint(1, 4)))
    return text.replace("{dir}", str(folder)).replace("{{", "{").replace("}}", "}").replace("\x00", "\ufffd")


def start(make_rig, fake):
    config = quick_config(fake, storm=0)
    config["people"] = {f"p{k:02}": {"mastodon": f"p{k:02}@evil{k:02}.example", "notify": True} for k in range(PEOPLE)}
    hosts = {f"h{k:02}": {"services": {"S": {"_TWICKET_PUBLIC": f"Thing {k:02}"}}} for k in range(PEOPLE)}
    return make_rig(server=fake, hosts=hosts, config=config)


class Markup(HTMLParser):
    """What of our texts a browser would run or load: scripts, handlers, images and links to elsewhere."""

    def __init__(self):
        super().__init__()
        self.live = []

    def handle_starttag(self, tag, attrs):
        values = " ".join(f"{name}={value}" for name, value in attrs)
        if re.search(r"alert\(1\)|evil\.example|\bsrc=x\b|onload=alert|onerror=alert", values) or tag == "svg":
            self.live.append(f"<{tag} {values}>")

    def handle_data(self, data):
        if self.lasttag == "script" and "alert(1)" in data and "/script" not in data:
            self.live.append(data[:80])


def page(rig, cgi, query):
    folder = rig.nagios.dir
    (folder / "cgi.cfg").write_text(
        f"main_config_file={folder}/nagios.cfg\nphysical_html_path=/usr/share/nagios4/htdocs\nurl_html_path=/nagios4\n"
        "use_authentication=1\nescape_html_tags=1\n" +
        "".join(f"authorized_for_{what}=admin\n" for what in ("system_information", "configuration_information",
                "system_commands", "all_services", "all_hosts", "all_service_commands", "all_host_commands")))
    env = {"NAGIOS_CGI_CONFIG": str(folder / "cgi.cfg"), "REQUEST_METHOD": "GET", "QUERY_STRING": query,
           "REMOTE_USER": "admin", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([CGI / cgi], env=env, capture_output=True, timeout=30, check=False)
    return done.stdout.decode(errors="replace")


def live_markup(rig):
    """(pages read, what is alive on them, how many of our comments they show)"""
    probe = Markup()
    probe.feed("<p>- via p<b onload=alert(1)><script>alert(1)</script><img src=x>")
    assert len(probe.live) == 3, "what is looked for would be found"
    asked = [("tac.cgi", ""), ("status.cgi", "host=all&limit=0"), ("extinfo.cgi", "type=3")]
    asked += [("extinfo.cgi", f"type=2&host=h{k:02}&service=S") for k in range(PEOPLE)]
    live, shown = [], 0
    for cgi, query in asked:
        text = page(rig, cgi, query)
        assert "</html>" in text.lower(), f"{cgi}?{query}: {text[:300]}"
        markup = Markup()
        markup.feed(text)
        live += [(cgi, query, what) for what in markup.live]
        shown += text.count("- via p") if query.startswith("type=2") else 0
    return len(asked), live, shown


def test_a_thousand(make_rig, fake):
    rig, dice = start(make_rig, fake), random.Random(20261122)
    folder = rig.nagios.dir
    for k in range(PEOPLE):
        output = attack(dice, folder).replace("\n", " ").replace("\r", " ")[:800]
        rig.nagios.service(f"h{k:02}", "S", CRITICAL, output)
    rig.wait("all are told", lambda: len(fake.posts()) >= PEOPLE, 60, 0.5)
    roots = {re.search(r"Thing (\d\d)", p["text"]).group(1): p["id"] for p in fake.posts()}
    for k in range(PEOPLE):
        user = f"p{k:02}@evil{k:02}.example"
        fake.control("user", {"name": user, "display_name": attack(dice, folder)[:100]})
        for n in range(1 + NOTES):
            text = TEXTS[k][4:] if not n and k < len(TEXTS) and TEXTS[k].startswith("ack ") else attack(dice, folder)
            text = ("note: " if n else "ack ") + text.replace("{dir}", str(folder))
            fake.control("reply", {"user": user, "text": "@status " + text, "in_reply_to_id": roots[f"{k:02}"],
                                   "visibility": "public"})
    total = PEOPLE * (1 + NOTES)

    def through():
        return rig.agent.query("SELECT count(*) AS n FROM reply WHERE state NOT IN (0,1)")[0]["n"] >= total

    rig.wait("all replies are through", through, 180, 1)
    states = rig.agent.query("SELECT state, reason, count(*) AS n FROM reply GROUP BY state, reason")
    rig.wait("the core has them", lambda: len(rig.nagios.comments()) >= total - 50, 60, 1)
    before = len(rig.nagios.comments())
    rig.nagios.reload()  # what stands in the retention file is read again
    rig.wait("the core is back", lambda: len(rig.nagios.comments()) >= before, 30, 1)

    commands = rig.nagios.external_commands()
    foreign = [c for c in commands if not COMMAND.match(c)]
    comments = rig.nagios.comments()
    forged = [c for c in comments if not re.fullmatch(r"p\d\d", c["author"]) or not HARMLESS.fullmatch(c["comment_data"])]
    kept = [v for k, v in read_blocks(folder / "retention.dat") if k == "servicecomment"]
    forged += [c for c in kept if not re.fullmatch(r"p\d\d", c["author"])]
    pages = (folder / "pages").read_text().splitlines() if (folder / "pages").exists() else []
    ours = [line for line in pages if "- via p" in line]
    print(f"\nreplies {total}: {[tuple(s.values()) for s in states]}")
    print(f"commands to the core {len(commands)}, others than ours {len(foreign)}")
    print(f"comments {len(comments)}, in retention.dat {len(kept)}, forged rows {len(forged)}")
    print(f"notification commands run with our words {len(ours)}, commands run by them "
          f"{int((folder / 'pwned').exists())}")
    assert not foreign and not forged and not (folder / "pwned").exists()
    assert len(comments) == before >= total - 50, "the texts that are nothing but forbidden characters aside"
    assert len(ours) >= PEOPLE - 10, "the notification command was not put to the test"
    program = rig.nagios.program()
    assert program["enable_notifications"] == "1" and rig.nagios.process.running() and rig.agent.process.running()
    if not (CGI / "extinfo.cgi").exists():
        print("nagios4-cgi is not installed: its pages are not looked at")
        return
    read, live, shown = live_markup(rig)
    print(f"pages {read}, our comments on them {shown}, live markup {len(live)}")
    assert shown >= before - 10 and not live, live[:5]
