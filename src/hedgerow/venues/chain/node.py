"""A node whose word is checked: headers, logs of one block, reads at one block.

What it says must fit together: the block that was asked for, its parent, logs of that block only, a bloom that holds
them, one chain id for ever. What does not is a ``Rejected`` with the fault LIES, and nothing of it is used.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hedgerow.core.errors import Rejected, Retryable, VenueError, VenueFault
from hedgerow.market import BlockStamp
from hedgerow.venues.chain.abi import keccak, words_of
from hedgerow.venues.chain.wire import Answer, Question, Wire

_BLOOM_BITS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is used of a block's header.

    Parameters
    ----------
    number : int
        Height. [count]
    hash, parent_hash : str
        Of the block and the one before. [hex]
    at_ns : int
        Its timestamp. [UTC epoch ns]
    bloom : int
        Which addresses and topics its logs may have. [bits]
    """

    number: int
    hash: str
    parent_hash: str
    at_ns: int
    bloom: int

    @property
    def stamp(self) -> BlockStamp:
        """The same for a pool's state. [as its fields]"""
        return BlockStamp(number=self.number, hash=self.hash, parent_hash=self.parent_hash, at_ns=self.at_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a contract told in a block.

    Parameters
    ----------
    address : str
        The contract. [hex]
    topics : tuple of str
        The event, and its indexed arguments. [hex]
    words : tuple of int
        Its other arguments. [as the event says]
    """

    address: str
    topics: tuple[str, ...]
    words: tuple[int, ...]


class Node:
    """A node, or a recording of one, whose answers are held against each other.

    Parameters
    ----------
    wire : Wire
        The way to it.
    max_age_s : float or None
        A newest block that is older is refused as lagging; None accepts any age. [seconds]
    """

    def __init__(self, wire: Wire, *, max_age_s: float | None = None) -> None:
        self.wire = wire
        self.max_age_s = max_age_s
        self._chain_id: int | None = None
        self.multicall: bool | None = None

    @property
    def name(self) -> str:
        """Where it is. [text]"""
        return self.wire.name

    async def chain_id(self) -> int:
        """Ask which chain it follows.

        Returns
        -------
        int
            The chain's number. [pure]

        Raises
        ------
        Rejected
            If it is another one than before.
        """
        (answer,) = await self.ask([Question("eth_chainId", [])])
        return self._same_chain(answer)

    async def heads(self) -> AsyncIterator[Header]:
        """Listen to new heads.

        Yields
        ------
        Header
            Each as it comes; some may be missed, and some may come twice. [as its fields]

        Raises
        ------
        Retryable
            If a head is older than ``max_age_s``, or nobody answers.
        Rejected
            If a header is none.
        """
        async for raw in self.wire.heads():
            head = self._header(raw)
            self.check_age(head)
            yield head

    def check_age(self, head: Header) -> None:
        """Refuse a head that is too old.

        Parameters
        ----------
        head : Header
            The newest one known.

        Raises
        ------
        Retryable
            If it is older than ``max_age_s``.
        """
        if self.max_age_s is None:
            return
        age_s = (self.wire.clock_ns() - head.at_ns) / 1e9
        if age_s > self.max_age_s:
            raise Retryable(
                self.name,
                VenueFault.LAGS,
                f"block {head.number} is {age_s:.0f} s old, more than {self.max_age_s:g} s",
                "ask a node that keeps up, or accept older blocks with --max-age",
            )

    async def header(self, which: int | str) -> Header:
        """Ask for a header.

        Parameters
        ----------
        which : int or str
            A number, a hash, or ``latest``. [count]

        Returns
        -------
        Header
            Of exactly that block. [as its fields]

        Raises
        ------
        Retryable
            If the node does not know it (yet).
        Rejected
            If it answers with another block.
        """
        by_hash = isinstance(which, str) and which.startswith("0x")
        method = "eth_getBlockByHash" if by_hash else "eth_getBlockByNumber"
        (answer,) = await self.ask([Question(method, [hex(which) if isinstance(which, int) else which, False])])
        if answer.error or answer.result is None:
            raise Retryable(
                self.name,
                VenueFault.LAGS,
                f"it does not know block {which} ({answer.error or 'no answer'})",
                "ask a node that has it",
            )
        found = self._header(answer.result)
        if which not in ("latest", found.number, found.hash):
            raise self.lie(f"asked for block {which}, it answered with block {found.number} {found.hash}")
        return found

    async def logs(self, block: Header, addresses: Sequence[str], topics: Sequence[Any] = ()) -> tuple[Log, ...]:
        """Ask for what contracts told in one block, by its hash.

        Parameters
        ----------
        block : Header
            The block.
        addresses : sequence of str
            The contracts. [hex]
        topics : sequence
            Filter as ``eth_getLogs`` takes it; empty for every event. [hex]

        Returns
        -------
        tuple of Log
            In their order. [as their fields]

        Raises
        ------
        Rejected
            If a log is not of this block, not of these contracts, or not in the bloom of the header.
        Retryable
            If the node does not know the block (yet).
        """
        wanted = {"blockHash": block.hash, "address": list(addresses), "topics": list(topics)}
        said, chain = await self.ask([Question("eth_getLogs", [wanted]), Question("eth_chainId", [])])
        self._same_chain(chain)
        if said.error or not isinstance(said.result, list):
            raise Retryable(
                self.name,
                VenueFault.LAGS,
                f"no logs of block {block.number} {block.hash} ({said.error})",
                "ask a node that has it",
            )
        order = [(one.get("logIndex"), one) for one in said.result]
        if [int(number or "0x0", 16) for number, _ in order] != sorted({int(n or "0x0", 16) for n, _ in order}):
            raise self.lie(f"logs of block {block.number} are out of order")
        return tuple(self._log(one, block, addresses) for one in said.result)

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask as the wire does.

        Parameters
        ----------
        questions : sequence of Question
            What to ask.

        Returns
        -------
        list of Answer
            One for each, refusals included. [as the methods say]
        """
        return await self.wire.ask(questions)

    def lie(self, problem: str) -> VenueError:
        """Make the error of a node that contradicts itself.

        Parameters
        ----------
        problem : str
            What does not fit together.

        Returns
        -------
        VenueError
            To be raised. [exception]
        """
        return Rejected(self.name, VenueFault.LIES, problem, "ask another node: nothing of this answer was used")

    def _same_chain(self, answer: Answer) -> int:
        try:
            found = int(answer.result, 16)
        except (TypeError, ValueError):
            raise Rejected(
                self.name, VenueFault.REFUSED, f"no chain id ({answer.error})", "check the address"
            ) from None
        if self._chain_id not in (None, found):
            raise self.lie(f"its chain id was {self._chain_id} and is now {found}")
        self._chain_id = found
        return found

    def _header(self, raw: dict[str, Any]) -> Header:
        try:
            return Header(
                number=int(raw["number"], 16),
                hash=raw["hash"].lower(),
                parent_hash=raw["parentHash"].lower(),
                at_ns=int(raw["timestamp"], 16) * 10**9,
                bloom=int(raw["logsBloom"], 16),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self.lie(f"a header that is none: {str(raw)[:120]}") from None

    def _log(self, raw: dict[str, Any], block: Header, addresses: Sequence[str]) -> Log:
        try:
            where = raw["blockHash"].lower(), int(raw["blockNumber"], 16)
            topics = tuple(word.lower() for word in raw["topics"])
            log = Log(address=raw["address"].lower(), topics=topics, words=tuple(words_of(raw["data"])))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self.lie(f"a log that is none: {str(raw)[:120]}") from None
        if raw.get("removed") or where != (block.hash, block.number):
            raise self.lie(f"asked for logs of block {block.number} {block.hash}, one is of {where[1]} {where[0]}")
        if log.address not in {address.lower() for address in addresses}:
            raise self.lie(f"a log of {log.address}, which was not asked for")
        if not all(_in_bloom(block.bloom, part) for part in (log.address, *log.topics)):
            raise self.lie(f"a log of {log.address} that the header of block {block.number} says is not there")
        return log


def _in_bloom(bloom: int, part: str) -> bool:
    """Tell whether a header's bloom has an address or a topic (Ethereum yellow paper, eq. 26 to 29)."""
    digest = keccak(bytes.fromhex(part[2:]))
    bits = (int.from_bytes(digest[i : i + 2]) % _BLOOM_BITS for i in (0, 2, 4))
    return all(bloom >> bit & 1 for bit in bits)
