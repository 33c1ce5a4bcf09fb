"""Names of things, told apart by the type checker."""

from typing import NewType

InstrumentName = NewType("InstrumentName", str)
"""The venue's own name of a contract, for example ``ETH-26JAN24-2300-C``."""

PoolName = NewType("PoolName", str)
"""The name that a snapshot gives to a pool, for example ``univ3:USDC/WETH:500``."""

Currency = NewType("Currency", str)
"""A currency or coin by its ticker, for example ``USD``, ``USDC``, ``ETH``."""

AccountName = NewType("AccountName", str)
"""A user's name for an account at a venue or a wallet, for example ``exchange``."""
