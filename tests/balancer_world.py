"""Balancer v2 on a chain in the test's process: the real vault, and pools with tokens of any decimals."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi import decode, encode
from eth_utils import keccak

import chain_packages
from chain_evm import OWNER, ZERO, Chain, Contract
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market.pool_states import BalancerStablePool, BalancerWeightedPool, PoolToken

PACKAGE: Final = "@balancer-labs/v2-deployments@3.2.0"
AUTHORIZER, VAULT = "20210418-authorizer", "20210418-vault"
WEIGHTED, STABLE = "20210418-weighted-pool", "20220609-stable-pool-v2"
MAX = 2**256 - 1


@functools.cache
def balancer_artifact(task: str, name: str) -> dict[str, Any]:
    """Interface and bytecode of a contract; empty bytecode where only a factory has it."""
    abi = chain_packages.artifact(PACKAGE, f"dist/tasks/{task}/abi/{name}.json")
    try:
        code = chain_packages.artifact(PACKAGE, f"dist/tasks/{task}/bytecode/{name}.json")["creationCode"]
    except FileNotFoundError:
        code = ""
    return {"abi": abi, "bytecode": code}


def token_artifact(decimals: int) -> dict[str, Any]:
    """A token that states its decimals and says yes to everything else: the vault keeps the books itself."""
    runtime = bytes.fromhex(
        "60003560e01c63313ce56714601a57600160005260206000f3" + "00" + "5b60" + f"{decimals:02x}" + "60005260206000f3"
    )
    return {"abi": [], "bytecode": f"60{len(runtime):02x}80600b6000396000f3" + runtime.hex()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerWorld:
    """The vault with its authorizer, the collector of protocol fees, and the factories."""

    chain: Chain
    vault: Contract
    collector: Contract
    weighted: Contract
    stable: Contract

    def tokens(self, decimals: Sequence[int]) -> list[tuple[str, int]]:
        """Fresh tokens, sorted by address as the vault wants them, with their decimals."""
        made = [(self.chain.deploy(token_artifact(digits)).address, digits) for digits in decimals]
        return sorted(made, key=lambda entry: int(entry[0], 16))

    def weighted_pool(self, tokens: Sequence[str], weights: Sequence[int], fee: int) -> Contract:
        """A weighted pool owned by OWNER."""
        address = self.weighted.call("create", "Pool", "POOL", list(tokens), list(weights), fee, OWNER)
        return self.chain.at(address, balancer_artifact(WEIGHTED, "WeightedPool"))

    def stable_pool(self, tokens: Sequence[str], amplification: int, fee: int) -> Contract:
        """A stable pool owned by OWNER."""
        address = self.stable.call("create", "Pool", "POOL", list(tokens), amplification, fee, OWNER)
        return self.chain.at(address, balancer_artifact(STABLE, "StablePool"))

    def join(self, pool: Contract, tokens: Sequence[str], amounts: Sequence[int]) -> None:
        """First join of a pool: its balances."""
        data = encode(["uint256", "uint256[]"], [0, list(amounts)])
        request = (list(tokens), [MAX] * len(tokens), data, False)
        self.vault.call("joinPool", pool.call("getPoolId"), OWNER, OWNER, request)

    def swap(self, pool: Contract, token_in: str, token_out: str, amount: int, *, given_out: bool = False) -> int:
        """Swap a given amount in, or out; returns the other amount."""
        single = (pool.call("getPoolId"), int(given_out), token_in, token_out, amount, b"")
        limit = MAX if given_out else 0
        moved: int = self.vault.call("swap", single, (OWNER, False, OWNER, False), limit, MAX)
        return moved

    def exit(self, pool: Contract, tokens: Sequence[str], shares: int) -> list[int]:
        """Exit in proportion; returns what was paid, by token."""
        request = (list(tokens), [0] * len(tokens), encode(["uint256", "uint256"], [_IN_PROPORTION, shares]), False)
        self.vault.call("exitPool", pool.call("getPoolId"), OWNER, OWNER, request)
        (event,) = [log for log in self.chain.logs() if log.topics[0].removeprefix("0x") == _CHANGED]
        deltas = decode(["address[]", "int256[]", "uint256[]"], bytes(event.data[1]))[1]
        return [-delta for delta in deltas]

    def balances(self, pool: Contract) -> list[int]:
        """What the vault holds for a pool."""
        return list(self.vault.call("getPoolTokens", pool.call("getPoolId"))[1])

    def weighted_state(self, pool: Contract, tokens: Sequence[tuple[str, int]]) -> BalancerWeightedPool:
        """Storage of a weighted pool."""
        return BalancerWeightedPool(
            name=PoolName("pool"),
            tokens=struct_tokens(tokens),
            balances=tuple(self.balances(pool)),
            weights=tuple(pool.call("getNormalizedWeights")),
            swap_fee=pool.call("getSwapFeePercentage"),
            total_supply=pool.call("totalSupply"),
            protocol_swap_fee=self.collector.call("getSwapFeePercentage"),
            last_invariant=pool.call("getLastInvariant"),
        )

    def stable_state(self, pool: Contract, tokens: Sequence[tuple[str, int]]) -> BalancerStablePool:
        """Storage of a stable pool."""
        last = pool.call("getLastInvariant")
        return BalancerStablePool(
            name=PoolName("pool"),
            tokens=struct_tokens(tokens),
            balances=tuple(self.balances(pool)),
            amplification=pool.call("getAmplificationParameter")[0],
            swap_fee=pool.call("getSwapFeePercentage"),
            total_supply=pool.call("totalSupply"),
            protocol_swap_fee=self.collector.call("getSwapFeePercentage"),
            last_invariant=last[0],
            last_invariant_amplification=last[1],
        )

    def take_protocol_fee(self, part: int) -> None:
        """Set the protocol's share of swap fees."""
        self.collector.call("setSwapFeePercentage", part)


