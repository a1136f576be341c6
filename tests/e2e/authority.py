"""An authority of the tests' own, for whoever speaks TLS on loopback: a private CA, as Icinga has one.

Used by icinga.py and the scripted Icinga. Made once in a run, by openssl, with keys that cost nothing;
Icinga's own (`icinga2 pki new-ca`) are of 4096 bits and of the same form. Must never leave a temporary folder.
"""

import functools
import subprocess
import tempfile
from pathlib import Path

CA = "Icinga CA"
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def _openssl(folder, *words):
    done = subprocess.run(["openssl", *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {words[0]}: {done.stdout}")


def _sign(folder, name):
    """A certificate for one name, which stands in it in both places."""
    (folder / "extensions").write_text(f"basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:{name}\n")
    _openssl(folder, "req", "-new", *KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
             "-days", "30", "-extfile", "extensions", "-out", f"{name}.crt")


@functools.cache
def keys(names, ca=CA):
    """{file: text}: ca.crt, and NAME.crt and NAME.key of each name; another `ca` is another authority."""
    with tempfile.TemporaryDirectory(prefix="twicket-keys-") as path:
        folder = Path(path)
        _openssl(folder, "req", "-x509", *KEY, "-subj", f"/CN={ca}", "-days", "30", "-keyout", "ca.key", "-out",
                 "ca.crt")
        for name in names:
            _sign(folder, name)
        files = ["ca.crt", *(f"{name}.{kind}" for name in names for kind in ("crt", "key"))]
        return {name: (folder / name).read_text() for name in files}
