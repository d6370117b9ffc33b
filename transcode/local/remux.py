"""The source copied into HLS, so that it plays before any encode (transcode contract, 5.3).

It is shown while it is written: copying ten minutes takes a second, its first segment none.
"""

from core.jobs.types import Json
from core.media.progress import Progress
from transcode.engines import commands
from transcode.engines.codecs import video_codec
from transcode.engines.graphs import Source
from transcode.kind import VideoKind
from transcode.local import running
from transcode.local.growing import Growing
from transcode.local.ladder import brought, output_folder, sound_codec
from transcode.local.renditions import Part
from transcode.local.sources import source_of
from transcode.videos import placing


def encode_remux(kind: VideoKind) -> Json:
    """Copy the streams; the sound lies apart where the layout separates it.

    Raises: as `transcode.local.ladder.encode_hls`.
    """
    row, folder = kind.video_job, output_folder(kind)
    stem = placing.hls_names(kind.job, row).stem
    is_separated = bool(row.payload.get("output", {}).get("separatedAudio"))
    with source_of(kind) as source:
        apart = is_separated and source.audio is not None
        sound_stem = placing.hls_names(kind.job, row, 0).stem if apart else None
        parts = _parts(kind, source, stem, sound_stem)
        growing = Growing(kind.job, kind.video, folder, parts)

        def tell(progress: Progress) -> None:
            kind.report("encode", progress.fraction(kind.video.duration_s))
            growing.look()

        command = commands.hls_remux(source, stem, folder, audio_name=sound_stem, is_growing=True)
        output_bps = sum(part.cap_bps for part in parts)
        running.run(kind, command, output_bps=output_bps, on_progress=tell)
        growing.look()
    made = brought(folder, stem)
    if sound_stem is not None:
        sound = brought(folder, sound_stem)
        made["audioFile"] = sound["videoFile"]
        made["audioPlaylistFile"] = sound["resolutionPlaylistFile"]
    return made


def _parts(kind: VideoKind, source: Source, stem: str, sound_stem: str | None) -> list[Part]:
    video_codec(source.video)  # What no player knows is refused here.
    codec, resolution = sound_codec(source), kind.video_job.resolution or 0
    bps = source.info.bitrate_bps or 0
    inside = codec if sound_stem is None else ""
    fps = max(1, round(source.video.fps))
    parts = [Part(stem, resolution, source.size, fps, bps, inside)]
    if sound_stem is not None:
        parts.append(Part(sound_stem, 0, None, 0, source.audio_plan.bitrate_bps, codec))
    return parts
