"""The messages on a chat page. Each change takes the next `seq` of its address, under the lock of the address's row,
so that the order in which a browser is told is the order in which it was committed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row, select, update

from storage.tables import addresses, web_messages
from storage.unit import Reader, Unit

Buttons = list[list[dict[str, str]]]
WebMessage: TypeAlias = Row[Any]
"""A row of `web_messages`."""


def webchat_topic(address_id: int) -> str:
    return f"web:{address_id}"


async def _next_seq(unit: Unit, address_id: int) -> int:
    risen = update(addresses).where(addresses.c.id == address_id).values(last_seq=addresses.c.last_seq + 1)
    unit.wake.add(webchat_topic(address_id))
    return int((await unit.run(risen.returning(addresses.c.last_seq))).scalar_one())


async def put_message(
    unit: Unit,
    address_id: int,
    *,
    author: str,
    text: str,
    at: datetime,
    buttons: Buttons | None = None,
    reply_to: int | None = None,
    client_id: str | None = None,
) -> int:
    """Put a message on the page and return its id."""
    return await unit.inserted(
        web_messages.insert()
        .values(
            address_id=address_id,
            seq=await _next_seq(unit, address_id),
            author=author,
            text=text,
            buttons=buttons or [],
            reply_to=reply_to,
            client_id=client_id,
            at=at,
        )
        .returning(web_messages.c.id)
    )


async def already_posted(reader: Reader, address_id: int, client_id: str) -> bool:
    found = select(web_messages.c.id).where(
        web_messages.c.address_id == address_id, web_messages.c.client_id == client_id
    )
    return await reader.value(found) is not None


async def change_buttons(unit: Unit, address_id: int, message_id: int, buttons: Buttons) -> None:
    await unit.run(
        update(web_messages)
        .where(web_messages.c.id == message_id, web_messages.c.address_id == address_id)
        .values(buttons=buttons, seq=await _next_seq(unit, address_id))
    )


async def messages_after(reader: Reader, address_id: int, seq: int, *, most: int) -> Sequence[WebMessage]:
    """What changed after `seq`, oldest first; at most the newest `most`."""
    rows = await reader.all(
        select(web_messages)
        .where(web_messages.c.address_id == address_id, web_messages.c.seq > seq)
        .order_by(web_messages.c.seq.desc())
        .limit(most)
    )
    return rows[::-1]


async def message_on(reader: Reader, address_id: int, message_id: int) -> WebMessage | None:
    return await reader.one(
        select(web_messages).where(web_messages.c.id == message_id, web_messages.c.address_id == address_id)
    )
