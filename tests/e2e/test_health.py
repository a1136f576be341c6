"""Nagios watches its own mouth: check_twicket as a service of the real core, the metrics file, and the log."""

import json
import os
import re
import subprocess
import time

from nagios import CRITICAL, OK, UNKNOWN, WARNING, read_blocks
from rig import TOP, agent_folder

PLUGIN_HOSTS = {"localhost": {}, "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}}}}

# What Debian's own objects have and the rig's have not
NEEDED = """\
define timeperiod {
    timeperiod_name  24x7
    alias            always
    sunday           00:00-24:00
    monday           00:00-24:00
    tuesday          00:00-24:00
    wednesday        00:00-24:00
    thursday         00:00-24:00
    friday           00:00-24:00
    saturday         00:00-24:00
}
define contact {
    contact_name                   nagiosadmin
    host_notification_period       24x7
    service_notification_period    24x7
    host_notification_commands     passive
    service_notification_commands  passive
}
"""


def with_plugin(rig):
    """The service of contrib as it stands there, its $USER1$ a folder with the plugin and a run folder of ours."""
    place, folder = rig.place, rig.place.folder("plugins")
    place.copy(agent_folder() / "check_twicket", "plugins/check_twicket.real")
    script = f"#!/bin/sh\nASAN_OPTIONS=detect_leaks=1 exec {folder}/check_twicket.real -r {rig.agent.run} \"$@\"\n"
    place.write(folder / "check_twicket", script, 0o755)
    os.chmod(folder / "check_twicket.real", 0o755)
    place.write(rig.nagios.dir / "resource.cfg", f"$USER1$={folder}\n")
    place.write(rig.nagios.dir / "needed.cfg", NEEDED)
    place.write(rig.nagios.dir / "twicket.cfg", (TOP / "contrib/nagios/twicket.cfg").read_text())
    main = (rig.nagios.dir / "nagios.cfg").read_text()
    more = "".join(f"cfg_file={rig.nagios.dir}/{name}.cfg\n" for name in ("needed", "twicket"))
    place.write(rig.nagios.dir / "nagios.cfg", main + f"resource_file={rig.nagios.dir}/resource.cfg\n" + more)


def service(rig):
    """What the core thinks of the service `twicket`, its output first."""
    for kind, values in read_blocks(rig.nagios.dir / "status.dat"):
        if kind == "servicestatus" and values.get("service_description") == "twicket":
            return values
    return {}


def wait_state(rig, state, words):
    def look():
        now = service(rig)
        return now.get("current_state") == str(state) and words in now.get("plugin_output", "") and now

    return rig.wait(f"the core has check_twicket at {state} with {words!r}", look, 40, 0.2)


def test_the_core_checks_its_own_mouth(make_file_rig):
    """Well, then an agent that is paused, killed, back: each seen by the core within a check or two."""
    settings = {"execute_service_checks": 1, "interval_length": 2}
    rig = make_file_rig(PLUGIN_HOSTS, start=False, settings=settings, more={"metrics_file": "/nonexistent/m.prom"})
    with_plugin(rig)
    rig.start()
    well = wait_state(rig, OK, "TWICKET OK - ")
    assert "1 core, 2 accounts" in well["plugin_output"]
    assert "'open'=0" in well["performance_data"] and "'pub_queue_age'=0s;600;3600" in well["performance_data"]
    rig.agent.cli("pause", "public", "press office speaks")
    wait_state(rig, WARNING, "public paused by ")
    rig.agent.cli("resume", "public")
    wait_state(rig, OK, "TWICKET OK - ")
    rig.agent.kill()
    wait_state(rig, CRITICAL, "twicketd does not answer")
    rig.agent.start()
    wait_state(rig, OK, "TWICKET OK - ")
    assert "metrics_file /nonexistent/m.prom: No such file" in rig.agent.log()


def test_a_core_that_goes_away(make_file_rig):
    """`twicket status` says what is missing; the metrics file says it, too, and is whole at any moment."""
    rig = make_file_rig(PLUGIN_HOSTS)
    assert "core mon1 has" not in rig.agent.cli("status").stdout
    path = rig.place.folder("prom") / "twicket.prom"
    rig.agent.configure(rig.config({"metrics_file": str(path)}))
    rig.agent.reload()
    rig.wait("the metrics file", path.exists, 30, 0.2)
    assert 'twicket_core_connected{core="mon1"} 1' in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644
    rig.nagios.stop()

    def gone():
        return 'twicket_core_connected{core="mon1"} 0' in path.read_text()

    rig.wait("the metrics file says that the core is away", gone, 40, 0.2)
    assert path.read_text().endswith("\n")
    assert "mon1" in rig.agent.cli("status").stdout and "away for" in rig.agent.cli("status").stdout
    assert rig.agent.cli("status", "--metrics").stdout.startswith("# HELP twicket_info")


# How -w is given, and how it stands in the performance data; None: wrong usage
RANGES = {
    "10": "10", "10:": "10:", "~:10": "~:10", "10:20": "10:20", "@10:20": "@10:20", "@10": "@10", "0": "", "~:": "~:",
    "20:10": None, "@": None, ":": None, "": None, "~": None, "5:x": None, "5:5x": None, "10:99999999999": None,
    "99999999999999999999": None, "-5": None, "1.5": None, "10,20": None,
}


def test_ranges_of_the_guidelines(make_file_rig):
    rig = make_file_rig(PLUGIN_HOSTS)

    def plugin(*words):
        argv = [agent_folder() / "check_twicket", "-r", rig.agent.run, *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)

    for given, shown in RANGES.items():
        done = plugin("-w", given, "-c", "7")
        if shown is None:
            assert (done.returncode, done.stdout[:20]) == (UNKNOWN, "TWICKET UNKNOWN - no"), given
        else:
            assert f"'noc_queue_age'=0s;{shown};7 " in done.stdout, given
    done = plugin("--budget", "50:,~:90", "--denied", "@3:4,@0:0")
    assert done.returncode == CRITICAL and "'noc_posts_today'=0;500:;~:900 " in done.stdout
    assert "'denied'=0;@3:4;@0 " in done.stdout
    assert plugin("--read", "5").returncode == plugin("--read", "5,10,15").returncode == UNKNOWN
    assert all(len(line) <= 80 for line in plugin("-h").stdout.splitlines())


def test_reload_back_to_what_is_the_default(make_file_rig):
    """A log of JSON has no other line, whatever is wrong with the file; a zone that is gone is no longer used."""
    rig = make_file_rig(PLUGIN_HOSTS, more={"log_format": "json", "timezone": "Pacific/Kiritimati", "database": "host=x"})
    keys = rig.config()
    rig.agent.configure("log = \"info;\n")
    rig.agent.reload()
    rig.wait("the error in the log", lambda: "the running configuration stays" in rig.agent.log(), 10, 0.1)
    del keys["timezone"]
    rig.agent.configure(keys)
    rig.agent.reload()
    rig.wait("the reload in the log", lambda: "configuration reloaded" in rig.agent.log(), 10, 0.1)
    rig.nagios.service("mx1", "SMTP", CRITICAL, "down")
    said = time.localtime()
    [text] = rig.wait_said("noc", 1)
    assert abs(int(re.search(r"since (\d\d):\d\d", text)[1]) - said.tm_hour) in (0, 1, 23), text
    lines = [json.loads(line) for line in rig.agent.log().splitlines()]
    told = [line["text"] for line in lines if line["component"] == "config"]
    assert any("database: does nothing" in text for text in told), told
    assert any("The rest of the file was not looked at." in text for text in told), told
