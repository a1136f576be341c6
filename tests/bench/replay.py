"""`twicket replay` on old logs of 100,000 and of 1,000,000 lines: CPU, and memory that does not grow.

The logs come from tests/replay/genlog.py; the objects from the objects.cache beside them.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from stand import Cleanup, Place, judge, note, proc_kib

from proc import RigError

GENLOG = Path(__file__).resolve().parents[1] / "replay/genlog.py"
SIZES = (100_000, 1_000_000)
GOAL_CPU_S = 60  # for the longer one
SAMPLE_S = 0.05
GOAL_GROWTH = 1.25  # of the memory, from the shorter to the longer one
CONFIG = """
state_dir = "{path}/state";
run_dir = "{path}/run";
accounts = {{
  status = {{ network = "mastodon"; handle = "status@social.example.net"; }};
  status_x = {{ network = "x"; handle = "examplenet"; }};
  noc = {{ network = "mastodon"; handle = "noc@social.example.net"; }};
}};
audiences = {{
  public = {{ accounts = [ "status", "status_x" ]; announce = [ "1h" ]; quiet_hours = "22:00-07:00"; }};
  operators = {{ accounts = [ "noc" ]; }};
}};
"""


def measure(argv, output):
    """(CPU seconds, largest resident KiB, its output). What the kernel keeps of a child counts us as well."""
    with output.open("w") as out, subprocess.Popen(argv, stdout=out, stderr=out) as child:
        kib = 0
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            kib = max(kib, proc_kib(child.pid, "VmHWM"))
            time.sleep(SAMPLE_S)
        child.returncode = os.waitstatus_to_exitcode(ended[1])
    text = output.read_text()
    if child.returncode:
        raise RigError(f"{argv[-3]}: exit status {child.returncode}: {text[-500:]}")
    return ended[2].ru_utime + ended[2].ru_stime, kib, text


def run(build):
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        path = Path(place.path)
        config, cache = path / "twicket.cfg", path / "objects.cache"
        config.write_text(CONFIG.format(path=path))
        kib = []
        for lines in SIZES:
            log = path / f"{lines}.log"
            subprocess.run([sys.executable, "-B", GENLOG, str(lines), log, cache], check=True, stdout=subprocess.DEVNULL)
            cpu_s, rss, text = measure(
                [build / "twicket", "-c", config, "replay", log, "--objects", cache], path / "output"
            )
            log.unlink()
            note(f"{lines} lines: {cpu_s:.1f} s CPU, {rss / 1024:.1f} MiB; {text.splitlines()[0]}")
            kib.append(rss)
        judge("replay.cpu_1m", cpu_s, GOAL_CPU_S, unit="s")
        judge("replay.rss_growth", kib[1] / kib[0], GOAL_GROWTH)
