"""What a node may say, as types: whatever comes in is decoded here, and nothing else is believed.

A text that is of none of these types is the ``MessageFault``, which whoever asked turns into a named error.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec

Quantity = Annotated[str, msgspec.Meta(pattern="^0[xX][0-9a-fA-F]{1,64}$")]
Hash = Annotated[str, msgspec.Meta(pattern="^0[xX][0-9a-fA-F]{64}$")]
Place = Annotated[str, msgspec.Meta(pattern="^0[xX][0-9a-fA-F]{40}$")]
Data = Annotated[str, msgspec.Meta(pattern="^0[xX]([0-9a-fA-F]{2})*$")]
Bloom = Annotated[str, msgspec.Meta(pattern="^0[xX][0-9a-fA-F]{1,512}$")]

_Said = TypeVar("_Said")
_LATEST_SECOND: Final = 1 << 33
"""Timestamps beyond it, in the year 2242, are of no chain. [seconds]"""


class MessageFault(Exception):
    """A node said what is none of the types."""


class HeaderSaid(msgspec.Struct, frozen=True, rename="camel"):
    """A header.

    Parameters
    ----------
    number, timestamp : str
        Height and time. [hex]
    hash, parent_hash : str
        Of the block and the one before. [hex]
    logs_bloom : str
        Which addresses and topics its logs may have. [hex]
    """

    number: Quantity
    hash: Hash
    parent_hash: Hash
    timestamp: Quantity
    logs_bloom: Bloom


class LogSaid(msgspec.Struct, frozen=True, rename="camel"):
    """A log.

    Parameters
    ----------
    address : str
        Who told it. [hex]
    topics : list of str
        The event, and its indexed arguments. [hex]
    data : str
        Its other arguments. [hex]
    block_hash, block_number : str
        Where it is. [hex]
    log_index : str
        Its place in the block. [hex]
    removed : bool
        True if it is no longer of the chain.
    """

    address: Place
    topics: list[Hash]
    data: Data
    block_hash: Hash
    block_number: Quantity
    log_index: Quantity = "0x0"
    removed: bool = False


class Notice(msgspec.Struct, frozen=True):
    """What a subscription tells.

    Parameters
    ----------
    subscription : str
        Which. [text]
    result : object
        A header, to be checked by whoever uses it. [as the node says]
    """

    subscription: str
    result: Any = None


class Envelope(msgspec.Struct, frozen=True):
    """What surrounds an answer or a notice.

    Parameters
    ----------
    id : int or None
        Of the question; None for a notice, or a refusal of everything. [pure]
    result : object
        Plain values. [as the method says]
    error : object
        Why there is none; None if there is. [as the node says]
    method : str
        Of a notice.
    params : object
        Of a notice. [as the node says]
    """

    id: int | None = None
    result: Any = None
    error: Any = None
    method: str = ""
    params: Any = None

    @property
    def refusal(self) -> str:
        """The error in words; empty if there is none. [text]"""
        if self.error is None:
            return ""
        said = self.error.get("message") if isinstance(self.error, dict) else self.error
        return str(said or self.error or "error")


def envelopes(text: bytes) -> list[Envelope]:
    """Read one JSON text.

    Parameters
    ----------
    text : bytes
        An answer, a batch of them, or a notice. [JSON]

    Returns
    -------
    list of Envelope
        At least one. [as their fields]

    Raises
    ------
    MessageFault
        If it is nothing of the kind.
    """
    try:
        said = msgspec.json.decode(text, type=Envelope | list[Envelope])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageFault(f"{shown(text)} is no answer ({error})") from None
    return said if isinstance(said, list) else [said]


def converted(raw: Any, kind: type[_Said]) -> _Said:
    """Read plain values as one of the types here.

    Parameters
    ----------
    raw : object
        As it came.
    kind : type
        What it shall be.

    Returns
    -------
    object
        Of that type. [as its fields]

    Raises
    ------
    MessageFault
        If it is not.
    """
    try:
        return msgspec.convert(raw, kind)
    except msgspec.MsgspecError as error:
        raise MessageFault(f"{shown(raw)} ({error})") from None


def number_of(raw: Any) -> int:
    """Read a whole number.

    Parameters
    ----------
    raw : object
        As it came.

    Returns
    -------
    int
        Not negative. [as the method says]

    Raises
    ------
    MessageFault
        If it is none.
    """
    return int(_text(raw, Quantity), 16)


def seconds_of(raw: str) -> int:
    """Read a timestamp.

    Parameters
    ----------
    raw : str
        A number. [hex]

    Returns
    -------
    int
        Since the epoch. [seconds]

    Raises
    ------
    MessageFault
        If no clock can show it.
    """
    found = int(raw, 16)
    if found >= _LATEST_SECOND:
        raise MessageFault(f"a timestamp of {found} s")
    return found


def bytes_of(raw: Any) -> bytes:
    """Read bytes.

    Parameters
    ----------
    raw : object
        As it came.

    Returns
    -------
    bytes
        As many as were said. [bytes]

    Raises
    ------
    MessageFault
        If they are none.
    """
    return bytes.fromhex(_text(raw, Data)[2:])


def _text(raw: Any, kind: Any) -> str:
    """Read a text of one of the patterns above, which are no classes."""
    try:
        text: str = msgspec.convert(raw, kind)
    except msgspec.MsgspecError as error:
        raise MessageFault(f"{shown(raw)} ({error})") from None
    return text


def shown(raw: Any) -> str:
    """Shorten what came for an error.

    Parameters
    ----------
    raw : object
        Anything.

    Returns
    -------
    str
        Its beginning, on one line. [text]
    """
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return " ".join(text[:120].split())


def words_of(data: str) -> Sequence[int]:
    """Split the data of a log into words.

    Parameters
    ----------
    data : str
        With 0x. [hex]

    Returns
    -------
    sequence of int
        Unsigned, 256 bits each. [as the event says]
    """
    raw = bytes.fromhex(data[2:])
    return [int.from_bytes(raw[i : i + 32]) for i in range(0, len(raw), 32)]
