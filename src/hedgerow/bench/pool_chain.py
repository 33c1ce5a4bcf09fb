"""A node of its own for the bench: anvil with Uniswap v3, one pool and many minted ranges.

The node and the compiled contracts are fetched at their first use (``contracts``).
"""

import contextlib
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hedgerow.bench.contracts import package
from hedgerow.bench.processes import NotMeasured
from hedgerow.core.errors import InputError
from hedgerow.venues.chain.abi import Read, address_of, encoded
from hedgerow.venues.chain.live import LiveWire
from hedgerow.venues.chain.multicall import MULTICALL3
from hedgerow.venues.chain.wire import Question

_ANVIL: Final = "@foundry-rs/anvil-linux-amd64@1.7.1"
NEEDED: Final = (
    _ANVIL,
    "@uniswap/v2-core@1.0.1",
    "@uniswap/v3-core@1.0.1",
    "@uniswap/v3-periphery@1.4.4",
    "viem@2.57.20",
)
"""Packages that the node of the bench takes something from."""

_V3: Final = {
    "factory": ("@uniswap/v3-core@1.0.1", "UniswapV3Factory"),
    "manager": ("@uniswap/v3-periphery@1.4.4", "NonfungiblePositionManager"),
    "router": ("@uniswap/v3-periphery@1.4.4", "SwapRouter"),
}
_OWNER: Final = "0x00000000000000000000000000000000000a11ce"
_GAS: Final = 25_000_000
_LATE: Final = 2**40
"""A deadline that does not come. [seconds]"""

_PATIENCE_S: Final = 30.0
_SUPPLY: Final = 2**255 - 1
_MINT: Final = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
_SWAP: Final = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPool:
    """A pool on the node.

    Parameters
    ----------
    ipc : str
        The node's socket. [path]
    pool, router : str
        Their contracts. [hex]
    tokens : tuple of str
        The pool's, in its order. [hex]
    fee_pips : int
        Fee of a swap. [millionths of the input]
    """

    ipc: str
    pool: str
    router: str
    tokens: tuple[str, str]
    fee_pips: int

    def swap(self, amount: int, *, down: bool) -> Question:
        """Word a swap; the node mines it in a block of its own.

        Parameters
        ----------
        amount : int
            Paid in. [smallest units]
        down : bool
            True if token0 is paid in, so that the price falls.

        Returns
        -------
        Question
            A transaction to be sent. [JSON-RPC]
        """
        give, take = self.tokens if down else self.tokens[::-1]
        order = (give, take, self.fee_pips, _OWNER, _LATE, amount, 0, 0)
        return _transaction(self.router, Read(self.router, _SWAP, (), (order,)).data)


def fetch_all(anvil: str = "") -> str:
    """Fetch whatever the node needs.

    Parameters
    ----------
    anvil : str
        A node's program to be used; empty to fetch one. [path]

    Returns
    -------
    str
        The node's program. [path]

    Raises
    ------
    NotMeasured
        If something cannot be fetched, or a library or the program is missing.
    """
    try:
        encoded(("uint256",), (0,))
    except InputError as error:
        raise NotMeasured(str(error)) from None
    for name in NEEDED:
        if name != _ANVIL or not anvil:
            package(name)
    program = Path(anvil) if anvil else package(_ANVIL) / "bin" / "anvil"
    if not program.is_file():
        raise NotMeasured(f"{program}: there is no anvil")
    if not anvil:
        program.chmod(0o755)
    return str(program)


@contextlib.contextmanager
def running(anvil: str) -> Iterator[str]:
    """Run a node until the block ends.

    Parameters
    ----------
    anvil : str
        Its program. [path]

    Yields
    ------
    str
        Its IPC socket. [path]

    Raises
    ------
    NotMeasured
        If it does not come up.
    """
    with tempfile.TemporaryDirectory() as folder:
        ipc = Path(folder) / "anvil.ipc"
        command = [anvil, "--host", "127.0.0.1", "--port", "0", "--ipc", str(ipc), "--silent", "--threads", "1"]
        node = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            give_up = time.monotonic() + _PATIENCE_S
            while not ipc.exists():
                if node.poll() is not None or time.monotonic() > give_up:
                    raise NotMeasured("anvil does not start")
                time.sleep(0.02)
            yield str(ipc)
        finally:
            node.terminate()
            node.wait(10)


