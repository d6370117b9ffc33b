"""A page on the desk: its full picture, the reduced one, and the ink found on that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.ocr.engines.base import Box, Grey
from core.ocr.engines.ink import Ink, find_ink
from core.ocr.engines.layout import reduced, reduction
from core.ocr.engines.skew import straightened, tilt


@dataclass(frozen=True)
class Sheet:
    """`image` is dark on light; `small` is it, `factor` times reduced; `rotation` clockwise."""

    image: Grey
    dpi: int
    small: Grey
    factor: int
    ink: Ink
    rotation: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.shape[0], self.image.shape[1]

    def crop(self, box: Box) -> Grey:
        """A part of the full picture."""
        return self.image[box.top : box.bottom, box.left : box.right]

    def turned(self, degrees: int) -> Sheet:
        """The sheet turned clockwise by a multiple of 90 degrees."""
        turned = np.rot90(self.image, k=-(degrees // 90))
        return lay_down(turned, self.dpi, (self.rotation + degrees) % 360)

    def straight(self) -> Sheet:
        """The sheet without its tilt; itself when it has none."""
        degrees = tilt(self.ink.mask)
        if not degrees:
            return self
        return lay_down(straightened(self.image, degrees), self.dpi, self.rotation)


def lay_down(image: Grey, dpi: int, rotation: int = 0) -> Sheet:
    """A picture as a sheet; light ink on dark paper is turned round."""
    factor = reduction(image, dpi)
    small = reduced(image, factor)
    ink = find_ink(small)
    if ink.is_inverted:
        image, small = 255 - image, 255 - small
    return Sheet(image, dpi, small, factor, ink, rotation)
