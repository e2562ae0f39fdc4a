"""Checks that rows are only locked inside a transaction.

PostgreSQL requires it. SQLite doesn't, and neither database notices in a test that runs in a transaction itself.
"""

from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models.sql.compiler import SQLCompiler


def require_transactions_for_locks(patch: pytest.MonkeyPatch) -> None:
    build = SQLCompiler.as_sql

    def as_sql(self: SQLCompiler, *arguments: Any, **options: Any) -> Any:
        if self.query.select_for_update and not _is_in_transaction(self.using):
            raise transaction.TransactionManagementError("Rows are locked outside of a transaction.")
        return build(self, *arguments, **options)

    patch.setattr(SQLCompiler, "as_sql", as_sql)


def _is_in_transaction(database: str) -> bool:
    return any(not block._from_testcase for block in connections[database].atomic_blocks)