async def seeded_pool(
    wire: LiveWire, *, sqrt_price_x96: int, fee_pips: int, ranges: Sequence[tuple[int, int, int, int]]
) -> BenchPool:
    """Put Uniswap v3 and a pool with ranges onto an empty chain.

    Parameters
    ----------
    wire : LiveWire
        To the node.
    sqrt_price_x96 : int
        Square root of the pool's first price. [2^96]
    fee_pips : int
        Its fee. [millionths of the input]
    ranges : sequence of tuple of int
        Both ticks of each range, and what to pay in at most. [ticks, smallest units]

    Returns
    -------
    BenchPool
        The pool. [as its fields]
    """
    await _ask(wire, "anvil_impersonateAccount", _OWNER)
    await _ask(wire, "anvil_setBalance", _OWNER, hex(10**30))
    await _install_multicall(wire)
    erc20 = _artifact("@uniswap/v2-core@1.0.1", "build/ERC20.json")
    made = [await _deploy(wire, erc20, ("uint256",), (_SUPPLY,)) for _ in range(2)]
    token0, token1 = sorted(made, key=lambda address: int(address, 16))
    code = {name: _artifact(of, f"artifacts/contracts/{title}.sol/{title}.json") for name, (of, title) in _V3.items()}
    factory = await _deploy(wire, code["factory"])
    # nobody uses wrapped ether here, and the manager draws no pictures of its tokens
    weth, descriptor = _OWNER, _OWNER
    manager = await _deploy(wire, code["manager"], ("address",) * 3, (factory, weth, descriptor))
    router = await _deploy(wire, code["router"], ("address",) * 2, (factory, weth))
    for token in (token0, token1):
        for spender in (manager, router):
            await _send(wire, Read(token, "approve(address,uint256)", (), (spender, 2**256 - 1)))
    which = (token0, token1, fee_pips)
    await _send(wire, Read(factory, "createPool(address,address,uint24)", (), which))
    found = await _ask(wire, "eth_call", _call(Read(factory, "getPool(address,address,uint24)", (), which)), "latest")
    pool = address_of(found)
    await _send(wire, Read(pool, "initialize(uint160)", (), (sqrt_price_x96,)))
    for lower, upper, most0, most1 in ranges:
        order = (token0, token1, fee_pips, lower, upper, most0, most1, 0, 0, _OWNER, _LATE)
        await _send(wire, Read(manager, _MINT, (), (order,)))
    return BenchPool(ipc=wire.name, pool=pool, router=router, tokens=(token0, token1), fee_pips=fee_pips)


async def _install_multicall(wire: LiveWire) -> None:
    """Put Multicall3 where every chain has it."""
    source = (package("viem@2.57.20") / "_cjs" / "constants" / "contracts.js").read_text()
    found = re.search(r"multicall3Bytecode = '0x([0-9a-f]+)'", source)
    if found is None:
        raise NotMeasured("viem keeps Multicall3 elsewhere now")
    address = await _deploy(wire, {"bytecode": found[1]})
    await _ask(wire, "anvil_setCode", MULTICALL3, await _ask(wire, "eth_getCode", address, "latest"))


def _artifact(name: str, path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((package(name) / path).read_text())
    return content


async def _deploy(
    wire: LiveWire, artifact: dict[str, Any], types: Sequence[str] = (), values: Sequence[Any] = ()
) -> str:
    code = bytes.fromhex(str(artifact["bytecode"]).removeprefix("0x")) + encoded(types, values)
    receipt = await _mined(wire, _transaction(None, code))
    return str(receipt["contractAddress"]).lower()


async def _send(wire: LiveWire, call: Read) -> None:
    await _mined(wire, _transaction(call.target, call.data))


async def _mined(wire: LiveWire, question: Question) -> dict[str, Any]:
    """Send a transaction; its receipt, which the node has at once, for it mines at once."""
    receipt = None
    digest, give_up = await _ask(wire, question.method, *question.params), time.monotonic() + _PATIENCE_S
    while receipt is None:
        receipt = await _ask(wire, "eth_getTransactionReceipt", digest)
        if time.monotonic() > give_up:
            raise NotMeasured("anvil does not mine")
    if receipt["status"] != "0x1":
        raise NotMeasured(f"a transaction was refused: {receipt}")
    return dict(receipt)


def _transaction(to: str | None, data: bytes) -> Question:
    sent = {"from": _OWNER, "data": "0x" + data.hex(), "gas": hex(_GAS)} | ({} if to is None else {"to": to})
    return Question("eth_sendTransaction", [sent])


def _call(read: Read) -> dict[str, str]:
    return {"to": read.target, "data": "0x" + read.data.hex()}


async def _ask(wire: LiveWire, method: str, *params: Any) -> Any:
    (answer,) = await wire.ask([Question(method, list(params))])
    if answer.error:
        raise NotMeasured(f"{method}: {answer.error}")
    return answer.result
