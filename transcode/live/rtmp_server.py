"""nginx with its RTMP module: found, and told what to do.

One process (`master_process off`): it dies with whoever started it, and leaves no worker
behind. It records nothing, starts nothing, and asks us about every connection.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from transcode.live.addresses import APPLICATION, listen_address

# Debian keeps it where the PATH of people without rights does not lead.
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
# Below the folder above the program's own, as in /usr/sbin/nginx.
_MODULES = ("lib/nginx/modules", "lib64/nginx/modules")
_MODULE = "ngx_rtmp_module.so"

_CONFIGURATION = """\
load_module {module};
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


@dataclass(frozen=True)
class RtmpServer:
    """Where nginx and its RTMP module are."""

    program: Path
    module: Path


def installed() -> RtmpServer | None:
    """Find nginx; None where it, or its RTMP module, is not installed."""
    # The set-up puts a copy beside Python where the system's has no such module.
    beside = str(Path(sys.executable).parent)
    folders = [beside, os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS]
    found = shutil.which("nginx", path=os.pathsep.join(folders))
    if found is None:
        return None
    program = Path(found).resolve()
    modules = (program.parent.parent / folder / _MODULE for folder in _MODULES)
    module = next((path for path in modules if path.exists()), None)
    return RtmpServer(program, module) if module else None


def write_configuration(server: RtmpServer, folder: Path, door: str) -> Path:
    """Write nginx's configuration into a folder of its own; `door` is whom it asks."""
    path = folder / "nginx.conf"
    path.touch(mode=0o600)
    path.write_text(
        _CONFIGURATION.format(
            module=server.module,
            folder=folder,
            listen=listen_address(),
            application=APPLICATION,
            door=door,
        )
    )
    return path


def command(server: RtmpServer, configuration: Path) -> list[str]:
    """Return the argument list that starts it."""
    folder = str(configuration.parent)
    return [str(server.program), "-e", "stderr", "-p", folder, "-c", str(configuration)]
