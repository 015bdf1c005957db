"""A bot as one writes it plainly: SQLAlchemy's ORM, one session for each update, the same answers, the same promises.

It stores the update before anything else, the answer before it is sent, and that it was sent: three commits, as durable
as ours. Not encrypted, without leases or retries, and knowing one kind of message.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiogram import Bot, Dispatcher, F
from aiogram.types import Message, Update
from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Integer, String, Text, event, make_url, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.contestants import ordinary_garbage_collection
from bench.crowd import TakeIn
from bench.telegram import TOKEN, AtOnce
from faq.live import Edition
from faq.matching.decision import Answer

Number = BigInteger().with_variant(Integer(), "sqlite")
BUSY_MILLISECONDS = 30_000


class Base(DeclarativeBase):
    """The tables of the plain bot."""


class StoredUpdate(Base):
    __tablename__ = "plain_updates"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    update_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    stored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    handled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Person(Base):
    __tablename__ = "plain_people"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SaidAnswer(Base):
    __tablename__ = "plain_answers"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    update_id: Mapped[int] = mapped_column(ForeignKey("plain_updates.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("plain_people.id"), index=True)
    question: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    message_id: Mapped[int | None] = mapped_column(BigInteger)


@asynccontextmanager
async def plain(database_url: str, telegram: AtOnce, edition: Edition) -> AsyncIterator[TakeIn]:
    """The tables are made where they are missing; on SQLite with the settings that the house uses."""
    engine = _engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    bot = Bot(TOKEN, session=telegram)
    dispatcher = Dispatcher()
    dispatcher.message.register(hear, F.text)

    async def take_in(body: Mapping[str, Any]) -> None:
        update = Update.model_validate(body, context={"bot": bot})
        async with sessions() as session:
            stored = StoredUpdate(update_id=update.update_id, body=dict(body), stored_at=_now())
            session.add(stored)
            await session.commit()
            await dispatcher.feed_update(bot, update, session=session, stored=stored, edition=edition)

    ordinary_garbage_collection()
    try:
        yield take_in
    finally:
        await engine.dispose()


async def hear(message: Message, session: AsyncSession, stored: StoredUpdate, edition: Edition) -> None:
    """Find or keep the person, keep the answer, say it, keep that it was said."""
    text = message.text or ""
    person = await session.scalar(select(Person).where(Person.chat_id == message.chat.id))
    if person is None:
        person = Person(chat_id=message.chat.id, language="zh", created_at=_now())
        session.add(person)
        await session.flush()
    answer = SaidAnswer(
        update_id=stored.id, person_id=person.id, question=text, text=answer_to(text, edition), created_at=_now()
    )
    session.add(answer)
    stored.handled_at = _now()
    await session.commit()
    sent = await message.answer(answer.text)
    answer.sent_at, answer.message_id = _now(), sent.message_id
    await session.commit()


def answer_to(text: str, edition: Edition) -> str:
    match edition.decide(text):
        case Answer(candidate=best):
            entry = edition.entries[best.entry_id]
            return f"【{entry.question}】\n{entry.answer}\n\n依据：{entry.legal_basis}"
        case other:
            raise RuntimeError(f"not answered: {other}")


def _engine(database_url: str) -> AsyncEngine:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url.set(drivername="postgresql+asyncpg"), pool_size=10, max_overflow=20)
    engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"))

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # Who reads first and writes later is refused by SQLite when somebody else has written in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the plain bot has no other clock
