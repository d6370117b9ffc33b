"""The copy of nginx that takes live streams in: fetched where the system has none of use."""

import subprocess
from pathlib import Path

import pytest

from backend.bootstrap import nginx


def say(folder: Path, name: str, script: str) -> None:
    """Write a program."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """Return folders for the set-up on a system without nginx, where apt-get brings packages."""
    monkeypatch.setattr(nginx, "SYSTEM", tmp_path / "nowhere")
    programs = tmp_path / "programs"
    say(programs, "apt-get", 'echo "$3" >> asked; touch "$3_1.deb"; cp asked ../asked')
    files = "mkdir -p $3/usr/sbin $3/usr/lib/nginx/modules; touch $3/usr/sbin/nginx"
    say(programs, "dpkg-deb", f"{files} $3/usr/lib/nginx/modules/ngx_rtmp_module.so")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    state, linked = tmp_path / "state", tmp_path / "bin"
    state.mkdir()
    linked.mkdir()
    return state, linked


def test_what_cannot_be_fetched_is_said_and_stops_nothing(bare, tmp_path, capsys):
    say(tmp_path / "programs", "apt-get", "exit 100")
    nginx.offer(*bare)
    assert "no live streams" in capsys.readouterr().out
    assert list(bare[1].iterdir()) == []


def test_half_a_package_is_not_taken(bare, tmp_path, capsys):
    say(tmp_path / "programs", "dpkg-deb", "mkdir -p $3/usr/sbin; touch $3/usr/sbin/nginx")
    nginx.offer(*bare)
    assert "no live streams" in capsys.readouterr().out
    assert not (bare[0] / "nginx").exists()


def test_the_packages_are_unpacked_once_and_nothing_is_installed(bare, capsys):
    for _ in range(2):
        nginx.offer(*bare)
    assert (bare[1] / "nginx").resolve() == bare[0] / "nginx" / "usr" / "sbin" / "nginx"
    assert (bare[0] / "asked").read_text().split() == list(nginx.PACKAGES)
    assert capsys.readouterr().out.count("Fetching") == 1


def test_a_link_to_a_copy_that_is_gone_is_made_again(bare):
    (bare[1] / "nginx").symlink_to(bare[0] / "gone")
    nginx.offer(*bare)
    assert (bare[1] / "nginx").exists()


def test_a_system_that_has_it_is_left_alone(bare, tmp_path):
    system = tmp_path / "nowhere"
    subprocess.run(["dpkg-deb", "-x", "any", str(tmp_path / "made")], check=True)
    (tmp_path / "made" / "usr").rename(system)
    nginx.offer(*bare)
    assert list(bare[1].iterdir()) == []
