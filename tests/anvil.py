"""A real node for tests: anvil on this machine, ended by its process id; the worlds of ``chain_evm`` on it."""

import contextlib
import json
import re
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from eth_abi import decode, encode
from eth_utils import function_abi_to_4byte_selector, keccak, to_checksum_address

import chain_packages
from chain_evm import (
    OWNER,
    V2_CORE,
    V2_PERIPHERY,
    V3_CORE,
    V3_PERIPHERY,
    Chain,
    Contract,
    V2World,
    V3World,
    V4World,
    approve,
    compiled,
    deploy_tokens,
    v3_artifact,
    v4_artifact,
)

MULTICALL3: Final = "0xcA11bde05977b3631167028862bE2a173976CA11"
BALANCER: Final = "@balancer-labs/v2-deployments@3.2.0"
ZERO: Final = "0x" + 40 * "0"
_GAS: Final = 25_000_000


class Refused(Exception):
    """The node answered with an error."""


@dataclass(slots=True)
class AnvilChain:
    """What ``chain_evm.Chain`` offers, on a node: every call is a transaction in a block of its own.

    It is driven over HTTP, so that nothing of the test's own traffic stands in for what is tested.
    """

    port: int
    ipc: str
    process: Any
    last_id: int = field(default=0)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def rpc(self, method: str, *params: Any) -> Any:
        """Ask the node."""
        self.last_id += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.http, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            said = json.loads(reply.read())
        if "error" in said:
            raise Refused(f"{method}: {said['error']}")
        return said["result"]

    def mine(self, blocks: int = 1, seconds: int = 12) -> None:
        """Let blocks pass."""
        self.rpc("anvil_mine", hex(blocks), hex(seconds))

    def deploy(self, artifact: dict[str, Any], *args: Any, libraries: dict[str, str] | None = None) -> Contract:
        """Deploy an artefact with arguments of its constructor."""
        assert not libraries
        inputs: list[dict[str, Any]] = next(
            (entry["inputs"] for entry in artifact["abi"] if entry["type"] == "constructor"), []
        )
        bytecode = artifact["bytecode"]
        code = (bytecode["object"] if isinstance(bytecode, dict) else bytecode).removeprefix("0x")
        receipt = self.transact(None, bytes.fromhex(code) + encode([abi_type(item) for item in inputs], args))
        return self.at(receipt["contractAddress"], artifact)

    def at(self, address: str, artifact: dict[str, Any]) -> Contract:
        """A contract that another one deployed."""
        return Contract(cast("Chain", self), to_checksum_address(address), tuple(artifact["abi"]))

    def call(self, address: str, function: dict[str, Any], *args: Any, sender: str = OWNER, value: int = 0) -> Any:
        """Call a function by its ABI entry, and mine it unless it only reads."""
        data = function_abi_to_4byte_selector(cast("Any", function)) + encode(
            [abi_type(item) for item in function["inputs"]], args
        )
        sent = {"from": sender, "to": address, "data": "0x" + data.hex(), "value": hex(value), "gas": hex(_GAS)}
        returned = bytes.fromhex(self.rpc("eth_call", sent, "latest")[2:])
        if function.get("stateMutability") not in ("view", "pure") and not function.get("constant"):
            self.transact(address, data, sender=sender, value=value)
        values = decode([abi_type(item) for item in function["outputs"]], returned)
        return values[0] if len(values) == 1 else values or None

    def transact(self, to: str | None, data: bytes, sender: str = OWNER, value: int = 0) -> dict[str, Any]:
        """Send a transaction; its receipt once it is mined."""
        sent = {"from": sender, "data": "0x" + data.hex(), "value": hex(value), "gas": hex(_GAS)}
        done = self.rpc("eth_sendTransaction", sent | ({"to": to} if to else {}))
        give_up = time.monotonic() + 20.0
        while (receipt := self.rpc("eth_getTransactionReceipt", done)) is None:
            assert time.monotonic() < give_up, "not mined"
            time.sleep(0.005)
        assert receipt["status"] == "0x1", f"reverted: {receipt}"
        return dict(receipt)


