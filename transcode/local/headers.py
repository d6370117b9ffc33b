"""What the header of a fragmented MP4 says of its picture, without a program.

A probe costs a tenth of a second for each rendition: too much while somebody waits to play.
"""

from transcode.engines.errors import Refused

# profile_idc (ISO/IEC 14496-10, annex A) to how the contract writes it (4.8).
_PROFILES = {100: "6400", 77: "4D40", 66: "42E0"}
_HIGH = 100


def h264_codec(header: bytes) -> str:
    """Return the codec string of the H.264 stream in a header (`avcC`: ISO/IEC 14496-15, 5.3.3).

    Raises: `Refused` where there is none.
    """
    at = header.find(b"avcC")
    if at < 0 or len(header) < at + 8:
        raise Refused("The header names no H.264 stream.", code="unsupported_codec")
    _version, profile, _constraints, level = header[at + 4 : at + 8]
    return f"avc1.{_PROFILES.get(profile, _PROFILES[_HIGH])}{level:02x}"
