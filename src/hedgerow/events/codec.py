"""Events and decisions as bytes: MessagePack with the type's tag, one record each."""

from typing import Final, TypeAlias

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.events.commands import Decision
from hedgerow.events.events import Event

Record: TypeAlias = Event | Decision

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final[msgspec.msgpack.Decoder[Record]] = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """Write one record.

    Parameters
    ----------
    record : Event or Decision
        Any of the tagged types.

    Returns
    -------
    bytes
        MessagePack; the same record gives the same bytes. [bytes]
    """
    return _ENCODER.encode(record)


def decode(payload: bytes) -> Record:
    """Read one record.

    Parameters
    ----------
    payload : bytes
        What ``encode`` wrote. [bytes]

    Returns
    -------
    Event or Decision
        The record. [as its type says]

    Raises
    ------
    InputError
        If the bytes are no record.
    """
    try:
        return _DECODER.decode(payload)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"a record of {len(payload)} bytes: {error}", "read it with the build that wrote it") from None
