"""GOALS R6: hostile replies, display names, handles, names of hosts and services, and plugin output, into a real core,
its files, its pages and a notification command, and out again to both audiences, the terminal and the post-mortem.

Texts are generated from what worked on real cores; half of the danger is in how they are put together. The
CGIs are run by hand, as the web server would: those that tests/cgi.sh got, of the package nagios4-cgi, or of
TWICKET_CGI.
"""

import os
import random
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent import tag_of
from nagios import CRITICAL, read_blocks
from rig import build_folder, quick_config
from test_attacks import HARMLESS, TEXTS

CONFIRMED, COMMENT = 2, 3  # states of a reply
PEOPLE, NOTES = 100, 9  # each acknowledges one service and comments nine times: ten commands are a minute's worth
CGIS = [os.environ.get("TWICKET_CGI", ""), build_folder() / "core/cgi", "/usr/lib/cgi-bin/nagios4"]
CGI = next((Path(folder) for folder in CGIS if folder and (Path(folder) / "extinfo.cgi").exists()), None)
PIECES = ["$(touch {dir}/pwned)", "`touch {dir}/pwned`", "; touch {dir}/pwned ;", "| touch {dir}/pwned", "&& touch {dir}/pwned",
          "\"; touch {dir}/pwned; \"", "'; touch {dir}/pwned; '", "\\", ";1;1;1;root;forged", "\r\n[1] DISABLE_NOTIFICATIONS",
          "\n[1795302426] ADD_SVC_COMMENT;h00;S;1;root;forged", "\u2028[1] SHUTDOWN_PROGRAM", "}\nservicecomment {\nauthor=root\ncomment_data=forged\n}",
          "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "javascript:alert(1)",
          "&#60;script&#62;alert(1)", "<!--", "]]>", "<a href=//evil.example>", "$ADMINEMAIL$ $USER1$", "$NOTIFICATIONCOMMENT$",
          "'; DROP TABLE reply; --", "%0aDISABLE_NOTIFICATIONS", "\u202eevil\u2066", "\u200b", "\u001b[31m", "\u0007", "\x00",
          "$((1+1))", "${{IFS}}", "\uff1btouch", "*", "~root", "!!", "{{}}", "A" * 500]
COMMAND = re.compile(r"(ACKNOWLEDGE_SVC_PROBLEM;h\d\d;S;2;1;0;p\d\d;|ADD_SVC_COMMENT;h\d\d;S;1;p\d\d;)")
# Names that a core takes when its illegal_object_name_chars are relaxed; a `;` is a comment in its files.
NAMES = ["@mallory #outage", "$(touch {dir}/pwned)", "`touch {dir}/pwned`", "<script>alert(2)</script>", "\"><svg onload=alert(2)>",
         "https://names.example/x", "| touch {dir}/pwned & x", "'- DROP TABLE post- --", "$ADMINEMAIL$ $USER1$",
         "\u202eevil\u2066 \u200b", "*b* _i_ [x](javascript:alert(2))", "N" * 200, "$AAPL names.example", "\\n\\r%0a"]
HANDLES = ["mallory$(touch${IFS}{dir}/pwned)", "mallory`touch${IFS}{dir}/pwned`", "<script>alert(3)</script>", "p00;1;root;forged", "\"onload=alert(3)",
           "\u202eevil\u2066", "h" * 200, "#outage", "$AAPL", "[x](javascript:alert(3))", "../../etc/passwd", "p00\x1b[31m", "'--", "*b*_i_"]
# What a network would make a mention, a tag, a cashtag or a link of; our own tag in the last line apart
LIVE_ON_NETWORK = re.compile(r"(?<![\w/\[])[@#$][A-Za-z_]\w*|https?://|\w\.example\b")
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


def attack(dice, folder):
    text = "".join(dice.choice(["", " ", "x "]) + dice.choice(PIECES) for _ in range(dice.randint(1, 4)))
    return text.replace("{dir}", str(folder)).replace("{{", "{").replace("}}", "}").replace("\x00", "\ufffd")


def odd_folder(fake):
    """Where a name's command would leave its mark; it is there before the core is."""
    return fake.place.folder("odd", 0o777)


def odd_hosts(folder):
    """A host and a service of each odd name; the core would run some of them in its own notification command."""
    quiet = {"notifications_enabled": "0"}
    names = [name.replace("{dir}", str(folder)) for name in NAMES]
    return {name: {**quiet, "services": {f"S {name}": quiet}} for name in names}


