"""Thumbnail and preview of a video, from a frame that shows something (contract, 4.10).

ffmpeg takes frames out as PNG; Pillow makes both JPEGs of the one that is chosen.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, UnidentifiedImageError

from transcode.engines.ladder import Size

THUMBNAIL: Size = (280, 157)
PREVIEW: Size = (850, 480)

# Where to look for a frame, as shares of the duration: the first that is not flat is taken.
PLACES = (0.5, 0.25, 0.1)

_FLAT_DEVIATION = 3.0
_LOOKED_AT: Size = (64, 64)
_MAX_PIXELS = 8192 * 8192
_QUALITY = 85

# The card of a sound without a cover: bars on a slope of two colours.
_CARD_TOP = (28, 38, 66)
_CARD_BOTTOM = (92, 62, 140)
_CARD_BAR = (236, 232, 250)
_BARS = 34


def places_s(duration_s: float) -> Iterator[float]:
    """The times to take frames from, in seconds, the best first."""
    return (duration_s * place for place in PLACES)


def choose(take: Callable[[float, Path], None], duration_s: float, folder: Path) -> Path | None:
    """The first frame that is not one flat colour, else the first there is; None without any.

    `take` writes the frame shown at a time as PNG; where there is none it writes nothing.
    """
    frames: list[Path] = []
    for at, time_s in enumerate(places_s(duration_s)):
        frame = folder / f"frame-{at}.png"
        take(time_s, frame)
        if not frame.exists():
            continue
        frames.append(frame)
        if not is_flat(frame):
            return frame
    return frames[0] if frames else None


def is_flat(path: Path) -> bool:
    """Whether a picture is of one colour, but for what a codec adds to it."""
    with Image.open(path) as picture:
        small = np.asarray(picture.convert("RGB").resize(_LOOKED_AT, Image.Resampling.BOX))
    deviations = small.reshape(-1, 3).astype(np.float64).std(axis=0)
    return bool(deviations.max() < _FLAT_DEVIATION)


def write_jpegs(picture: Path, thumbnail: Path, preview: Path) -> tuple[Size, Size]:
    """Make both JPEGs, each fitting its box, its aspect kept. Returns their sizes.

    Raises: ValueError for a picture that Pillow cannot read, or of too many pixels.
    """
    try:
        with Image.open(picture) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                raise ValueError("The picture has too many pixels.")
            shown = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("The picture cannot be read.") from error
    return _write(shown, THUMBNAIL, thumbnail), _write(shown, PREVIEW, preview)


def _write(picture: Image.Image, box: Size, path: Path) -> Size:
    fitting = picture.copy()
    fitting.thumbnail(box, Image.Resampling.LANCZOS)
    fitting.save(path, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return fitting.size


def audio_card(seed: str, path: Path) -> None:
    """A picture for a sound that brings none, PREVIEW in size, as PNG: bars on a slope of colour.

    The bars depend on `seed` alone, so the same sound always looks the same. There is no text on
    it: whoever shows the card shows the name too, and in its own letters.
    """
    width, height = PREVIEW
    card = Image.fromarray(_slope(width, height))
    draw = ImageDraw.Draw(card)
    step = width / (_BARS + 2)
    for at, share in enumerate(_heights(seed)):
        left, tall = (at + 1.25) * step, share * height * 0.5
        box = (left, (height - tall) / 2, left + step / 2, (height + tall) / 2)
        draw.rounded_rectangle(box, radius=step / 4, fill=_CARD_BAR)
    card.save(path, "PNG")


def _slope(width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    shares = np.linspace(0.0, 1.0, height)[:, None, None]
    colours = (1 - shares) * np.array(_CARD_TOP) + shares * np.array(_CARD_BOTTOM)
    return np.broadcast_to(colours, (height, width, 3)).astype(np.uint8)


def _heights(seed: str) -> list[float]:
    """One height for each bar, from a tenth to the whole."""
    chance = np.random.default_rng(list(seed.encode("utf-8", "replace")))
    return [float(share) for share in 0.1 + 0.9 * chance.random(_BARS)]
