"""Databases: one port, and what stands behind it."""

from nexus.store.port import (
    Conflict,
    Contended,
    Damaged,
    Database,
    DatabaseAway,
    DatabaseFull,
    DatabaseHealth,
    Dialect,
    NewerDatabase,
    Row,
    StoreError,
    Transaction,
    Value,
)

__all__ = [
    "Conflict",
    "Contended",
    "Damaged",
    "Database",
    "DatabaseAway",
    "DatabaseFull",
    "DatabaseHealth",
    "Dialect",
    "NewerDatabase",
    "Row",
    "StoreError",
    "Transaction",
    "Value",
]
