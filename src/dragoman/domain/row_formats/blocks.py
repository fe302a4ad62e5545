"""Whole lines out of bytes that arrive in pieces. No more is held than the line that has not ended yet."""

from collections.abc import Iterator

from dragoman.domain.row_formats.faults import LONGEST_LINE

MARK = b"\xef\xbb\xbf"
_PIECE = 256 * 1024


class LineTooLong(Exception):
    """The line that begins behind the last block is longer than LONGEST_LINE."""


class Blocks:
    """Cuts pieces into blocks of whole lines, each with its end; skips a mark of the byte order."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._is_first = True

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The lines that are complete by now. Raises LineTooLong."""
        for at in range(0, len(piece), _PIECE):
            part = piece[at : at + _PIECE]
            end = part.rfind(b"\n") + 1
            if end:
                block = bytes(self._rest) + part[:end]
                self._rest = bytearray(part[end:])
                yield self._unmarked(block)
            else:
                self._rest += part
            if len(self._rest) > LONGEST_LINE + len(MARK):
                raise LineTooLong

    def close(self) -> Iterator[bytes]:
        """The last line, if it has no end; it gets one that leaves a carriage return alone."""
        if self._rest:
            yield self._unmarked(bytes(self._rest)) + (b"\r\n" if self._rest.endswith(b"\r") else b"\n")

    def _unmarked(self, block: bytes) -> bytes:
        is_first, self._is_first = self._is_first, False
        return block.removeprefix(MARK) if is_first else block
