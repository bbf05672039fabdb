"""A bank: what was answered stays, whatever happens to the Node.

Serve it with `NEXUS_APP=examples.bank make run`, and join `bank` with a `name`. Kill
the Node with `kill -9` and start it again: everybody is back, and so is the money.
"""

from __future__ import annotations

from examples.bank.room import Account, Bank, Ledger
from nexus import App

__all__ = ["Account", "Bank", "Ledger", "app"]

app = App()
app.define("bank", Bank, unique_by=("bank",), listed=True)