@contextlib.contextmanager
def anvil(*options: str) -> Iterator[AnvilChain]:
    """Run a node until the block ends."""
    binary = chain_packages.package("@foundry-rs/anvil-linux-amd64@1.7.1") / "bin" / "anvil"
    binary.chmod(0o755)
    with tempfile.TemporaryDirectory() as folder:
        ipc, port = str(Path(folder) / "anvil.ipc"), _free_port()
        chain = AnvilChain(port=port, ipc=ipc, process=start(binary, port, ipc, *options))
        try:
            _ready(chain)
            yield chain
        finally:
            end(chain.process)


def start(binary: Path, port: int, ipc: str, *options: str) -> Any:
    """Start the process."""
    command = [str(binary), "--host", "127.0.0.1", "--port", str(port), "--ipc", ipc, "--silent", "--threads", "1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*command, "--code-size-limit", "200000", *options], **quiet)  # type: ignore[call-overload]


def end(process: Any) -> None:
    """End it and wait."""
    process.terminate()
    process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(chain: AnvilChain) -> None:
    """Wait until it answers; give OWNER ether and the right to send without a key."""
    give_up = time.monotonic() + 20.0
    while True:
        try:
            chain.rpc("eth_chainId")
            break
        except OSError:
            assert chain.process.poll() is None, "anvil ended"
            assert time.monotonic() < give_up, "anvil does not answer"
            time.sleep(0.02)
    chain.rpc("anvil_impersonateAccount", OWNER)
    chain.rpc("anvil_setBalance", OWNER, hex(10**30))


def install_multicall(chain: AnvilChain) -> None:
    """Put Multicall3 where every chain has it."""
    source = (chain_packages.package("viem@2.57.20") / "_cjs" / "constants" / "contracts.js").read_text()
    found = re.search(r"multicall3Bytecode = '0x([0-9a-f]+)'", source)
    assert found, "viem keeps Multicall3 elsewhere now"
    receipt = chain.transact(None, bytes.fromhex(found[1]))
    chain.rpc("anvil_setCode", MULTICALL3, chain.rpc("eth_getCode", receipt["contractAddress"], "latest"))


def abi_type(item: dict[str, Any]) -> str:
    """The type of an argument, as the ABI encodes it."""
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(abi_type(part) for part in item['components'])}){kind[5:]}"


def deploy_v2(chain: AnvilChain) -> V2World:
    """Two tokens and their empty pair."""
    like = cast("Chain", chain)
    tokens = deploy_tokens(like)
    factory = chain.deploy(compiled(V2_CORE, "build/UniswapV2Factory.json"), OWNER)
    address = factory.call("createPair", tokens[0].address, tokens[1].address)
    pair = chain.at(address, compiled(V2_CORE, "build/UniswapV2Pair.json"))
    return V2World(chain=like, tokens=tokens, factory=factory, pair=pair)


def deploy_v3(chain: AnvilChain) -> V3World:
    """Two tokens and Uniswap v3 without pools."""
    like = cast("Chain", chain)
    tokens = deploy_tokens(like)
    weth = chain.deploy(compiled(V2_PERIPHERY, "build/WETH9.json"))
    factory = chain.deploy(v3_artifact(V3_CORE, "UniswapV3Factory"))
    manager = chain.deploy(
        v3_artifact(V3_PERIPHERY, "NonfungiblePositionManager"), factory.address, weth.address, OWNER
    )
    router = chain.deploy(v3_artifact(V3_PERIPHERY, "SwapRouter"), factory.address, weth.address)
    for spender in (manager, router):
        approve(tokens, spender)
    return V3World(chain=like, tokens=tokens, factory=factory, manager=manager, router=router, quoter=router)


