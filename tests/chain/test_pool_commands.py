"""``hedgerow pool`` on a real node: a position by its token, to the unit; lines block by block; recordings."""

import itertools
import json
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from anvil import AnvilChain, anvil, deploy_v2, deploy_v3, deploy_v4, install_multicall
from chain_evm import OWNER, Contract, V3World
from feeds import SQRT_ONE, seed_v3, swap_v3
from hedgerow.cli.main import app

_MOST = 2**128 - 1


@pytest.fixture(scope="module")
def chain() -> Iterator[AnvilChain]:
    with anvil() as running:
        install_multicall(running)
        yield running


@pytest.fixture(scope="module")
def world(chain: AnvilChain) -> V3World:
    return deploy_v3(chain)


@pytest.fixture(scope="module")
def pool(world: V3World) -> Contract:
    made = world.pool(3000, SQRT_ONE)
    seed_v3(world, made, [(-6000, 6000, 10**21)])
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["pool", *words])


def shown(*words: str) -> Any:
    done = run("show", *words, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def _asked(world: V3World, token: int) -> list[str]:
    return ["--token-id", str(token), "--manager", world.manager.address, "--symbols", "WETH,USDC"]


@pytest.mark.parametrize("ticks", [(-120, 120), (-600, -60), (60, 1200), (-60, 0), (0, 60)])
@pytest.mark.parametrize("moves", [(10**19,), (10**19, -2 * 10**19, 5 * 10**18), (-3 * 10**19, 10**18)])
def test_a_token_pays_what_is_shown_to_the_unit(
    chain: AnvilChain, world: V3World, pool: Contract, ticks: tuple[int, int], moves: tuple[int, ...]
) -> None:
    before = chain.rpc("evm_snapshot")
    _centre(world, pool)
    (token,) = _mint(world, ticks)
    for move in moves:
        swap_v3(world, pool, abs(move), up=move < 0)
    report = shown(chain.ipc, *_asked(world, token), "--numeraire", "USDC")
    liquidity = world.manager.call("positions", token)[7]
    burnt = world.manager.call("decreaseLiquidity", (token, liquidity, 0, 0, 2**40))
    paid = world.manager.call("collect", (token, OWNER, _MOST, _MOST))
    symbols = ("WETH", "USDC")
    assert [int(report["burn_units"][name]) for name in symbols] == list(burnt)
    assert [int(report["burn_units"][name]) + int(report["fee_units"][name]) for name in symbols] == list(paid)
    assert report["position"]["liquidity"] == str(liquidity)
    assert report["fees_known"]
    chain.rpc("evm_revert", before)


def _centre(world: V3World, pool: Contract) -> None:
    """A small swap, so that fee growth is not zero where the position begins."""
    swap_v3(world, pool, 10**17)
    swap_v3(world, pool, 10**17, up=True)


def _mint(world: V3World, ticks: tuple[int, int]) -> list[int]:
    ends = tuple(token.address for token in world.tokens)
    amount = 10**20
    return [int(world.manager.call("mint", (*ends, 3000, *ticks, amount, amount, 0, 0, OWNER, 2**40))[0])]


def test_what_is_saved_shows_the_same(chain: AnvilChain, world: V3World, pool: Contract, tmp_path: Path) -> None:
    (token,) = _mint(world, (-240, 240))
    swap_v3(world, pool, 10**19)
    state, page = tmp_path / "pool.json", tmp_path / "page.html"
    live = shown(
        chain.websocket, *_asked(world, token), "--numeraire", "USDC", "--save", str(state), "--html", str(page)
    )
    held = world.manager.call("positions", token)
    file = tmp_path / "position.toml"
    fees = "\n".join(
        f'{name} = "{value}"'
        for name, value in zip(("growth_inside0_x128", "growth_inside1_x128", "owed0", "owed1"), held[8:], strict=True)
    )
    file.write_text(
        f'name = "token-{token}"\nliquidity = "{held[7]}"\ntick_lower = {held[5]}\ntick_upper = {held[6]}\n'
        f"[fees]\n{fees}\n"
    )
    assert shown(str(state), "--position", str(file), "--numeraire", "USDC") == live
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert text.count("<figure>") == 2
    assert "<script" not in text


def _watch(world: V3World, pool: Contract, *words: str, every_s: float = 0.02) -> Result:
    """Watch while somebody swaps, a block each."""
    done = threading.Event()

    def trade() -> None:
        up = False
        while not done.wait(every_s):
            swap_v3(world, pool, 10**18, up=up)
            up = not up

    trader = threading.Thread(target=trade)
    trader.start()
    try:
        return run("watch", *words)
    finally:
        done.set()
        trader.join()


def test_watching_is_one_object_a_block_and_a_recording_plays_the_same(
    chain: AnvilChain, world: V3World, pool: Contract, tmp_path: Path
) -> None:
    (token,) = _mint(world, (-600, 600))
    asked = [*_asked(world, token), "--numeraire", "USDC", "--blocks", "6"]
    record = tmp_path / "seen.jsonl"
    live = _watch(world, pool, chain.ipc, *asked, "--json", "--record", str(record))
    assert live.exit_code == 0, live.exception
    blocks = [json.loads(line) for line in live.stdout.splitlines()]
    assert [one["block"] for one in blocks] == list(range(blocks[0]["block"], blocks[0]["block"] + 6))
    for one in blocks:
        (hedge,) = one["hedges"]
        assert hedge["asset"] == "ETH"
        assert hedge["linear_target"] == pytest.approx(-one["delta"]["WETH"])
        assert hedge["hedge_ratio"] == pytest.approx(1.0)
        assert one["latency_ms"] >= 0.0
    earned = sum(
        -old["delta"]["WETH"] * (new["prices"]["WETH"] - old["prices"]["WETH"])
        for old, new in itertools.pairwise(blocks)
    )
    assert blocks[-1]["hedge_pnl"] == pytest.approx(earned)
    assert blocks[-1]["position_pnl"] == pytest.approx(blocks[-1]["value"] - blocks[0]["value"])
    played = run("watch", f"recording:{record}", *asked, "--json")
    assert played.stdout == live.stdout
    assert run("watch", str(record), *asked).stdout.count("\n") == 7


def test_a_recording_whose_last_line_is_cut_off_is_told(
    chain: AnvilChain, world: V3World, pool: Contract, tmp_path: Path
) -> None:
    (token,) = _mint(world, (-600, 600))
    asked = [*_asked(world, token), "--numeraire", "USDC", "--json"]
    record = tmp_path / "seen.jsonl"
    live = _watch(world, pool, chain.ipc, *asked, "--blocks", "5", "--record", str(record))
    lines = record.read_bytes().splitlines(keepends=True)
    heads = [i for i, line in enumerate(lines) if line.startswith(b'{"head"')]
    for cut in range(heads[-2], len(lines), 4):
        record.write_bytes(b"".join(lines[:cut]) + lines[cut][:10])
        played = run("watch", str(record), *asked)
        assert played.exit_code == 0, played.exception
        assert "its last line is cut off, 10 bytes of it were left out" in played.stderr
        kept = [_timeless(line) for line in played.stdout.splitlines()]
        assert kept == [_timeless(line) for line in live.stdout.splitlines()[: len(kept)]]
        assert 0 < len(kept) <= 5


def _timeless(line: str) -> dict[str, Any]:
    """Without the times of the last block, whose clock may be what was cut off."""
    return {key: value for key, value in json.loads(line).items() if key not in ("age_s", "latency_ms")}


def test_what_a_recording_does_not_hold_is_refused(
    chain: AnvilChain, world: V3World, pool: Contract, tmp_path: Path
) -> None:
    (token,) = _mint(world, (-600, 600))
    record = tmp_path / "seen.jsonl"
    asked = ["--numeraire", "USDC", "--blocks", "2", "--json"]
    _watch(world, pool, chain.ipc, *_asked(world, token), *asked, "--record", str(record))
    other = run("watch", str(record), *_asked(world, token + 1000), *asked)
    assert "the recording holds no answer to eth_call" in str(other.exception)
    again = run("watch", chain.ipc, *_asked(world, token), *asked, "--record", str(record))
    assert "is there already" in str(again.exception)


def test_pool_tokens_of_an_owner_pay_what_is_shown_to_the_unit(chain: AnvilChain) -> None:
    pairs = deploy_v2(chain)
    for token, amount in zip(pairs.tokens, (10**20 + 7, 3 * 10**20 + 1), strict=True):
        token.call("transfer", pairs.pair.address, amount)
    pairs.pair.call("mint", OWNER)
    pairs.factory.call("setFeeTo", pairs.factory.address)
    pairs.tokens[0].call("transfer", pairs.pair.address, 1)
    pairs.tokens[1].call("transfer", pairs.pair.address, 10**18)
    pairs.pair.call("swap", 3 * 10**17, 0, OWNER, b"")
    pairs.pair.call("skim", OWNER)
    asked = (chain.ipc, pairs.pair.address, "--owner", OWNER, "--symbols", "WETH,USDC", "--numeraire", "USDC")
    report = shown(*asked)
    pairs.pair.call("transfer", pairs.pair.address, int(report["position"]["shares"]))
    assert [int(report["burn_units"][name]) for name in ("WETH", "USDC")] == list(pairs.pair.call("burn", OWNER))


def test_a_range_of_the_v4_manager_pays_what_is_shown_to_the_unit(chain: AnvilChain) -> None:
    v4 = deploy_v4(chain)
    key, change = (
        v4.key(3000, 60),
        "modifyLiquidity((address,address,uint24,int24,address),(int24,int24,int256,bytes32),bytes)",
    )
    v4.manager.call("initialize", key, SQRT_ONE)
    for ticks in ((-6000, 6000), (-120, 60)):
        v4.liquidity.call(change, key, (*ticks, 10**20, (9).to_bytes(32)), b"")
    v4.swaps.call("swap", key, (True, -(10**17), 2**95), (False, False), b"")
    v4.swaps.call("swap", key, (False, -(3 * 10**17), 2**97), (False, False), b"")
    words = ",".join(str(part) for part in key)
    asked = ("--pool-key", words, "--owner", v4.liquidity.address, "--tick-lower", "-120", "--tick-upper", "60")
    more = ("--salt", "9", "--symbols", "WETH,USDC", "--numeraire", "USDC")
    report = shown(chain.ipc, v4.manager.address, *asked, *more)
    paid = int(v4.liquidity.call(change, key, (-120, 60, -(10**20), (9).to_bytes(32)), b"")) % 2**256
    amounts = [paid >> 128, paid % 2**128]
    assert [int(report["burn_units"][name]) + int(report["fee_units"][name]) for name in ("WETH", "USDC")] == amounts
    assert int(report["fee_units"]["USDC"]) > 0


def test_an_interruption_ends_with_a_summary(chain: AnvilChain, world: V3World, pool: Contract) -> None:
    (token,) = _mint(world, (-600, 600))
    command = [sys.executable, "-m", "hedgerow.cli.main", "pool", "watch", chain.ipc, *_asked(world, token)]
    # A suite that runs in the background hands on that interrupts are ignored; whoever presses Ctrl-C does not.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        watching = subprocess.Popen(
            [*command, "--numeraire", "USDC"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, ignored)
    with watching:
        assert watching.stdout is not None
        try:
            assert "hedge ratio" in watching.stdout.readline()
            assert "ETH" in watching.stdout.readline()
            swap_v3(world, pool, 10**18)
            assert "ETH" in watching.stdout.readline()
            watching.send_signal(signal.SIGINT)
            _, said = watching.communicate(timeout=30)
        finally:
            watching.kill()
    assert watching.returncode == 130  # as every command that is stopped
    assert "2 blocks: the position " in said
    assert "Traceback" not in said


def test_a_reader_that_has_seen_enough_ends_it_quietly(
    chain: AnvilChain, world: V3World, pool: Contract, tmp_path: Path
) -> None:
    (token,) = _mint(world, (-600, 600))
    record = tmp_path / "seen.jsonl"
    asked = [*_asked(world, token), "--numeraire", "USDC", "--json"]
    _watch(world, pool, chain.ipc, *asked, "--blocks", "60", "--record", str(record))
    command = shlex.join([sys.executable, "-m", "hedgerow.cli.main", "pool", "watch", str(record), *asked])
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -c 20; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('{"block": ')


def test_a_recording_that_lies_in_its_last_block_is_refused(
    chain: AnvilChain, world: V3World, pool: Contract, tmp_path: Path
) -> None:
    (token,) = _mint(world, (-600, 600))
    record = tmp_path / "seen.jsonl"
    asked = [*_asked(world, token), "--numeraire", "USDC", "--json"]
    # Slowly: a watcher that falls far behind begins anew with the whole state, and asks for no logs.
    _watch(world, pool, chain.ipc, *asked, "--blocks", "3", "--record", str(record), every_s=0.3)
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    last = max(i for i, line in enumerate(lines) if line.get("asked", [""])[0] == "eth_getLogs")
    for log in lines[last]["answer"]["result"]:
        log["address"] = "0x" + 20 * "bb"
    lie = tmp_path / "lie.jsonl"
    lie.write_text("".join(json.dumps(line) + "\n" for line in lines))
    played = run("watch", str(lie), *asked)
    assert "which was not asked for" in str(played.exception)
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(json.dumps(line) + "\n" for line in lines[:last]))
    short = run("watch", str(cut), *asked)
    assert short.exit_code == 0, short.exception
    assert "it was stopped within its last block, which is left out" in short.stderr