def start(make_rig, fake):
    config = quick_config(fake, storm=0)
    config["accounts"]["noc"] = {**config["accounts"]["status"], "handle": fake.handle("mallory")}
    config["audiences"]["operators"] = {**config["audiences"]["public"], "accounts": ["noc"], "visibility": "direct"}
    config["people"] = {f"p{k:02}": {"mastodon": f"p{k:02}@evil{k:02}.example", "notify": True} for k in range(PEOPLE)}
    hosts = {f"h{k:02}": {"services": {"S": {"_TWICKET_PUBLIC": f"Thing {k:02}"}}} for k in range(PEOPLE)}
    fake.control("options", {"rate_limit": 1000000})
    return make_rig(server=fake, hosts={**hosts, **odd_hosts(odd_folder(fake))}, config=config,
                    settings={"illegal_object_name_chars": "~", "illegal_macro_output_chars": "~"},  # only our gate is left
                    tokens={"status": fake.tokens["status"], "noc": fake.tokens["mallory"]})


class Markup(HTMLParser):
    """What of our texts a browser would run or load: scripts, handlers, images and links to elsewhere.

    The names of hosts and services (2) are the core's own, and so is what its pages make of them.
    """

    def __init__(self):
        super().__init__()
        self.live = []

    def handle_starttag(self, tag, attrs):
        values = " ".join(f"{name}={value}" for name, value in attrs)
        if re.search(r"alert\([13]\)|evil\.example|\bsrc=x\b|onerror=alert", values):
            self.live.append(f"<{tag} {values}>")

    def handle_data(self, data):
        if self.lasttag == "script" and re.search(r"alert\([13]\)", data) and "/script" not in data:
            self.live.append(data[:80])


def no_pages(rig):
    """Why the core's pages are not looked at; "" when they are."""
    if rig.core.name == "naemon":
        return "Naemon has none, and Nagios' cannot read its files"
    return "" if CGI else "no nagios4-cgi"


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


def attack_objects(rig, fake, dice):
    """All fail, with hostile output. Returns how many of them there are."""
    names = [(name, f"S {name}") for name in odd_hosts(odd_folder(fake))]
    for host, service in [(f"h{k:02}", "S") for k in range(PEOPLE)] + names:
        output = attack(dice, rig.nagios.dir).replace("\n", " ").replace("\r", " ")[:800]
        rig.nagios.service(host, service, CRITICAL, output)
    return PEOPLE + len(names)


def attack_people(rig, fake, dice, roots):
    """Each person acknowledges once and comments, under a hostile display name."""
    folder = rig.nagios.dir
    for k in range(PEOPLE):
        user = f"p{k:02}@evil{k:02}.example"
        fake.control("user", {"name": user, "display_name": attack(dice, folder)[:100]})
        for n in range(1 + NOTES):
            text = TEXTS[k][4:] if not n and k < len(TEXTS) and TEXTS[k].startswith("ack ") else attack(dice, folder)
            text = ("note: " if n else "ack ") + text.replace("{dir}", str(folder))
            fake.control("reply", {"user": user, "text": "@status " + text, "in_reply_to_id": roots[f"{k:02}"],
                                   "visibility": "public"})
    return PEOPLE * (1 + NOTES)


def attack_handles(rig, fake, dice):
    """Strangers with hostile handles, who try to acknowledge, and who report what nobody knows."""
    folder = rig.nagios.dir
    for handle in HANDLES:
        user = handle.replace("{dir}", str(folder)) + "@evil.example"
        fake.control("user", {"name": user, "display_name": attack(dice, folder)[:100]})
        for text in ("ack " + attack(dice, folder), "nothing works " + attack(dice, folder)):
            fake.control("reply", {"user": user, "text": "@status " + text, "visibility": "public"})
    return 2 * len(HANDLES)


def forged_rows(rig):
    """Comments that are not as our people wrote them: in the core, and in what it reads again after a reload."""
    bad = [c for c in rig.nagios.comments() if not re.fullmatch(r"p\d\d", c["author"]) or not HARMLESS.fullmatch(c["comment_data"])]
    kept = [v for k, v in read_blocks(rig.nagios.dir / "retention.dat") if k == "servicecomment"]
    return bad + [c for c in kept if not re.fullmatch(r"p\d\d", c["author"])], len(kept)


def live_on_network(posts):
    """What a network would make clickable of what we said, the one who is answered and our tag apart."""
    live = []
    for post in posts:
        text = re.sub(r"\n#[TQ]\w{3}$", "", post["text"])
        text = re.sub(r"^@\S+", "", text) if post["in_reply_to_id"] or post["visibility"] == "direct" else text
        live += [(found, post["text"]) for found in LIVE_ON_NETWORK.findall(text)]
    return live


class Page(Markup):
    """Our own page has no scripts and no pictures at all."""

    def handle_starttag(self, tag, attrs):
        super().handle_starttag(tag, attrs)
        if tag in ("script", "img", "svg", "iframe", "object") or any(name.startswith("on") for name, _ in attrs):
            self.live.append(f"<{tag}>")


