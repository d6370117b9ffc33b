"""Who sends a live stream, and a stand-in runner that encodes one with a real ffmpeg."""

import shutil
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.support.stand_in_runner import StandInRunner
from tests.support.waiting import wait_until

_FFMPEG = ("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y")


def is_listening():
    """Return whether the ingest is there."""
    try:
        with socket.create_connection(("127.0.0.1", settings.TRANSCODE_LIVE_RTMP_PORT), 1):
            return True
    except OSError:
        return False


def pattern(duration_s, *, has_sound=True):
    """Return ffmpeg's arguments for a paced test stream of 640x360, a key frame each second."""
    sound = ("-re", "-f", "lavfi", "-i", "sine=440:sample_rate=44100") if has_sound else ()
    return [
        *("-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30", *sound),
        *("-t", str(duration_s), "-c:v", "libx264", "-preset", "ultrafast", "-g", "30"),
        *("-pix_fmt", "yuv420p", *(("-c:a", "aac") if has_sound else ()), "-f", "flv"),
    ]


def send(new_live, duration_s, key=None, **options):
    """Begin to send a stream; give the process."""
    wait_until(is_listening)
    address = f"{new_live.rtmp_url}/{key or new_live.stream_key}"
    return subprocess.Popen(
        [*_FFMPEG, *pattern(duration_s, **options), address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def sending(new_live, duration_s, **options):
    """Send a stream meanwhile; it ends with the block at the latest."""
    process = send(new_live, duration_s, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class LiveRunner:
    """Does a live job as the runner does: probes, encodes, sends chunks several at a time."""

    def __init__(self, http: StandInRunner, job, folder: Path):
        self.http, self.job, self.folder = http, job, folder
        self.url = job["payload"]["input"]["rtmpUrl"]
        self.sent: set[str] = set()
        self.refused: list[tuple[int, str]] = []
        self.answer = None
        self._numbers = iter(range(10**6))
        self._lock = threading.Lock()

    def run(self):
        """Do it to the end; `answer` is what the success was answered."""
        probe = ["ffprobe", "-v", "error", "-show_streams", self.url]
        subprocess.run(probe, check=True, capture_output=True, timeout=180)
        self.folder.mkdir(parents=True)
        ffmpeg = subprocess.Popen(self._command())
        try:
            with ThreadPoolExecutor(3) as pool:
                while ffmpeg.poll() is None and not self.refused:
                    self._look(pool)
                    with_pause.wait(0.1)
            if not self.refused:
                with ThreadPoolExecutor(3) as pool:
                    self._look(pool)
        finally:
            ffmpeg.kill()
            ffmpeg.wait()
        self.answer = self.http.success(self.job)

    def _command(self):
        output = self.job["payload"]["output"]
        wanted = output["toTranscode"]
        names = [f"[s{n}]" for n in range(len(wanted))]
        scales = [
            f"{name}scale=-2:{each['resolution']}[v{n}]"
            for n, (name, each) in enumerate(zip(names, wanted, strict=True))
        ]
        graph = ";".join([f"[0:v]split={len(wanted)}{''.join(names)}", *scales])
        maps = [word for n in range(len(wanted)) for word in ("-map", f"[v{n}]")]
        variants = [f"v:{n},agroup:audio" for n in range(len(wanted))]
        gop = str(30 * output["segmentDuration"])
        return [
            *(*_FFMPEG, "-i", self.url, "-filter_complex", graph, *maps, "-map", "0:a"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-r", "30", "-g", gop),
            *("-sc_threshold", "0", "-c:a", "aac", "-b:a", "96k", "-f", "hls"),
            *("-hls_time", str(output["segmentDuration"])),
            *("-hls_list_size", str(output["segmentListSize"])),
            *("-hls_flags", "independent_segments+temp_file", "-master_pl_name", "master.m3u8"),
            *("-hls_segment_filename", str(self.folder / "%v-%06d.ts")),
            *("-var_stream_map", " ".join([*variants, "a:0,agroup:audio,default:yes"])),
            str(self.folder / "%v.m3u8"),
        ]

    def _look(self, pool):
        for path in sorted(self.folder.glob("*.ts")):
            if path.name not in self.sent:
                self.sent.add(path.name)
                pool.submit(self._send, path)

    def _send(self, chunk):
        """Send a chunk; playlists come along once all of them are there."""
        fields = {"type": "add-chunk", "videoChunkFilename": chunk.name}
        files = {"videoChunkFile": chunk}
        count = len(self.job["payload"]["output"]["toTranscode"]) + 1
        if len(list(self.folder.glob("[0-9].m3u8"))) == count:
            playlist = f"{chunk.name.partition('-')[0]}.m3u8"
            fields["resolutionPlaylistFilename"] = playlist
            files["resolutionPlaylistFile"] = self._copy(self.folder / playlist)
            files["masterPlaylistFile"] = self._copy(self.folder / "master.m3u8")
        answer = self.http.update(self.job, None, fields, files)
        if answer.status_code != 204:
            self.refused.append((answer.status_code, answer.json().get("code", "")))

    def _copy(self, path):
        """Keep a playlist as it is now: its name is what the real client's part is called."""
        with self._lock:
            folder = self.folder.parent / f"copy-{next(self._numbers)}"
        folder.mkdir()
        return Path(shutil.copy(path, folder / "master.m3u8"))


# A pause that nothing interrupts, for want of an event.
with_pause = threading.Event()
