"""Puts the words of a page with ruled tables into their cells."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.ocr.engines.base import Block, Box, Grey, Line, Word
from core.ocr.engines.markdown import table_markdown
from core.ocr.engines.pieces import Piece, moved
from core.ocr.engines.quality import lines_of
from core.ocr.engines.rules import Grid, find_grids
from core.ocr.engines.sheet import Sheet
from core.ocr.engines.tsv import make_block, make_line

_RULE_TAKEN_FOR_TEXT = re.compile(r"^[|\[\]{}_=—–¦!-]+$")
_AT_THE_SIDES = "|¦"
INNER_IN = 0.03
"""What of a cell's edge belongs to its rules."""
LEAST_INK = 6

ReadCell = Callable[[Grey], list[Block]]


def grids_of(sheet: Sheet) -> list[Grid]:
    """The ruled tables of a page, in its pixels."""
    factor = sheet.factor
    return [
        Grid(tuple(y * factor for y in grid.ys), tuple(x * factor for x in grid.xs))
        for grid in find_grids(sheet.ink.mask, max(1, sheet.dpi // factor))
    ]


def split_tables(blocks: list[Block], grids: list[Grid]) -> list[Block | Filled]:
    """The blocks in order, words that lie in a grid moved into it at the place of its first."""
    filled = [Filled(grid) for grid in grids]
    parts: list[Block | Filled] = []
    for block in blocks:
        outside: list[Line] = []
        for line in block.lines:
            left_over = []
            for word in line.words:
                table = next((one for one in filled if one.take(word)), None)
                if table is None:
                    left_over.append(word)
                elif table not in parts:
                    parts.append(table)
            if left_over:
                outside.append(make_line(left_over))
        if outside:
            parts.append(make_block(outside))
    return parts


class Filled:
    """A grid and the words in its cells."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._words: dict[tuple[int, int], list[Word]] = {}

    def take(self, word: Word) -> bool:
        """Put a word into its cell; False when it lies outside."""
        place = self.grid.find(word.box)
        if place is None:
            return False
        text = word.text.strip(_AT_THE_SIDES)
        if text and not _RULE_TAKEN_FOR_TEXT.match(text):
            self._words.setdefault(place, []).append(word._replace(text=text))
        return True

    def complete(self, sheet: Sheet, read_cell: ReadCell) -> None:
        """Read the cells that hold ink but no word: page segmentation skips lone characters."""
        edge = max(2, round(INNER_IN * sheet.dpi))
        rows, columns = self.grid.shape
        for row in range(rows):
            for column in range(columns):
                cell = self.grid.cell(row, column)
                inner = Box(
                    cell.left + edge, cell.top + edge, cell.right - edge, cell.bottom - edge
                )
                if (row, column) not in self._words and _has_ink(sheet, inner):
                    for line in moved(lines_of(read_cell(sheet.crop(inner))), inner):
                        for word in line.words:
                            self.take(word)

    def piece(self, share: float) -> Piece | None:
        """The table in markdown; None when nothing is in it."""
        rows, columns = self.grid.shape
        lines = [
            make_line(words) for _, words in sorted(self._words.items(), key=lambda item: item[0])
        ]
        if not lines:
            return None
        texts = [
            [
                " ".join(word.text for word in self._words.get((row, column), []))
                for column in range(columns)
            ]
            for row in range(rows)
        ]
        return Piece("table", table_markdown(texts), tuple(lines), starts_block=True, share=share)


def _has_ink(sheet: Sheet, box: Box) -> bool:
    factor = sheet.factor
    part = sheet.ink.mask[
        box.top // factor : box.bottom // factor, box.left // factor : box.right // factor
    ]
    return int(part.sum()) >= LEAST_INK
