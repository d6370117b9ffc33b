"""What a stand-in runner makes of a job, with a real ffmpeg and options as the runner's own."""

import math
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Job = dict[str, Any]
Fetch = Callable[[str], Path]
_FFMPEG = ("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y")
_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac", "-ac", "2", "-b:a", "128k")


class EncodeFailed(Exception):  # noqa: N818 - it says what happened
    """What the runner would put into its `error` call."""


@dataclass(frozen=True)
class Made:
    """What a success brings."""

    files: dict[str, Path] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)


def make(job: Job, folder: Path, fetch: Fetch) -> Made:
    """Do a job of any type that needs no more than ffmpeg. Raises: `EncodeFailed`."""
    makers = {
        "vod-hls-transcoding": hls,
        "vod-web-video-transcoding": web_video,
        "vod-audio-merge-transcoding": audio_merge,
        "generate-video-storyboard": storyboard,
        "video-transcription": transcription,
        "video-studio-transcoding": studio,
    }
    if job["type"] not in makers:
        raise EncodeFailed(f"{job['type']} is not for this runner")
    return makers[job["type"]](job, folder, fetch)


def hls(job: Job, folder: Path, fetch: Fetch) -> Made:
    """Make one fragmented MP4 and its playlist (4.1)."""
    output = job["payload"]["output"]
    resolution, name = output["resolution"], f"{uuid.uuid4()}-{output['resolution']}"
    options = ["-vn"] if resolution == 0 else _picture(resolution, output["fps"])
    has_sound = resolution == 0 or not output.get("separatedAudio")
    playlist, media = folder / f"{name}.m3u8", folder / f"{name}-fragmented.mp4"
    run(
        *_inputs(job, fetch), *options, *(_AAC if has_sound else ("-an",)),
        "-f", "hls", "-hls_time", "4", "-hls_list_size", "0", "-hls_playlist_type", "vod",
        "-hls_segment_type", "fmp4", "-hls_flags", "single_file",
        "-hls_segment_filename", str(media), str(playlist),
    )  # fmt: skip
    return Made({"resolutionPlaylistFile": playlist, "videoFile": media})


def web_video(job: Job, folder: Path, fetch: Fetch) -> Made:
    """Make a progressive MP4 (4.2)."""
    output, made = job["payload"]["output"], folder / "web.mp4"
    picture = _picture(output["resolution"], output["fps"])
    run(*_inputs(job, fetch), *picture, *_AAC, "-movflags", "+faststart", str(made))
    return Made({"videoFile": made})


def audio_merge(job: Job, folder: Path, fetch: Fetch) -> Made:
    """Put a still under a sound (4.2)."""
    given, output = job["payload"]["input"], job["payload"]["output"]
    still, sound = fetch(given["previewFileUrl"]), fetch(given["audioFileUrl"])
    made = folder / "merged.mp4"
    run(
        "-loop", "1", "-f", "image2pipe", "-i", str(still), "-i", str(sound),
        "-map", "0:v:0", "-map", "1:a:0", *_picture(output["resolution"], output["fps"]),
        "-tune", "stillimage", *_AAC, "-shortest", "-movflags", "+faststart", str(made),
    )  # fmt: skip
    return Made({"videoFile": made})


def storyboard(job: Job, folder: Path, fetch: Fetch) -> Made:
    """Make one JPEG of many small ones (4.6)."""
    sprites, made = job["payload"]["sprites"], folder / "storyboard.jpg"
    size, grid, every_s = sprites["size"], sprites["count"], sprites["duration"]
    filters = (
        f"fps=1/{every_s},scale={size['width']}:{size['height']},"
        f"tile=layout={grid['width']}x{grid['height']}"
    )
    run(*_inputs(job, fetch), "-vf", filters, "-frames:v", "1", "-q:v", "5", str(made))
    return Made({"storyboardFile": made})


def transcription(job: Job, folder: Path, fetch: Fetch) -> Made:
    """Caption whatever is said with what a deaf engine hears."""
    fetch(job["payload"]["input"]["videoFileUrl"])
    made = folder / "captions.vtt"
    made.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\n(music)\n")
    return Made({"vttFile": made}, {"inputLanguage": "en"})


def studio(job: Job, folder: Path, fetch: Fetch) -> Made:
    """Apply the tasks one after the other, each to what the one before has left (4.4)."""
    made = fetch(job["payload"]["input"]["videoFileUrl"])
    for number, task in enumerate(job["payload"]["tasks"]):
        target = folder / f"edited-{number}.mp4"
        name, options = task["name"], task["options"]
        if name == "cut":
            edges = [("-ss", options.get("start")), ("-to", options.get("end"))]
            words = [word for key, at in edges if at is not None for word in (key, str(at))]
            run("-i", str(made), *words, *_X264, *_AAC, str(target))
        elif name == "add-watermark":
            _mark(made, fetch(options["file"]), options, target)
        else:
            clip = fetch(options["file"])
            _join(*((clip, made) if name == "add-intro" else (made, clip)), target)
        made = target
    return Made({"videoFile": made})


def _mark(video: Path, mark: Path, options: dict[str, Any], target: Path) -> None:
    size, margin = options["watermarkSizeRatio"], options["horitonzalMarginRatio"]
    place = f"main_w-overlay_w-main_w*{margin}:main_h*{options['verticalMarginRatio']}"
    graph = f"[1:v][0:v]scale2ref=w=iw*{size}:h=ow/mdar[mark][under];[under][mark]overlay={place}"
    run("-i", str(video), "-i", str(mark), "-filter_complex", graph, *_X264, *_AAC, str(target))


def _join(first: Path, second: Path, target: Path) -> None:
    """Put two clips of one size and with sound behind each other."""
    graph = "[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1"
    run("-i", str(first), "-i", str(second), "-filter_complex", graph, *_X264, *_AAC, str(target))


def _inputs(job: Job, fetch: Fetch) -> list[str]:
    """Fetch what is to be read; a separate sound is a second input, and maps are needed."""
    given = job["payload"]["input"]
    files = [fetch(url) for url in (given["videoFileUrl"], *given.get("separatedAudioFileUrl", []))]
    return [word for file in files for word in ("-i", str(file))]


def _picture(resolution: int, fps: int) -> list[str]:
    scale = f"scale='if(gt(iw,ih),-2,{resolution})':'if(gt(iw,ih),{resolution},-2)'"
    gop = str(max(1, math.ceil(fps) * 2))
    return ["-vf", scale, "-r", str(fps), *_X264, "-g", gop, "-sc_threshold", "0"]


def run(*words: str) -> None:
    """Run ffmpeg. Raises: `EncodeFailed` with what it said."""
    done = subprocess.run([*_FFMPEG, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EncodeFailed(done.stderr[-2000:])
