"""What the database complains about is told with its table and its rule, and never with whose data it was."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.columns import table_of
from points_bank.members.models import Member
from points_bank.transaction import Transaction
from tests.bank import Bank

MEMBER = table_of(Member)
NAME = "张大明"
AT = datetime(2026, 11, 16, tzinfo=UTC)


def values(tx: Transaction, **more: Any) -> dict[str, Any]:
    branch_id = tx.scalar(sa.text("SELECT MIN(id) FROM branch"))
    row = {"name": NAME, "name_initials": "zdm", "branch_id": branch_id, "is_party_member": False, "pin_serial": 0}
    return row | {"registered_at": AT, "guardian_name": "李四光"} | more


def one_row(tx: Transaction) -> None:
    tx.run(sa.insert(MEMBER), **values(tx))


def many_rows(tx: Transaction) -> None:
    tx.many(sa.insert(MEMBER), [values(tx), values(tx)])


def poured_rows(tx: Transaction) -> None:
    row = values(tx)
    tx.pour(sa.insert(MEMBER), tuple(row), [tuple(row.values())])


def an_object(tx: Transaction) -> None:
    tx.session.add(Member(**values(tx)))
    tx.session.flush()


def an_object_that_is_flushed_at_the_end(tx: Transaction) -> None:
    tx.session.add(Member(**values(tx)))


@pytest.mark.parametrize("act", [one_row, many_rows, poured_rows, an_object, an_object_that_is_flushed_at_the_end])
async def test_a_broken_rule_is_named_without_the_row_that_broke_it(
    bank: Bank, act: Callable[[Transaction], None], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(sa.exc.IntegrityError) as broken:
        await bank.database.write(act)
    logging.getLogger("points_bank.web").error("failed", exc_info=broken.value)
    assert "ck_member_guardian" in caplog.text
    assert NAME not in caplog.text
    assert "李四光" not in caplog.text


@pytest.mark.only("postgresql", "a file takes any text for a number")
async def test_a_value_that_is_none_of_its_kind_is_not_told(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    def not_a_number(tx: Transaction) -> None:
        tx.scalar(sa.text("SELECT CAST(name AS INTEGER) FROM (SELECT CAST(:name AS TEXT) AS name) AS n"), name=NAME)

    with pytest.raises(sa.exc.DataError) as failed:
        await bank.database.write(not_a_number)
    logging.getLogger("points_bank.web").error("failed", exc_info=failed.value)
    assert "invalid input syntax for type integer" in caplog.text
    assert NAME not in caplog.text
