"""nginx and its RTMP module, which take live streams in: unpacked, not installed.

Debian's package starts a web server on port 80 that nobody asked for, now and at every
start of the machine. The platform runs a copy of its own, so the packages are fetched and
unpacked into the checkout: no service, no rights needed.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

MODULE = Path("lib/nginx/modules/ngx_rtmp_module.so")
SYSTEM = Path("/usr")
# Ubuntu keeps the program in nginx-core; elsewhere that is a package without files.
PACKAGES = ("nginx", "nginx-core", "libnginx-mod-rtmp")
MISSING = "nginx with its RTMP module could not be fetched: there will be no live streams."


def offer(state: Path, programs: Path) -> None:
    """Put `nginx` into a folder of programs where the system has none with the module."""
    if is_complete(SYSTEM):
        return
    folder = state / "nginx"
    if not is_complete(folder / "usr") and not fetch(folder):
        print(MISSING, flush=True)  # noqa: T201
        return
    link = programs / "nginx"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(folder / "usr" / "sbin" / "nginx")


def is_complete(prefix: Path) -> bool:
    """Return whether program and module lie below a prefix such as /usr."""
    return (prefix / "sbin" / "nginx").exists() and (prefix / MODULE).exists()


def fetch(folder: Path) -> bool:
    """Fetch and unpack the packages; a folder that is there is whole."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return False
    print("Fetching nginx's RTMP module ...", flush=True)  # noqa: T201
    with tempfile.TemporaryDirectory(dir=str(folder.parent)) as made:
        target = Path(made) / "nginx"
        for package in PACKAGES:
            unpack(package, Path(made), target)
        if not is_complete(target / "usr"):
            return False
        shutil.rmtree(str(folder), ignore_errors=True)
        target.rename(folder)
    return True


def unpack(package: str, folder: Path, target: Path) -> None:
    """Unpack one package; what cannot be had is found missing afterwards."""
    command = ["apt-get", "download", "-qq", package]
    subprocess.run(command, cwd=str(folder), capture_output=True, check=False)
    for archive in folder.glob(package + "_*.deb"):
        command = ["dpkg-deb", "-x", str(archive), str(target)]
        subprocess.run(command, capture_output=True, check=False)
