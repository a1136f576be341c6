"""Many things fail for one reason: one incident, told once to each audience (SPEC 4.5 cases 4 and 5)."""

import pytest

from filerig import NOC, PUBLIC, public_services
from nagios import CRITICAL, DOWN, OK, UNREACHABLE, UP

KNOWN = ["E-mail", "Webmail", "Calendar", "Mailing lists", "File share", "Wiki", "Printing"]


def one_host(services=200):
    plain = {f"disk{n:03}": {} for n in range(services - len(KNOWN))}
    return {"db1": {"services": {**public_services(KNOWN), **plain}}}


def names_in(text):
    """How many public names a post stands for: those that it names and the "n more"."""
    line = text.split(":")[0]
    more = int(line.split(" and ")[1].split()[0]) if "more" in line else 0
    return sum(name in line for name in KNOWN) + more


def fail_all(rig, hosts, state, output):
    for host, settings in hosts.items():
        for service in settings["services"]:
            rig.nagios.service(host, service, state, output)


@pytest.mark.icinga
def test_a_host_with_200_services_falls_and_comes_back(make_file_rig):
    """Services first, then their host; back in the other order: one post down, one up, for each audience."""
    hosts = one_host()
    rig = make_file_rig(hosts, hold=15)  # until the host is said to be down, too
    fail_all(rig, hosts, CRITICAL, "No route to host")
    rig.nagios.host("db1", DOWN, "PING CRITICAL - Packet loss = 100%")
    noc, = rig.wait_said(NOC, 1)
    assert "db1 DOWN since" in noc and "with its 200 services" in noc
    assert "Packet loss = 100%" in noc
    public, = rig.wait_said(PUBLIC, 1)
    assert names_in(public) == len(KNOWN), public
    assert "db1" not in public and "disk" not in public
    rig.nagios.host("db1", UP, "PING OK")
    fail_all(rig, hosts, OK, "fine")
    rig.wait_said(NOC, 2)
    rig.wait_said(PUBLIC, 2)
    rig.fence()
    for account in (NOC, PUBLIC):
        down, up = rig.said(account)
        assert "🔴" in down["text"] and "🟢" in up["text"]
        assert up["parent"] == down["key"]
        assert len(rig.tags(account)) == 1
    assert rig.tags(NOC) == rig.tags(PUBLIC), "one incident"


@pytest.mark.icinga
def test_services_that_were_told_before_their_host(make_file_rig):
    """The host is found DOWN when three of its services have been told: still at most two posts down and one up."""
    hosts = one_host(20)
    calm = {"update": "10m"}  # a slow machine fails the services one by one
    rig = make_file_rig(hosts, public=calm, operators=calm)
    for service in ("E-mail", "Webmail", "disk001"):
        rig.nagios.service("db1", service, CRITICAL, "No route to host")
    rig.wait_said(NOC, 1)
    rig.wait_said(PUBLIC, 1)
    rig.nagios.host("db1", DOWN, "PING CRITICAL")
    fail_all(rig, hosts, CRITICAL, "No route to host")
    rig.wait_said(NOC, 2)
    assert "db1 now DOWN" in rig.texts(NOC)[1]
    rig.fence()
    rig.fence()  # the public's update is due in the same second as the first one, and may come behind it
    assert len(rig.said(NOC)) == 2 and 1 <= len(rig.said(PUBLIC)) <= 2
    down = {account: len(rig.said(account)) for account in (NOC, PUBLIC)}
    rig.nagios.host("db1", UP, "PING OK")
    fail_all(rig, hosts, OK, "fine")
    for account, count in down.items():
        rig.wait_said(account, count + 1)
    rig.fence()
    for account, count in down.items():
        assert len(rig.said(account)) == count + 1, rig.texts(account)
        assert "🟢" in rig.texts(account)[-1]
        assert len(rig.tags(account)) == 1


# --- a router ---------------------------------------------------------------------------------

HOSTS = 20


def behind_a_router(parent="gw"):
    sites = {f"web{n:02}": {"parents": parent, "services": {"HTTP": {"_TWICKET_PUBLIC": f"Shop {n:02}"}}}
             for n in range(HOSTS)}
    return {"gw": {}, **sites}


