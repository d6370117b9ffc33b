"""nginx with its RTMP module: found, and told what to do.

One process (`master_process off`): it dies with whoever started it, and leaves no worker
behind. It records nothing, starts nothing, and asks us about every connection.
"""

import os
import shutil
from pathlib import Path

from transcode.live.addresses import APPLICATION, listen_address

# Debian keeps it where the PATH of people without rights does not lead.
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
_MODULES = (
    Path("/usr/lib/nginx/modules/ngx_rtmp_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_rtmp_module.so"),
    Path("/usr/local/lib/nginx/modules/ngx_rtmp_module.so"),
)

_CONFIGURATION = """\
{load}
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 256; }}
rtmp {{
    access_log off;
    server {{
        listen {listen};
        # A key frame of many megabits is one message.
        max_message 16M;
        ping 10s;
        ping_timeout 10s;
        application {application} {{
            live on;
            # Readers begin with a picture that they can show.
            wait_key on;
            wait_video on;
            # The end of a stream is said to its readers, then they are let go.
            publish_notify on;
            idle_streams off;
            drop_idle_publisher 15s;
            on_publish {door}/publish;
            on_publish_done {door}/left;
            on_play {door}/play;
            on_update {door}/stay;
            notify_update_timeout 1s;
            notify_update_strict on;
        }}
    }}
}}
"""


def program() -> str | None:
    """Return where nginx is; None where it, or its RTMP module, is not installed."""
    folders = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    return shutil.which("nginx", path=folders) if _module() else None


def _module() -> Path | None:
    return next((path for path in _MODULES if path.exists()), None)


def write_configuration(folder: Path, door: str) -> Path:
    """Write nginx's configuration into a folder of its own; `door` is whom it asks."""
    path = folder / "nginx.conf"
    path.touch(mode=0o600)
    path.write_text(
        _CONFIGURATION.format(
            load=f"load_module {_module()};",
            folder=folder,
            listen=listen_address(),
            application=APPLICATION,
            door=door,
        )
    )
    return path


def command(folder: Path, configuration: Path) -> list[str]:
    """Return the argument list that starts it. Raises: `FileNotFoundError` without nginx."""
    found = program()
    if found is None:
        raise FileNotFoundError("nginx")
    return [found, "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
