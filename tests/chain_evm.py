"""A chain in the test's own process: real contracts under pyrevm, called by their ABI.

Slower than arithmetic and faster than a node: for generated inputs. Contracts come from ``chain_packages``.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pyrevm
from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

import chain_packages

OWNER: Final = "0x00000000000000000000000000000000000A11cE"
"""Who deploys, owns and pays, unless another sender is named."""

ZERO: Final = "0x0000000000000000000000000000000000000000"

SUPPLY: Final = 2**255 - 1
"""Of the tokens that tests deploy: nobody runs out."""

BLOCK_GAS: Final = 2**62


class Reverted(Exception):
    """A call was refused by a contract.

    Parameters
    ----------
    reason : str
        What the contract said: its message, or the raw data. [text]
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract: its address, and the functions that its artefact names."""

    chain: "Chain" = field(repr=False)
    address: str
    abi: tuple[dict[str, Any], ...] = field(repr=False)

    def call(self, function: str, *args: Any, sender: str = OWNER, value: int = 0) -> Any:
        """Send a transaction; returns what it returns: nothing, one value, or a tuple of several."""
        return self.chain.call(self.address, self.entry(function, args), *args, sender=sender, value=value)

    def refusal(self, function: str, *args: Any, sender: str = OWNER, value: int = 0) -> str:
        """Why a call is refused, or an empty text if it would be done; the chain stays as it was."""
        with self.chain.undone():
            try:
                self.call(function, *args, sender=sender, value=value)
            except Reverted as error:
                return error.reason or "refused"
        return ""

    def entry(self, function: str, args: tuple[Any, ...]) -> dict[str, Any]:
        """The ABI entry of a function by its name, or by name and types where it is overloaded: ``f(uint256)``."""
        name = function.split("(")[0]
        found = [
            entry
            for entry in self.abi
            if entry["type"] == "function" and entry["name"] == name and len(entry["inputs"]) == len(args)
        ]
        if "(" in function:
            found = [entry for entry in found if _signature(entry) == function]
        if len(found) != 1:
            raise LookupError(f"{function} with {len(args)} arguments: {len(found)} functions fit")
        return found[0]


@dataclass(slots=True)
class Chain:
    """One chain, with its clock in the test's hand. Every call is a transaction that is mined at once."""

    number: int = 1
    seconds: int = 1_700_000_000
    evm: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.evm = pyrevm.EVM(gas_limit=BLOCK_GAS, spec_id="CANCUN", env=self._environment())
        self.fund(OWNER, 10**30)

    def _environment(self) -> Any:
        # test contracts are larger than a chain would take
        rules = pyrevm.CfgEnv(chain_id=1, limit_contract_code_size=2**20)
        return pyrevm.Env(cfg=rules, block=self._block())

    def _block(self) -> Any:
        return pyrevm.BlockEnv(number=self.number, timestamp=self.seconds, gas_limit=BLOCK_GAS)

    def mine(self, blocks: int = 1, seconds: int = 12) -> None:
        """Let blocks pass."""
        self.number += blocks
        self.seconds += seconds * blocks
        self.evm.set_block_env(self._block())

    def fund(self, address: str, wei: int) -> None:
        """Give an account its ether."""
        self.evm.set_balance(to_checksum_address(address), wei)

    def deploy(self, artifact: dict[str, Any], *args: Any, libraries: dict[str, str] | None = None) -> Contract:
        """Deploy an artefact with arguments of its constructor; libraries by their name."""
        inputs: list[dict[str, Any]] = next(
            (entry["inputs"] for entry in artifact["abi"] if entry["type"] == "constructor"), []
        )
        code = bytes.fromhex(_linked(artifact, libraries or {})) + encode([_type(item) for item in inputs], args)
        try:
            address = self.evm.deploy(OWNER, code, gas=BLOCK_GAS // 4)
        except RuntimeError as error:
            raise Reverted(_reason(str(error))) from None
        return self.at(address, artifact)

    def at(self, address: str, artifact: dict[str, Any]) -> Contract:
        """A contract that another one deployed."""
        return Contract(self, to_checksum_address(address), tuple(artifact["abi"]))

    def call(self, address: str, function: dict[str, Any], *args: Any, sender: str = OWNER, value: int = 0) -> Any:
        """Call a function by its ABI entry."""
        data = _selector(_signature(function)) + encode([_type(item) for item in function["inputs"]], args)
        returned = self.send(address, data, sender=sender, value=value)
        values = decode([_type(item) for item in function["outputs"]], returned)
        return values[0] if len(values) == 1 else values or None

    def send(self, address: str, data: bytes, sender: str = OWNER, value: int = 0) -> bytes:
        """Send raw call data; what comes back, or ``Reverted``."""
        try:
            self.evm.reset_transient_storage()
            returned = self.evm.message_call(sender, address, calldata=data, value=value, gas=BLOCK_GAS // 4)
        except RuntimeError as error:
            raise Reverted(_reason(str(error))) from None
        return bytes(returned)

    def logs(self) -> list[Any]:
        """Events of the last call."""
        return list(self.evm.result.logs)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside, the chain is afterwards as it was."""
        number, seconds, checkpoint = self.number, self.seconds, self.evm.snapshot()
        try:
            yield
        finally:
            self.evm.revert(checkpoint)
            self.number, self.seconds = number, seconds
            self.evm.set_block_env(self._block())

    def storage(self, address: str, slot: int) -> int:
        """A word of a contract's storage."""
        return int(self.evm.storage(address, slot))

    def store(self, address: str, slot: int, value: int) -> None:
        """Overwrite a word of a contract's storage."""
        self.evm.insert_account_storage(address, slot, value)


def mapping_slot(key: bytes, slot: int) -> int:
    """Where a mapping at a slot keeps the value of a key of 32 bytes."""
    return int.from_bytes(keccak(key.rjust(32, b"\0") + slot.to_bytes(32, "big")), "big")


def signed_word(value: int) -> bytes:
    """A signed number as a word of 32 bytes."""
    return (value % 2**256).to_bytes(32, "big")


def _type(item: dict[str, Any]) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(part) for part in item['components'])}){kind[5:]}"


