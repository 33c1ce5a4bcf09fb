"""A node whose word is checked: headers, logs of one block, reads at one block.

What it says must be of the types that it should be of, and must fit together: the block that was asked for, its parent,
logs of that block only, a bloom that holds them, one chain id for ever. What does not is a ``Rejected`` with the fault
LIES, and nothing of it is used.
"""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hedgerow.core.errors import Rejected, Retryable, VenueError, VenueFault
from hedgerow.market import BlockStamp
from hedgerow.venues.chain.abi import keccak
from hedgerow.venues.chain.messages import (
    HeaderSaid,
    LogSaid,
    MessageFault,
    converted,
    number_of,
    seconds_of,
    shown,
    words_of,
)
from hedgerow.venues.chain.wire import Answer, Question, Wire

_BLOOM_BITS: Final = 2048
_FORGOTTEN: Final = re.compile(r"missing trie node|state .*(not|un)\s?available|historical state|prune|archive", re.I)
"""How nodes say that they had a state once (geth, Erigon, Nethermind, reth)."""


class StateGone(Retryable):
    """A node no longer keeps the state of a block: it will not come back, later blocks have theirs."""


class TooOld(Retryable):
    """The newest block of a node is older than the user accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A head as it was heard.

    Parameters
    ----------
    header : Header
        The block.
    heard_ns : int
        When it came in. [UTC epoch ns]
    """

    header: "Header"
    heard_ns: int


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

    def may_hold(self, part: str) -> bool:
        """Tell whether logs with an address or a topic can be in the block.

        Parameters
        ----------
        part : str
            An address or a topic. [hex]

        Returns
        -------
        bool
            False only if there is none. [bool]

        References
        ----------
        Ethereum yellow paper, equations 26 to 29.
        """
        digest = keccak(bytes.fromhex(part[2:]))
        bits = (int.from_bytes(digest[i : i + 2]) % _BLOOM_BITS for i in (0, 2, 4))
        return all(self.bloom >> bit & 1 for bit in bits)


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
        self.own_numbers: bool | None = None

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

    async def heads(self) -> AsyncIterator[Head]:
        """Listen to new heads.

        Yields
        ------
        Head
            Each as it comes; some may be missed, some may come twice, and in silence the last one does. [as its fields]

        Raises
        ------
        Retryable
            If a head is older than ``max_age_s``, in silence too, or nobody answers.
        Rejected
            If a header is none.
        """
        async for heard in self.wire.heads():
            head = self._header(heard.head)
            self.check_age(head, heard.at_ns)
            yield Head(header=head, heard_ns=heard.at_ns)

    def check_age(self, head: Header, now_ns: int | None = None) -> None:
        """Refuse a head that is too old.

        Parameters
        ----------
        head : Header
            The newest one known.
        now_ns : int or None
            When it was heard; None asks the clock. [UTC epoch ns]

        Raises
        ------
        TooOld
            If it is older than ``max_age_s``.
        """
        if self.max_age_s is None:
            return
        age_s = ((self.wire.clock_ns("age") if now_ns is None else now_ns) - head.at_ns) / 1e9
        if age_s > self.max_age_s:
            raise TooOld(
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
            raise self.lag(f"it does not know block {which}", answer)
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
        if said.error or said.result is None:
            raise self.lag(f"no logs of block {block.number} {block.hash}", said)
        if not isinstance(said.result, list):
            raise self.lie(f"logs that are none: {shown(said.result)}")
        found = [self._log(one, block, addresses) for one in said.result]
        order = [place for place, _ in found]
        if order != sorted(set(order)):
            raise self.lie(f"logs of block {block.number} are out of order")
        return tuple(log for _, log in found)

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

    def lag(self, problem: str, answer: Answer) -> Retryable:
        """Make the error of a node that does not have what it is asked for, or not yet, or no longer.

        Parameters
        ----------
        problem : str
            What it does not have.
        answer : Answer
            What it said.

        Returns
        -------
        Retryable
            To be raised; a ``StateGone`` if it says that it had it once. [exception]
        """
        kind = StateGone if _FORGOTTEN.search(answer.error) else Retryable
        said = answer.error or "no answer"
        return kind(self.name, VenueFault.LAGS, f"{problem} ({said})", "ask a node that has it")

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
            found = number_of(answer.result)
        except MessageFault:
            raise Rejected(
                self.name, VenueFault.REFUSED, f"no chain id ({answer.error})", "check the address"
            ) from None
        if self._chain_id not in (None, found):
            raise self.lie(f"its chain id was {self._chain_id} and is now {found}")
        self._chain_id = found
        return found

    def _header(self, raw: Any) -> Header:
        try:
            said = converted(raw, HeaderSaid)
            at_s = seconds_of(said.timestamp)
        except MessageFault as fault:
            raise self.lie(f"a header that is none: {fault}") from None
        return Header(
            number=int(said.number, 16),
            hash=said.hash.lower(),
            parent_hash=said.parent_hash.lower(),
            at_ns=at_s * 10**9,
            bloom=int(said.logs_bloom, 16),
        )

    def _log(self, raw: Any, block: Header, addresses: Sequence[str]) -> tuple[int, Log]:
        """Return a log and its place in the block."""
        try:
            said = converted(raw, LogSaid)
        except MessageFault as fault:
            raise self.lie(f"a log that is none: {fault}") from None
        where = said.block_hash.lower(), int(said.block_number, 16)
        topics = tuple(word.lower() for word in said.topics)
        log = Log(address=said.address.lower(), topics=topics, words=tuple(words_of(said.data)))
        if said.removed or where != (block.hash, block.number):
            raise self.lie(f"asked for logs of block {block.number} {block.hash}, one is of {where[1]} {where[0]}")
        if log.address not in {address.lower() for address in addresses}:
            raise self.lie(f"a log of {log.address}, which was not asked for")
        if not all(block.may_hold(part) for part in (log.address, *log.topics)):
            raise self.lie(f"a log of {log.address} that the header of block {block.number} says is not there")
        return int(said.log_index, 16), log
