"""Programs and fonts: what is missing of them is installed with apt-get."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .problems import SetupImpossible

PROGRAMS = {
    "ffmpeg": "ffmpeg",
    "ffprobe": "ffmpeg",
    "tesseract": "tesseract-ocr",
    "pdftoppm": "poppler-utils",
    "file": "file",
    "setpriv": "util-linux",
    "npm": "npm",
}
LANGUAGES = ("eng", "rus", "fra", "osd")
LIBRARIES = {"libmagic.so.1": "libmagic1"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FONTS = {"DejaVuSans.ttf": "fonts-dejavu-core", "LiberationSans-Regular.ttf": "fonts-liberation"}
FONT_ROOT = Path("/usr/share/fonts")
REDIS = Path("/usr/bin/redis-check-rdb")


def install_missing(purpose: str) -> None:
    """Install the packages that are missing. Raises: `SetupImpossible`."""
    packages = missing_packages(purpose)
    if not packages:
        return
    words = " ".join(packages)
    command = apt_get()
    if command is None:
        raise SetupImpossible("Install these packages, then try again: " + words + ".")
    print("Installing " + words + " ...", flush=True)  # noqa: T201
    root = command[: command.index("env")]
    # What a set-up that was killed has left half installed.
    subprocess.run([*root, "dpkg", "--configure", "-a"], stdout=subprocess.DEVNULL, check=False)
    if "postgresql" in packages:
        forbid_cluster(root)
    run_apt([*command, "update", "-qq"], words)
    run_apt([*command, "install", "-y", "-qq", "--no-install-recommends", *packages], words)
    still = missing_packages(purpose)
    if still:
        raise SetupImpossible("Install these packages, then try again: " + " ".join(still) + ".")


def missing_packages(purpose: str) -> list[str]:
    """Return the packages that are not there, in a fixed order."""
    wanted = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    wanted.update(package for name, package in LIBRARIES.items() if not loads(name))
    wanted.update("tesseract-ocr-" + language for language in missing_languages())
    if not shutil.which("redis-server") and not REDIS.exists():
        wanted.add("redis-tools")
    if not has_venv():
        wanted.add("python3.%d-venv" % sys.version_info[1])  # noqa: UP031
    if purpose != "run":
        wanted.update(missing_for_tests())
    if purpose == "postgres" and not postgres_folder():
        wanted.add("postgresql")
    return sorted(wanted)


def missing_for_tests() -> set[str]:
    """Return what only the tests need: a browser and fonts to draw pages with."""
    wanted = {package for name, package in FONTS.items() if not list(FONT_ROOT.rglob(name))}
    # Ubuntu's package of that name only points to a snap; there the browser comes with playwright.
    if not is_ubuntu() and not any(map(shutil.which, BROWSERS)):
        wanted.add("chromium")
    return wanted


def missing_languages() -> list[str]:
    """Return the languages that tesseract has no data for."""
    if not shutil.which("tesseract"):
        return list(LANGUAGES)
    listed = subprocess.run(
        ["tesseract", "--list-langs"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    ).stdout.decode()
    return [language for language in LANGUAGES if language not in listed.split()]


def is_ubuntu() -> bool:
    """Return whether this is Ubuntu (os-release(5))."""
    try:
        return "ID=ubuntu" in Path("/etc/os-release").read_text().split()
    except OSError:
        return False


def loads(library: str) -> bool:
    """Return whether a shared library is there."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_venv() -> bool:
    """Return whether this Python can make virtual environments: Debian splits that off."""
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip and venv)


def postgres_folder() -> Path | None:
    """Return the folder of PostgreSQL's programs; Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    in_path = shutil.which("initdb")
    return found[-1].parent if found else Path(in_path).parent if in_path else None


def forbid_cluster(root: list[str]) -> None:
    """Keep Debian's PostgreSQL from making a database and starting a service of its own."""
    script = (
        "f=/etc/postgresql-common/createcluster.conf; mkdir -p ${f%/*};"
        "[ -e $f ] || echo 'create_main_cluster = false' > $f"
    )
    subprocess.run([*root, "sh", "-c", script], check=True)


def apt_get() -> list[str] | None:
    """Return how to call apt-get as root, or None where that is impossible."""
    if not shutil.which("apt-get"):
        return None
    settings = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if os.geteuid() == 0:
        return settings
    if not shutil.which("sudo"):
        return None
    # With a terminal sudo may ask for the password; without one it must not wait for it.
    ask = [] if sys.stdin.isatty() else ["-n"]
    allowed = subprocess.run(["sudo", *ask, "-v"], stderr=subprocess.DEVNULL, check=False)
    return ["sudo", *ask, *settings] if allowed.returncode == 0 else None


def run_apt(command: list[str], words: str) -> None:
    """Run apt-get. Raises: `SetupImpossible`."""
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold"]
    at = command.index("apt-get") + 1
    result = subprocess.run(
        [*command[:at], *options, *command[at:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if result.returncode and command[at] == "install":
        reason = (result.stderr.decode(errors="replace").strip() or "no reason given").splitlines()
        raise SetupImpossible("apt-get could not install " + words + ": " + reason[-1])


def offer_redis(folder: Path) -> None:
    """Put `redis-server` into a folder of programs where the system has no such name.

    Debian's redis-server package starts a service of its own; the program itself lies in
    redis-tools under another name, and tells by its name what it is to do.
    """
    link = folder / "redis-server"
    if not shutil.which("redis-server") and not link.exists():
        link.symlink_to(REDIS)