def all_back(rig, root_posts):
    """The router and all behind it come back; one more post on each account, and no other."""
    rig.nagios.host("gw", UP, "PING OK")
    for n in range(HOSTS):
        rig.nagios.host(f"web{n:02}", UP, "PING OK")
        rig.nagios.service(f"web{n:02}", "HTTP", OK, "fine")
    for account, count in root_posts.items():
        rig.wait_said(account, count + 1)
    rig.fence()
    for account, count in root_posts.items():
        texts = rig.texts(account)
        assert len(texts) == count + 1 and "🟢" in texts[-1], texts


@pytest.mark.icinga
@pytest.mark.parametrize("first", ["hosts", "router"])
def test_a_router_with_20_hosts(make_file_rig, first):
    """In which order they are found does not matter: the router is the cause, and one incident is told."""
    rig = make_file_rig(behind_a_router(), hold=5, settings={"translate_passive_host_checks": 1})
    if first == "router":
        rig.nagios.host("gw", DOWN, "PING CRITICAL")
    for n in range(HOSTS):
        rig.nagios.service(f"web{n:02}", "HTTP", CRITICAL, "No route to host")
        rig.nagios.host(f"web{n:02}", DOWN, "no answer")
    if first == "hosts":
        rig.nagios.host("gw", DOWN, "PING CRITICAL")
        for n in range(0, HOSTS, 2):  # checked again, now that the router is known to be down
            rig.nagios.host(f"web{n:02}", DOWN, "no answer")
    noc, = rig.wait_said(NOC, 1)
    assert noc.startswith("🔴 gw DOWN since"), noc
    public, = rig.wait_said(PUBLIC, 1)
    assert f"and {HOSTS - 5} more: disruption since" in public
    assert rig.nagios.status("web00")["current_state"] == str(UNREACHABLE), "by the core's own reckoning"
    assert rig.nagios.status("web01")["current_state"] == str(UNREACHABLE if first == "router" else DOWN)
    all_back(rig, {NOC: 1, PUBLIC: 1})


@pytest.mark.icinga
def test_hosts_that_were_told_before_their_router(make_file_rig):
    """Late re-parenting: one "part of" line for each incident that was told, then only the router's is."""
    rig = make_file_rig(behind_a_router(), settings={"translate_passive_host_checks": 1})
    early = [f"web{n:02}" for n in range(3)]
    for host in early:
        rig.nagios.host(host, DOWN, "no answer")
    rig.wait_said(NOC, 3)
    rig.wait_said(PUBLIC, 3)
    rig.nagios.host("gw", DOWN, "PING CRITICAL")
    for n in range(HOSTS):
        rig.nagios.host(f"web{n:02}", DOWN, "no answer")
    texts = rig.wait_said(NOC, 3 + 1 + 3)
    root = next(p for p in rig.said(NOC) if "gw DOWN since" in p["text"])
    parts = [t for t in texts if "↪" in t]
    assert len(parts) == 3 and all("is part of gw #" in t for t in parts), texts
    rig.wait_said(PUBLIC, 3 + 1 + 3)
    assert len([t for t in rig.texts(PUBLIC) if "↪" in t]) == 3
    assert "parent" not in root
    all_back(rig, {NOC: 7, PUBLIC: 7})
    assert "gw UP" in rig.texts(NOC)[-1]


def test_hosts_behind_an_uplink_that_nobody_watches(make_file_rig):
    """All are UNREACHABLE and no ancestor is DOWN: that is what the operators are told, in one line."""
    rig = make_file_rig(behind_a_router())
    for n in range(6):
        rig.nagios.host(f"web{n:02}", UNREACHABLE, "no route")
    noc, = rig.wait_said(NOC, 1)
    assert noc.startswith("🔴 6 hosts UNREACHABLE since") and "outside of the monitoring" in noc
    public, = rig.wait_said(PUBLIC, 1)
    assert "Shop 00" in public and "disruption since" in public
    for n in range(6):
        rig.nagios.host(f"web{n:02}", UP, "PING OK")
    rig.wait_said(NOC, 2)
    rig.wait_said(PUBLIC, 2)
    rig.fence()
    assert len(rig.said(NOC)) == 2 and len(rig.said(PUBLIC)) == 2