_CHANGED: Final = keccak(text="PoolBalanceChanged(bytes32,address,address[],int256[],uint256[])").hex()


_IN_PROPORTION: Final = 1
"""EXACT_BPT_IN_FOR_TOKENS_OUT, in both kinds of pool."""


def struct_tokens(tokens: Sequence[tuple[str, int]]) -> tuple[PoolToken, ...]:
    """Tokens of a chain as those of a pool's storage."""
    return tuple(PoolToken(symbol=Currency(f"T{i}"), decimals=d, address=a) for i, (a, d) in enumerate(tokens))


@functools.cache
def balancer_world() -> BalancerWorld:
    """One chain for all tests; every example undoes what it did."""
    chain = Chain()
    authorizer = chain.deploy(balancer_artifact(AUTHORIZER, "Authorizer"), OWNER)
    vault = chain.deploy(balancer_artifact(VAULT, "Vault"), authorizer.address, ZERO, 0, 0)
    collector = chain.at(vault.call("getProtocolFeesCollector"), {"abi": _COLLECTOR})
    action = collector.call("getActionId", keccak(text="setSwapFeePercentage(uint256)")[:4])
    authorizer.call("grantRole", action, OWNER)
    return BalancerWorld(
        chain=chain,
        vault=vault,
        collector=collector,
        weighted=chain.deploy(balancer_artifact(WEIGHTED, "WeightedPoolFactory"), vault.address),
        stable=chain.deploy(balancer_artifact(STABLE, "StablePoolFactory"), vault.address),
    )


def _entry(name: str, inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": "", "type": kind} for kind in inputs],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
    }


_COLLECTOR: Final = [
    _entry("setSwapFeePercentage", ["uint256"], []),
    _entry("getSwapFeePercentage", [], ["uint256"]),
    _entry("getActionId", ["bytes4"], ["bytes32"]),
]
