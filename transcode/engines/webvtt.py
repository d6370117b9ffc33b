"""WebVTT captions from outside, read and written anew (W3C WebVTT, section 6; contract, 4.5).

Of what comes only cue times, a few settings and text with the tags b, i, u, v and c go on. One pass
over the text; nothing here looks back, so a hostile file costs no more than its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transcode.engines.errors import Refused

MAX_BYTES = 10 * 1000 * 1000
SLACK_S = 5.0  # how far behind the end of the video a cue may lie
_MAX_DIGITS_OF_HOURS = 4

_LINE_END = re.compile(r"\r\n|\n|\r")
_TIME = rf"(?:(\d{{2,{_MAX_DIGITS_OF_HOURS}}}):)?([0-5]\d):([0-5]\d)\.(\d{{3}})"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t]+(.*))?", re.ASCII)
_PERCENT = r"\d{1,3}(?:\.\d{1,6})?%"
_SETTING = re.compile(
    rf"vertical:(?:rl|lr)|line:(?:{_PERCENT}|-?\d{{1,4}})(?:,(?:start|center|end))?"
    rf"|position:{_PERCENT}(?:,(?:line-left|center|line-right))?|size:{_PERCENT}"
    r"|align:(?:start|center|end|left|right)",
    re.ASCII,
)
_DROPPED_BLOCKS = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)")
# Whatever stands between < and >, however deep it pretends to be, is one tag (section 6.4).
_TAG = re.compile(r"<([^>]*)(>|$)")
_KEPT_TAG = re.compile(r"(/?)([biuvc])((?:\.[\w-]{1,64}){0,8})(?:[ \t\n]+([^<]{0,200}))?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Cue:
    """Text, which may run over several lines, from `start_ms` to `end_ms`."""

    start_ms: int
    end_ms: int
    settings: str
    text: str


def sanitise(data: bytes, *, duration_s: float) -> str:
    """Return captions that are safe to serve for a video of `duration_s`.

    Raises: Refused, `bad_captions`, when the file is too large, no UTF-8, no WebVTT, or its times
    run backwards or past the video.
    """
    last_ms = (duration_s + SLACK_S) * 1000
    written = ["WEBVTT\n"]
    previous_ms = 0
    for cue in _cues(_text(data)):
        if cue.start_ms < previous_ms or cue.end_ms < cue.start_ms:
            raise _bad("The times of the captions run backwards.")
        if cue.end_ms > last_ms:
            raise _bad("The captions go on after the video has ended.")
        previous_ms = cue.start_ms
        if cue.text and cue.end_ms > cue.start_ms:
            written.append(_write(cue))
    return "\n".join(written)


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _bad("The captions are larger than 10 MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad("The captions are not UTF-8.") from error
    if not re.match(r"WEBVTT(?:[ \t\r\n]|$)", text):
        raise _bad("The captions do not begin with WEBVTT.")
    return text


def _cues(text: str) -> Iterator[Cue]:
    """The cues among the blocks that empty lines part; the header is the first block."""
    for number, block in enumerate(_blocks(_LINE_END.split(text))):
        if number == 0 or _DROPPED_BLOCKS.match(block[0]):
            continue
        cue = _cue(block)
        if cue is not None:
            yield cue


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*lines, ""]:
        if line:
            block.append(line)
        elif block:
            yield block
            block = []


def _cue(block: list[str]) -> Cue | None:
    """Read a block whose first or second line, behind an identifier, holds the times."""
    at = next((at for at, line in enumerate(block[:2]) if "-->" in line), None)
    if at is None:
        return None
    match = _TIMING.fullmatch(block[at])
    if match is None:
        raise _bad("A time of the captions cannot be read.")
    settings = " ".join(s for s in (match[9] or "").split() if _SETTING.fullmatch(s))
    text = clean_text("\n".join(block[at + 1 :]))
    return Cue(_milliseconds(match, 1), _milliseconds(match, 5), settings, text)


def _milliseconds(match: re.Match[str], first: int) -> int:
    hours, minutes, seconds, thousandths = (int(match[first + n] or 0) for n in range(4))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def clean_text(text: str) -> str:
    """Return cue text with no tags but b, i, u, v and c, and nothing left that could become one."""
    parts: list[str] = []
    position = 0
    for tag in _TAG.finditer(text):
        parts += [_plain(text[position : tag.start()]), _kept(tag[1]) if tag[2] else ""]
        position = tag.end()
    parts.append(_plain(text[position:]))
    lines = (_CONTROL.sub("", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _plain(text: str) -> str:
    return text.replace(">", "&gt;")


def _kept(inside: str) -> str:
    match = _KEPT_TAG.fullmatch(inside)
    if match is None:
        return ""
    slash, tag, classes, speaker = match.groups()
    if slash:
        return f"</{tag}>"
    spoken_by = f" {' '.join(speaker.split())}" if tag == "v" and speaker else ""
    return f"<{tag}{classes}{spoken_by}>"


def _write(cue: Cue) -> str:
    times = f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)} {cue.settings}".rstrip()
    return f"{times}\n{cue.text}\n"


def _clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{thousandths:03d}"


def _bad(sentence: str) -> Refused:
    return Refused(sentence, code="bad_captions")
