"""Where the blocking parts of an upload run: small pools, so that the slow ones, a purpose
or a view that looks at content, hold up neither a HEAD nor the bytes of somebody else.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar, cast

from channels.db import database_sync_to_async

T = TypeVar("T")
P = ParamSpec("P")

_ROWS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tus-rows")
_PURPOSES = ThreadPoolExecutor(max_workers=8, thread_name_prefix="tus-purposes")
_CONTENTS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="tus-contents")
_VIEWS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="form-views")
_DISK = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tus-disk")


async def with_rows(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what only reads and writes a few rows."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_ROWS)
    return cast(T, await call(*args, **kwargs))


async def with_purpose(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what calls a purpose, and looks into no file."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_PURPOSES)
    return cast(T, await call(*args, **kwargs))


async def with_content(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what has a purpose look into a file, which a hostile one makes last half a minute."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_CONTENTS)
    return cast(T, await call(*args, **kwargs))


async def with_view(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run the view of a form that has come, which may look at its files."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_VIEWS)
    return cast(T, await call(*args, **kwargs))


async def on_disk(function: Callable[..., T], *args: object) -> T:
    """Run what only writes to a file."""
    return await asyncio.get_running_loop().run_in_executor(_DISK, function, *args)