@functools.cache
def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def _signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(_type(item) for item in entry['inputs'])})"


def _linked(artifact: dict[str, Any], libraries: dict[str, str]) -> str:
    bytecode = artifact["bytecode"]
    code: str = (bytecode["object"] if isinstance(bytecode, dict) else bytecode).removeprefix("0x")
    for parts in (artifact.get("linkReferences") or {}).values():
        for name, places in parts.items():
            for place in places:
                at = 2 * place["start"]
                code = code[:at] + libraries[name][2:].lower() + code[at + 40 :]
    return code


def _reason(text: str) -> str:
    """The message inside a revert, where there is one: ``Error(string)`` is selector 08c379a0."""
    start = text.find("0x08c379a0")
    if start < 0:
        return text
    data = bytes.fromhex("".join(ch for ch in text[start + 10 :] if ch in "0123456789abcdef"))
    return str(decode(["string"], data)[0])


V2_CORE: Final = "@uniswap/v2-core@1.0.1"
V2_PERIPHERY: Final = "@uniswap/v2-periphery@1.1.0-beta.0"
V3_CORE: Final = "@uniswap/v3-core@1.0.1"
V3_PERIPHERY: Final = "@uniswap/v3-periphery@1.4.4"
V4_CORE: Final = "@uniswap/v4-core@1.0.2"


@functools.cache
def compiled(package: str, path: str) -> dict[str, Any]:
    """An artefact, read once."""
    return chain_packages.artifact(package, path)


def v3_artifact(package: str, name: str, folder: str = "") -> dict[str, Any]:
    """A compiled contract of the v3 packages."""
    return compiled(package, f"artifacts/contracts/{folder}{name}.sol/{name}.json")


def v4_artifact(name: str) -> dict[str, Any]:
    """A compiled contract of the v4 package."""
    return compiled(V4_CORE, f"out/{name}.sol/{name}.json")