def what_we_show(rig, tags):
    """(texts, what a terminal would obey, what a browser would run) of the command line."""
    shown = [rig.agent.cli(*words).stdout for words in (("list",), ("list", "--tickets"), ("status",), ("audit",))]
    names = re.findall(r"Q-\w{4}", shown[1])
    assert len(names) >= len(HANDLES) // 2, "strangers' reports are not there"
    shown += [rig.agent.cli("show", name).stdout for name in [*tags, *names]] + [rig.agent.log()]
    controls = [line for text in shown for line in text.split("\n") if FORBIDDEN.search(line)]
    live = []
    for tag in tags:
        page = Page()
        page.feed(rig.agent.cli("show", tag, "--html").stdout)
        live += page.live
    return len(shown) + len(tags), controls, live


def test_a_thousand(make_rig, fake, record_property):
    rig, dice = start(make_rig, fake), random.Random(20261122)
    objects = attack_objects(rig, fake, dice)

    def posts(user):
        return [p for p in fake.control("posts") if p["account"]["acct"].split("@")[0] == user]

    rig.wait("all are told", lambda: len(posts("status")) >= PEOPLE and len(posts("mallory")) >= objects, 90, 0.5)
    roots = {re.search(r"Thing (\d\d)", p["text"]).group(1): p["id"] for p in posts("status")}
    total, strangers = attack_people(rig, fake, dice, roots), attack_handles(rig, fake, dice)
    read = "SELECT count(*) AS n FROM reply WHERE state NOT IN (0,1) AND person"

    def through():
        return rig.agent.query(read + "<>''")[0]["n"] >= total and rig.agent.query(read + "=''")[0]["n"] >= strangers - 4

    rig.wait("all replies are through", through, 240, 1)
    confirmed = f"SELECT count(*) AS n FROM reply WHERE person<>'' AND state IN ({CONFIRMED},{COMMENT})"
    before = rig.agent.query(confirmed)[0]["n"]
    rig.wait("the core's file has what it confirmed", lambda: len(rig.nagios.comments()) == before, 60, 1)
    rig.nagios.reload()  # what stands in the retention file is read again
    rig.wait("the core is back", lambda: len(rig.nagios.comments()) >= before, 30, 1)

    foreign = [c for c in rig.nagios.external_commands() if not COMMAND.match(c)]
    forged, kept = forged_rows(rig)
    pages = (rig.nagios.dir / "pages").read_text().splitlines() if (rig.nagios.dir / "pages").exists() else []
    ours = [line for line in pages if "- via p" in line]
    run = int((rig.nagios.dir / "pwned").exists()) + int((odd_folder(fake) / "pwned").exists()) + len(foreign)
    clickable = live_on_network(posts("status") + posts("mallory"))
    tags = sorted({tag_of(p["text"]) for p in posts("mallory") if tag_of(p["text"])})
    shown, controls, live = what_we_show(rig, tags[::4])
    cgi_pages, cgi_live, cgi_shown = live_markup(rig) if not no_pages(rig) else (0, [], 0)
    texts = total + strangers + PEOPLE + len(HANDLES) + len(HANDLES) + 2 * len(NAMES) + objects
    line = (f"R6: {texts} texts, 6 fields (reply, display name, handle, host, service, output), {len(ours)} notification commands, "
            f"{kept} kept comments, {cgi_pages} CGI pages, {shown} pages of ours: {run} commands run, {len(forged)} forged rows, "
            f"{len(live) + len(cgi_live) + len(clickable) + len(controls)} live markup")
    record_property("goal", line + (f" ({no_pages(rig)})" if no_pages(rig) else ""))
    print(line)
    assert not run and not forged, (foreign[:3], forged[:3])
    assert not live and not cgi_live and not clickable and not controls, (live[:3], cgi_live[:3], clickable[:3], controls[:3])
    assert len(rig.nagios.comments()) == before >= total - 50, "the texts that are nothing but forbidden characters aside"
    assert len(ours) >= PEOPLE - 10, "the notification command was not put to the test"
    assert not cgi_pages or cgi_shown >= before - 10, "our comments are not on the pages that were looked at"
    program = rig.nagios.program()
    assert program["enable_notifications"] == "1" and rig.nagios.process.running() and rig.agent.process.running()
    # past our gate the same words are run: what was looked for would have been found
    rig.nagios.command(f"ACKNOWLEDGE_SVC_PROBLEM;h00;S;2;1;0;admin;$(touch {rig.nagios.dir}/proof)")
    rig.wait("the core runs what nobody kept from it", (rig.nagios.dir / "proof").exists, 20, 0.2)
