"""Luhn's method as `sumy` has it, for long texts."""

from collections.abc import Iterable

from sumy.summarizers.luhn import LuhnSummarizer


class Luhn(LuhnSummarizer):  # type: ignore[misc] # sumy has no types
    """The same ranks; sumy looks each word up in a tuple of all others."""

    def _get_significant_words(self, words: Iterable[str]) -> frozenset[str]:
        return frozenset(super()._get_significant_words(words))
