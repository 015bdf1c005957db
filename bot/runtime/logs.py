"""Structured logs: ids and names of things, never what people wrote.

Of an exception its type and the way to it are written, never its message: messages quote what was being handled, and
so would texts, chats and tokens come into a log. For the same reason libraries are only quoted by place.
"""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog
from structlog.typing import ExcInfo, Processor

from bot.settings import Settings


def set_up_logs(settings: Settings) -> None:
    """Write to standard error, for people or as one JSON object a line."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(way_of),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)
    # These tell us of every failed handler, late job and failed job; they are logged by ourselves, with the ids. A job
    # that is woken in the moment of a stop is no failure, though its executor calls it one.
    logging.getLogger("aiogram").setLevel(logging.CRITICAL)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)


class _Libraries(logging.Handler):
    """Warnings of libraries: who warns, from where, and the way of an exception; not the words."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger("libraries").log(
            logging.WARNING if _is_unawaited(record) else record.levelno,
            "library",
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            exc_info=record.exc_info or None,
        )


def _is_unawaited(record: logging.LogRecord) -> bool:
    """Whether asyncio tells of a future that failed after whoever waited for it had gone: a connection to a database
    that is going down, made for a page that has been closed meanwhile. A task that failed is another matter.
    """
    return record.name == "asyncio" and record.getMessage().startswith("Future exception was never retrieved")


def way_of(exc_info: ExcInfo) -> str:
    """The frames that an exception passed and its type, and the same of what caused it; the cause comes first."""
    return "\n".join(_ways(exc_info[1], set()))


def _ways(error: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in told:
        yield from _ways(cause, told)
        yield "which led to"
    yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            if id(part) not in told:
                yield "of which one is"
                yield from _ways(part, told)
