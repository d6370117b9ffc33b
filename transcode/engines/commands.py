"""The ffmpeg commands of single results: one rendition, a web video, a picture, a sound."""

from dataclasses import replace
from pathlib import Path

from core.media.ffmpeg import Input
from core.media.probe import MediaInfo
from transcode.engines import graphs
from transcode.engines.bitrates import audio_plan, ratio, target_bps
from transcode.engines.encoders import Encoder
from transcode.engines.graphs import Command, Source
from transcode.engines.ladder import AUDIO_MERGE_RESOLUTION, Size, scaled_size
from transcode.engines.ladder_command import Rung, hls, ladder, sounds, target, variant_map
from transcode.engines.storyboard import Grid


def hls_audio(source: Source, name: str, folder: Path) -> Command:
    """The audio rendition. Raises: ValueError without sound."""
    if source.audio is None:
        raise ValueError("The source has no sound.")
    return ladder(source, [], folder, audio_name=name, is_growing=False)


def hls_remux(
    source: Source,
    name: str,
    folder: Path,
    *,
    audio_name: str | None = None,
    is_growing: bool = False,
) -> Command:
    """The streams of a source as they are, cut at its own key frames.

    The sound goes into a rendition of its own with `audio_name`, else beside the picture. Sound
    that may not be copied is encoded.
    """
    audio, options = sounds(source)
    variants = variant_map([name], len(audio), audio_name)
    options = {**options, "c:v": "copy", "var_stream_map": variants}
    streams = [source.pictures(), *audio]
    return hls(source.inputs(), streams, folder, options, is_growing=is_growing)


def hls_video_only(source: Source, name: str, folder: Path) -> Command:
    """Drop the sound that a runner of old left in a rendition whose sound is separate."""
    return hls_remux(_without_audio(source), name, folder)


def web_video(source: Source, rung: Rung, path: Path, *, encoder: Encoder | None = None) -> Command:
    """A progressive MP4, its index first."""
    encoder = encoder or Encoder()
    pictures = graphs.steady(source.pictures(), source.video, rung.fps)
    pictures = encoder.finish(pictures, scaled_size(*source.size, rung.resolution))
    audio, options = sounds(source)
    options |= encoder.common_options | encoder.rate_options(0, rung.fps, target(source, rung))
    return graphs.compiled(
        source.inputs(encoder.device_options),
        [encoder.upload(pictures), *audio],
        path,
        {**graphs.STRIPPED, **graphs.FAST_START, **options},
        muxer="mp4",
    )


def web_video_remux(source: Source, path: Path) -> Command:
    """A progressive MP4 of the source's pictures as they are."""
    audio, options = sounds(source)
    options = {**graphs.STRIPPED, **graphs.FAST_START, **options, "c:v": "copy"}
    return graphs.compiled(source.inputs(), [source.pictures(), *audio], path, options, muxer="mp4")


def audio_merge(
    audio_path: Path,
    info: MediaInfo,
    preview: Path,
    preview_size: Size,
    path: Path,
    *,
    fps: int,
    encoder: Encoder | None = None,
) -> Command:
    """A progressive MP4 of a still JPEG under a sound, as long as the sound.

    Raises: ValueError without sound.
    """
    if info.audio is None:
        raise ValueError("The source has no sound.")
    encoder = encoder or Encoder()
    plan = audio_plan(info.audio)
    size = scaled_size(*preview_size, AUDIO_MERGE_RESOLUTION)
    still = encoder.finish(graphs.node(1, 0), size)
    pictures = still.filter("loop", loop=-1, size=1).filter("setpts", f"N/{fps}/TB")
    pictures = encoder.upload(pictures.filter("fps", fps=fps))
    sound = graphs.even_sound(graphs.node(0, info.audio.index), info.audio)
    cap_bps = target_bps(AUDIO_MERGE_RESOLUTION, fps, ratio(*size), None)
    inputs = [Input(audio_path, encoder.device_options), Input(preview, format="jpeg_pipe")]
    options = {
        **graphs.STRIPPED,
        **graphs.FAST_START,
        **graphs.aac_options(info.audio, plan.bitrate_bps),
        **encoder.common_options,
        **encoder.rate_options(0, fps, cap_bps),
        "t": f"{info.duration_s:.6f}",
    }
    return graphs.compiled(inputs, [pictures, sound], path, options, muxer="mp4")


def picture_at(
    source: Source, at_s: float, within: Size, path: Path, *, is_from_keyframes: bool = False
) -> Command:
    """The picture shown at a time, as PNG, its aspect kept, no larger than `within`.

    From key frames alone it is the last one before that time: nothing between is decoded.
    """
    width, height = fitted(source.size, within)
    pictures = source.pictures().filter("scale", width, height, flags="bicubic")
    pictures = pictures.filter("setsar", 1).filter("format", "rgb24")
    options = {"frames:v": "1", "c:v": "png", "update": "1"}
    skip: tuple[str, ...] = ()
    if is_from_keyframes:
        # It comes before the time that was sought, and what is before that would be dropped.
        pictures = pictures.filter("setpts", "PTS-STARTPTS")
        skip = ("-skip_frame", "nokey", "-noaccurate_seek")
    inputs = [Input(source.path, (*skip, "-ss", f"{max(0.0, at_s):.3f}"))]
    return graphs.compiled(inputs, [pictures], path, options, muxer="image2")


def fitted(size: Size, within: Size) -> Size:
    """The largest size of the same shape within a box; never larger than the original."""
    width, height = size
    scale = min(1.0, within[0] / width, within[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def cover_picture(path: Path, stream: int, picture: Path) -> Command:
    """The cover that lies in an audio file, as PNG."""
    options = {"frames:v": "1", "c:v": "png", "update": "1"}
    return graphs.compiled(
        [Input(path)], [graphs.node(0, stream)], picture, options, muxer="image2"
    )


def storyboard(source: Source, grid: Grid, path: Path, *, is_from_keyframes: bool) -> Command:
    """One JPEG of small pictures, in rows from the top left.

    `is_from_keyframes` decodes key frames alone: many times quicker, and as good while they lie no
    farther apart than the pictures of the storyboard.
    """
    pictures = source.pictures().filter("fps", fps=f"1/{grid.sprite_duration_s}", start_time=0)
    pictures = pictures.filter("scale", grid.sprite_width, grid.sprite_height, flags="bicubic")
    pictures = pictures.filter("setsar", 1).filter("format", "yuvj420p")
    # The last picture again where there is none, for the grid to be full.
    pictures = pictures.filter("tpad", stop=grid.columns * grid.rows, stop_mode="clone")
    pictures = pictures.filter("tile", f"{grid.columns}x{grid.rows}")
    options = {"frames:v": "1", "c:v": "mjpeg", "q:v": "3", "update": "1"}
    skip = ("-skip_frame", "nokey") if is_from_keyframes else ()
    inputs = [Input(source.path, skip)]
    return graphs.compiled(inputs, [pictures], path, options, muxer="image2")


def _without_audio(source: Source) -> Source:
    info = replace(source.info, audio=None)
    return Source(source.path, info)
