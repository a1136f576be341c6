"""GOALS C2, C3 and C5: how much is said. Counted in scenarios that are written here and run by
tests/scenario/run: the whole agent on a virtual clock, with the defaults of its configuration, but
for the budgets of the accounts: what is too much is not to be hidden by those.

The public is told on Mastodon and on X, operators on Mastodon; what counts is the account that
heard the most. C1 and C4, what that costs on X, are x.py's.
"""

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import x
from stand import judge, note

from proc import RigError  # tests/e2e, which stand.py leads to

LIMITS = "posts_per_hour = 100000; posts_per_day = 100000;"
CONFIG = f"""\
    accounts = {{ status = {{ network = "mastodon"; handle = "status@social.example.org"; {LIMITS} }};
                 status_x = {{ network = "x"; handle = "example_status"; usd_per_month = 1000; {LIMITS} }};
                 noc = {{ network = "mastodon"; handle = "noc@social.example.org"; {LIMITS} }}; }};
    audiences = {{ public = {{ accounts = [ "status", "status_x" ]; }};
                  operators = {{ accounts = [ "noc" ]; }}; }};
"""
ACCOUNTS = ("status", "status_x", "noc")
POST = re.compile(r"^> (\d\d:\d\d:\d\d) post \d+ on ([a-z_]+),")
SERVICES, NAMED = 200, 7
FLAP_S, FLAP_FOR_S = 30, 2 * 3600
ABSENT, LIVE = 10000, 40  # events while the agent is away; problems that are there when it comes back
BEGIN_S = 3 * 3600  # scenarios begin at 03:00:00


def at(seconds):
    """The time of day, so long after the beginning."""
    seconds += BEGIN_S
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def run_scenario(build, name, lines):
    """{account: [seconds from the beginning]} of all posts."""
    with tempfile.TemporaryDirectory(prefix="twicket-") as folder:
        path = Path(folder) / f"{name}.txt"
        path.write_text(CONFIG + "\n".join(lines) + "\n")
        done = subprocess.run([build / "scenario/run", "--update", path], capture_output=True, text=True, timeout=240)
        if done.returncode:
            raise RigError(f"{name}: {done.stdout}")
        posts = {account: [] for account in ACCOUNTS}
        for line in path.read_text().splitlines():
            if found := POST.match(line):
                h, m, s = map(int, found[1].split(":"))
                posts[found[2]].append(h * 3600 + m * 60 + s - BEGIN_S)
    if not any(posts.values()):
        raise RigError(f"{name}: nobody was told anything")
    return posts


def counts(posts, begin=0, end=86400):
    return Counter({account: sum(begin <= t < end for t in times) for account, times in posts.items()})


def shown(counter):
    return ", ".join(f"{account} {counter[account]}" for account in ACCOUNTS)


# --- C2 ------------------------------------------------------------------------------------------


def host_goes_down(build, host_s, what):
    """SERVICES go CRITICAL within 20 s from minute 10 on, their host goes DOWN host_s after the first."""
    names = [f"service-{k:03}" for k in range(SERVICES)]
    public = {name: f"Thing+{k}" for k, name in enumerate(names[:NAMED])}
    lines = ["object big " + " ".join(f"service={n} ._TWICKET_PUBLIC={p}" for n, p in public.items())]
    lines += [f"object big/{n}" + (f" _TWICKET_PUBLIC={public[n]}" if n in public else "") for n in names]
    lines.append(f"{at(1)} connect")
    down, up = 600, 600 + 25 * 60
    events = [(down + k // 10, f"state big/{n} CRITICAL hard No route to host") for k, n in enumerate(names)]
    events += [(down + host_s, "state big DOWN hard PING CRITICAL - Packet loss = 100%"),
               (up, "state big UP hard PING OK")]
    events += [(up + 5 + k // 4, f"state big/{n} OK hard fine") for k, n in enumerate(names)]
    lines += [f"{at(s)} {line}" for s, line in sorted(events, key=lambda event: event[0])]
    lines.append(f"{at(up + 3 * 3600)} wait")
    posts = run_scenario(build, "c2", lines)
    fall, rise = counts(posts, end=up), counts(posts, begin=up)
    note(f"C2 {what}: down: {shown(fall)}; up: {shown(rise)}")
    return max(fall.values()), max(rise.values())


def c2(build):
    measured = [host_goes_down(build, 30, "services first"), host_goes_down(build, 0, "host first")]
    judge("C2.posts_down", max(fall for fall, _ in measured), 2)
    judge("C2.posts_up", max(rise for _, rise in measured), 1)


# --- C3 ------------------------------------------------------------------------------------------


def c3(build):
    lines = ["object mx1 service=SMTP ._TWICKET_PUBLIC=E-mail", "object mx1/SMTP _TWICKET_PUBLIC=E-mail",
             f"{at(1)} connect"]
    for k in range(FLAP_FOR_S // FLAP_S):
        lines.append(f"{at(600 + k * FLAP_S)} state mx1/SMTP " + ("OK hard fine" if k % 2 else "CRITICAL hard timeout"))
    lines.append(f"{at(600 + FLAP_FOR_S + 3 * 3600)} wait")
    told = counts(run_scenario(build, "c3", lines))
    note(f"C3: {FLAP_FOR_S // FLAP_S} changes: {shown(told)}")
    judge("C3.posts", max(told.values()), 4)


# --- C5 ------------------------------------------------------------------------------------------


def c5(build):
    blips = (ABSENT - LIVE) // 2
    bad = [f"bad-{k:02}" for k in range(LIVE)]
    lines = [f"object {h}/HTTP _TWICKET_PUBLIC=Site+{h}" for h in bad]
    lines += [f"object web-{k:04}/HTTP" for k in range(blips)]
    away, back = 600, 600 + 3 * 3600
    lines += [f"{at(1)} connect", f"{at(away)} kill"]
    events = [(away + 1 + k * 2, f"state web-{k:04}/HTTP {state}") for k in range(blips)
              for state in ("CRITICAL hard timeout", "OK hard fine")]
    events += [(away + 1 + k * 200, f"state {h}/HTTP CRITICAL hard timeout") for k, h in enumerate(bad)]
    lines += [f"{at(s)} {line}" for s, line in sorted(events, key=lambda event: event[0])]
    lines += [f"{at(back)} start", f"{at(back)} connect", f"{at(back + 20 * 60)} list"]
    told = counts(run_scenario(build, "c5", lines))
    note(f"C5: {len(events)} events, {LIVE} problems live at the end of {(back - away) // 3600} h: {shown(told)}")
    judge("C5.posts", max(told.values()), LIVE + 1)


def run(build):
    if not (build / "scenario/run").exists():
        raise RigError("tests/scenario/run is not built")
    c2(build)
    c3(build)
    c5(build)
    x.run(build)