def deploy_v4(chain: AnvilChain) -> V4World:
    """Two tokens and Uniswap v4 without pools."""
    like = cast("Chain", chain)
    tokens = deploy_tokens(like)
    manager = chain.deploy(v4_artifact("PoolManager"), OWNER)
    liquidity = chain.deploy(v4_artifact("PoolModifyLiquidityTest"), manager.address)
    swaps = chain.deploy(v4_artifact("PoolSwapTest"), manager.address)
    for spender in (liquidity, swaps):
        approve(tokens, spender)
    return V4World(chain=like, tokens=tokens, manager=manager, liquidity=liquidity, swaps=swaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerWorld:
    """A vault with pools of the same tokens."""

    chain: AnvilChain
    tokens: list[Contract]
    vault: Contract

    def join(self, pool: Contract, amounts: list[int], kind: int = 0) -> None:
        """Put tokens into a pool: the first time (kind 0), or later for whatever pool tokens come out (kind 1)."""
        pool_id = pool.call("getPoolId")
        data = (
            encode(["uint256", "uint256[]"], [0, amounts])
            if kind == 0
            else (encode(["uint256", "uint256[]", "uint256"], [1, amounts, 0]))
        )
        request = ([token.address for token in self.tokens], amounts, data, False)
        self.vault.call("joinPool", pool_id, OWNER, OWNER, request)

    def swap(self, pool: Contract, i: int, j: int, amount: int) -> int:
        """Swap an exact amount of token i for token j; returns what came out."""
        one = (pool.call("getPoolId"), 0, self.tokens[i].address, self.tokens[j].address, amount, b"")
        return int(self.vault.call("swap", one, (OWNER, False, OWNER, False), 0, 2**255))


def deploy_balancer(chain: AnvilChain, count: int) -> BalancerWorld:
    """Tokens and a vault without pools."""
    tokens = deploy_tokens(cast("Chain", chain), count)
    weth = chain.deploy(compiled(V2_PERIPHERY, "build/WETH9.json"))
    authorizer = chain.deploy(balancer_artifact("20210418-authorizer", "Authorizer"), OWNER)
    vault = chain.deploy(balancer_artifact("20210418-vault", "Vault"), authorizer.address, weth.address, 0, 0)
    approve(tokens, vault)
    return BalancerWorld(chain=chain, tokens=tokens, vault=vault)


def weighted_pool(world: BalancerWorld, weights: list[int], fee: int) -> Contract:
    """A weighted pool of all tokens."""
    artifact = balancer_artifact("20210418-weighted-pool", "WeightedPool")
    addresses = [token.address for token in world.tokens]
    return world.chain.deploy(artifact, world.vault.address, "P", "P", addresses, weights, fee, 0, 0, OWNER)


def stable_pool(world: BalancerWorld, amplification: int, fee: int) -> Contract:
    """A stable pool of all tokens, from its factory."""
    factory = world.chain.deploy(balancer_artifact("20220609-stable-pool-v2", "StablePoolFactory"), world.vault.address)
    addresses = [token.address for token in world.tokens]
    address = factory.call("create", "P", "P", addresses, amplification, fee, OWNER)
    return world.chain.at(
        address, {"abi": compiled(BALANCER, "dist/tasks/20220609-stable-pool-v2/abi/StablePool.json")}
    )


def balancer_artifact(task: str, name: str) -> dict[str, Any]:
    """ABI and bytecode lie in two files."""
    code = compiled(BALANCER, f"dist/tasks/{task}/bytecode/{name}.json")
    bytecode = code["creationCode"] if isinstance(code, dict) else code
    return {"abi": compiled(BALANCER, f"dist/tasks/{task}/abi/{name}.json"), "bytecode": bytecode}


def answering_code(answers: dict[bytes, bytes]) -> str:
    """Code of a contract that gives fixed answers to whole call data, and refuses everything else.

    Where no package ships a contract (Curve), this stands in for it: the reading is tested, not the contract.
    """
    head = bytes.fromhex("3660006000373660002" + "0")  # copy the call data to memory, leave its hash on the stack
    entry, body = 41, 16  # bytes of one comparison, and of one answer
    first_body = len(head) + entry * len(answers) + 5
    data_at = first_body + body * len(answers)
    tests, bodies, data = b"", b"", b""
    for number, (asked, answer) in enumerate(answers.items()):
        destination = (first_body + body * number).to_bytes(2, "big")
        tests += b"\x80\x7f" + keccak(asked) + b"\x14\x61" + destination + b"\x57" + b"\x5b\x5b"
        size, where = len(answer).to_bytes(2, "big"), (data_at + len(data)).to_bytes(2, "big")
        bodies += b"\x5b\x61" + size + b"\x61" + where + b"\x60\x00\x39\x61" + size + b"\x60\x00\xf3"
        data += answer
    return "0x" + (head + tests + bytes.fromhex("60006000fd") + bodies + data).hex()