def deploy_tokens(chain: Chain, count: int = 2) -> list[Contract]:
    """Tokens of a vast supply, all OWNER's, in the order of their addresses: as pools keep them."""
    tokens = [chain.deploy(compiled(V2_CORE, "build/ERC20.json"), SUPPLY) for _ in range(count)]
    return sorted(tokens, key=lambda token: int(token.address, 16))


def approve(tokens: list[Contract], spender: Contract, owner: str = OWNER) -> None:
    """Let a contract take whatever it asks for."""
    for token in tokens:
        token.call("approve", spender.address, 2**256 - 1, sender=owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class V2World:
    """A factory of pairs and one empty pair."""

    chain: Chain
    tokens: list[Contract]
    factory: Contract
    pair: Contract


def deploy_v2() -> V2World:
    """A chain with two tokens and their pair."""
    chain = Chain()
    tokens = deploy_tokens(chain)
    factory = chain.deploy(compiled(V2_CORE, "build/UniswapV2Factory.json"), OWNER)
    address = factory.call("createPair", tokens[0].address, tokens[1].address)
    pair = chain.at(address, compiled(V2_CORE, "build/UniswapV2Pair.json"))
    return V2World(chain=chain, tokens=tokens, factory=factory, pair=pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class V3World:
    """A factory of pools, the position manager, the router and the quoter."""

    chain: Chain
    tokens: list[Contract]
    factory: Contract
    manager: Contract
    router: Contract
    quoter: Contract

    def pool(self, fee: int, sqrt_price_x96: int) -> Contract:
        """A new pool at a price."""
        address = self.factory.call("createPool", self.tokens[0].address, self.tokens[1].address, fee)
        pool = self.chain.at(address, v3_artifact(V3_CORE, "UniswapV3Pool"))
        pool.call("initialize", sqrt_price_x96)
        return pool


def deploy_v3() -> V3World:
    """A chain with two tokens and Uniswap v3 without pools."""
    chain = Chain()
    tokens = deploy_tokens(chain)
    weth = chain.deploy(compiled(V2_PERIPHERY, "build/WETH9.json"))
    factory = chain.deploy(v3_artifact(V3_CORE, "UniswapV3Factory"))
    manager = chain.deploy(
        v3_artifact(V3_PERIPHERY, "NonfungiblePositionManager"), factory.address, weth.address, OWNER
    )
    router = chain.deploy(v3_artifact(V3_PERIPHERY, "SwapRouter"), factory.address, weth.address)
    quoter = chain.deploy(v3_artifact(V3_PERIPHERY, "QuoterV2", "lens/"), factory.address, weth.address)
    approve(tokens, manager)
    approve(tokens, router)
    return V3World(chain=chain, tokens=tokens, factory=factory, manager=manager, router=router, quoter=quoter)


@dataclass(frozen=True, slots=True, kw_only=True)
class V4World:
    """The manager of all pools, and the contracts with which its own tests swap and change liquidity."""

    chain: Chain
    tokens: list[Contract]
    manager: Contract
    liquidity: Contract
    swaps: Contract

    def key(self, fee: int, tick_spacing: int, hooks: str = ZERO) -> tuple[str, str, int, int, str]:
        """The key of a pool of the two tokens."""
        return (self.tokens[0].address, self.tokens[1].address, fee, tick_spacing, hooks)


def deploy_v4() -> V4World:
    """A chain with two tokens and Uniswap v4 without pools."""
    chain = Chain()
    tokens = deploy_tokens(chain)
    manager = chain.deploy(v4_artifact("PoolManager"), OWNER)
    liquidity = chain.deploy(v4_artifact("PoolModifyLiquidityTest"), manager.address)
    swaps = chain.deploy(v4_artifact("PoolSwapTest"), manager.address)
    approve(tokens, liquidity)
    approve(tokens, swaps)
    return V4World(chain=chain, tokens=tokens, manager=manager, liquidity=liquidity, swaps=swaps)
