"""Calls and words of contracts: signatures into bytes, bytes into whole numbers."""

import functools
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hedgerow.core.errors import Rejected, VenueFault
from hedgerow.venues.chain.libraries import chain_library

ZERO_ADDRESS = "0x" + 40 * "0"


class Read(msgspec.Struct, frozen=True):
    """One call of a contract's view function.

    Parameters
    ----------
    target : str
        The contract. [hex]
    signature : str
        Name and types of the arguments, for example ``tickBitmap(int16)``.
    returns : tuple of str
        Types of what comes back, as the ABI names them.
    arguments : tuple
        Values of the arguments. [as the signature says]
    """

    target: str
    signature: str
    returns: tuple[str, ...]
    arguments: tuple[Any, ...] = ()

    @property
    def data(self) -> bytes:
        """Selector and arguments. [bytes]"""
        types = argument_types(self.signature)
        encoded: bytes = chain_library("eth_abi").encode(types, self.arguments) if types else b""
        return selector(self.signature) + encoded

    @property
    def label(self) -> str:
        """The call in words. [text]"""
        return f"{self.signature.partition('(')[0]}({', '.join(str(one) for one in self.arguments)}) of {self.target}"

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """Turn an answer into values.

        Parameters
        ----------
        data : bytes
            What the contract returned. [bytes]

        Returns
        -------
        tuple
            One value for each type. [as the contract says]

        Raises
        ------
        Rejected
            If these bytes are not of those types.
        """
        try:
            return tuple(chain_library("eth_abi").decode(self.returns, data))
        except Exception as error:  # noqa: BLE001  the decoder's own errors share no root
            raise Rejected(
                self.target,
                VenueFault.UNSUPPORTED,
                f"{self.label} returned {len(data)} bytes that are no {', '.join(self.returns)} ({error})",
                "check the address: another kind of contract may be there",
            ) from None


def argument_types(signature: str) -> list[str]:
    """Split a signature.

    Parameters
    ----------
    signature : str
        For example ``positions(uint256)``.

    Returns
    -------
    list of str
        Types of its arguments. [text]

    Examples
    --------
    >>> argument_types("getPool(address,address,uint24)")
    ['address', 'address', 'uint24']
    """
    inner = signature[signature.index("(") + 1 : -1]
    return re.findall(r"\([^)]*\)(?:\[\])*|[^,]+", inner)


@functools.cache
def selector(signature: str) -> bytes:
    """Return the four bytes by which a contract knows a function.

    Parameters
    ----------
    signature : str
        Name and types.

    Returns
    -------
    bytes
        Four of them. [bytes]
    """
    return keccak(signature.encode())[:4]


@functools.cache
def topic(signature: str) -> str:
    """Return the first topic of an event's logs.

    Parameters
    ----------
    signature : str
        Name and types of the event.

    Returns
    -------
    str
        With 0x. [hex]
    """
    return "0x" + keccak(signature.encode()).hex()


def keccak(data: bytes) -> bytes:
    """Hash bytes as contracts do.

    Parameters
    ----------
    data : bytes
        Any. [bytes]

    Returns
    -------
    bytes
        Thirty-two of them. [bytes]
    """
    hashed: bytes = chain_library("eth_utils").keccak(data)
    return hashed


def signed(word: int, bits: int = 256) -> int:
    """Read the low bits of a word as a signed number.

    Parameters
    ----------
    word : int
        Unsigned. [as the contract says]
    bits : int
        How many count. [bits]

    Returns
    -------
    int
        In two's complement. [as the contract says]

    Examples
    --------
    >>> signed(2**24 - 60, 24)
    -60
    """
    low = word & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def address_of(word: int | str) -> str:
    """Write the low twenty bytes of a word as an address.

    Parameters
    ----------
    word : int or str
        A number, or text with 0x. [pure]

    Returns
    -------
    str
        Lower case. [hex]
    """
    number = int(word, 16) if isinstance(word, str) else word
    return f"0x{number & (1 << 160) - 1:040x}"


def checked_address(text: str, what: str) -> str:
    """Accept what is an address.

    Parameters
    ----------
    text : str
        As the user gave it.
    what : str
        What it shall be the address of, for the error.

    Returns
    -------
    str
        Lower case. [hex]

    Raises
    ------
    Rejected
        If it is none.
    """
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        raise Rejected(text, VenueFault.REFUSED, f"is no address of {what}", "give 0x and 40 hexadecimal digits")
    return text.lower()


def packed(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Join values without padding, as ``abi.encodePacked`` does.

    Parameters
    ----------
    types : sequence of str
        As the ABI names them.
    values : sequence
        One for each. [as the contract says]

    Returns
    -------
    bytes
        Joined. [bytes]
    """
    joined: bytes = chain_library("eth_abi.packed").encode_packed(types, values)
    return joined


def encoded(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Join values as ``abi.encode`` does.

    Parameters
    ----------
    types : sequence of str
        As the ABI names them.
    values : sequence
        One for each. [as the contract says]

    Returns
    -------
    bytes
        Words of 32 bytes. [bytes]
    """
    joined: bytes = chain_library("eth_abi").encode(types, values)
    return joined
