"""A pytest plugin: which tests run one after the other, and on which worker of the run.

A file's tests run on one worker, one after the other, so that what the file makes for all of them
is made once; so do those of a `xdist_group`. Files that need the running platform come first, then
those that want it gone or install and start one of their own, then the others: its processes start
once and end once, and small files are left for the end of the run, when one worker waits for the
other.
"""

from collections import Counter

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

PLATFORM, ALONE, OTHERS = range(3)
ALONE_WITH = {"alone", "launch", "launched", "checkout"}


def unit_of(item: pytest.Item) -> str:
    """Return the name of what a test runs together with: its group, or else its file."""
    group = item.get_closest_marker("xdist_group")
    return group.args[0] if group else item.nodeid.partition("::")[0]


def stage_of(item: pytest.Item) -> int:
    """Return when a test wants to run, by what it asks of the platform's processes."""
    asked = set(getattr(item, "fixturenames", ()))
    if "running" in asked:
        return PLATFORM
    return ALONE if asked & ALONE_WITH else OTHERS


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order that this module describes; those of a unit stay as they are."""
    stages: dict[str, int] = {}
    for item in items:
        unit = unit_of(item)
        stages[unit] = min(stage_of(item), stages.get(unit, OTHERS))
    sizes = Counter(map(unit_of, items))
    items.sort(key=lambda item: (stages[unit_of(item)], -sizes[unit_of(item)], unit_of(item)))


class Units(LoadGroupScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out groups, and of tests in no group whole files, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return str(super()._split_scope(nodeid)).partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Units | None:
    """Return the scheduler of `--dist loadgroup`."""
    if config.option.dist != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return Units(config, log)
