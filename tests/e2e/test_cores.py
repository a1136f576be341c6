"""A module in a core that it was not built for: it says which one to load, and the core runs on."""

from pathlib import Path

import pytest

from nagios import CRITICAL
from rig import CORES, HOSTS, build_folder


@pytest.mark.parametrize("other", CORES)
def test_the_module_of_another_core(make_rig, core, other):
    module = build_folder() / other / "twicket.so"
    if other == core.name:
        pytest.skip("it is its own")
    if not module.exists():
        pytest.skip(f"no module for {other} is built")
    rig = make_rig(start=False)
    folder = rig.place.folder(f"lib/{other}")
    rig.nagios.module = rig.place.copy(module, folder / "twicket.so")
    rig.nagios.configure(HOSTS)
    rig.cleanup.stop(rig.nagios.start())
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    rig.nagios.reload()
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    lines = [line for line in rig.nagios.log().splitlines() if "twicket:" in line]
    assert len(lines) == 2, lines  # one a start
    for line in lines:
        assert f"load {Path(folder).parent}/{core.name}/twicket.so instead; the module does nothing" in line
