"""Databases: one port, and what stands behind it."""

from nexus.store.port import (
    Conflict,
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
