"""What the database must hold once everybody has been told everything: nothing is lost, and nothing is there twice."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, select

from storage.database import Database
from storage.tables import addresses, asked, case_messages, cases, duties, lanes, notices, updates
from storage.unit import Reader
from testbed.processes import Installation
from tests.support.crowd import GREETING, RECEIPT, THANKS, Talk, number_in

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Holdings:
    """What was found: rows, and counts by name."""

    updates: Counter[str]  # by outcome
    held: int  # lanes that somebody still has
    told: Counter[str]  # notices by kind, whatever became of them
    outcomes: Counter[str]  # of notices; "kept" are those for whom nobody can be reached
    stuck: int  # notices that could be said, and were not
    letters: Sequence[Row[tuple[str, int, str, str, str]]]  # number, taxpayer, state, what, text
    duties: Counter[str]  # those open about letters, by kind
    settled: Counter[str]  # those settled, by kind
    asked: Counter[str]  # by decision


async def look(database: Database) -> Holdings:
    async with database.reader() as reader:
        told = await reader.all(
            select(notices.c.kind, notices.c.outcome, addresses.c.blocked_at.is_not(None).label("blocked"))
            .join(addresses, addresses.c.id == notices.c.address_id)
            .order_by(notices.c.id)
        )
        still = duties.c.settled_at.is_(None)
        by_letters = duties.c.kind.not_like("entry.%")  # the sample's entries are to be verified, whoever writes
        counted = select(duties.c.kind, func.count()).where(by_letters).group_by(duties.c.kind)
        return Holdings(
            updates=await _counted(reader, select(updates.c.outcome, func.count()).group_by(updates.c.outcome)),
            held=int(await reader.value(select(func.count()).select_from(lanes).where(lanes.c.holder.is_not(None)))),
            told=Counter(row.kind for row in told),
            outcomes=Counter(row.outcome or ("kept" if row.blocked else "waiting") for row in told),
            stuck=sum(row.outcome is None and not row.blocked for row in told),
            letters=await reader.all(
                select(
                    cases.c.number, cases.c.taxpayer_id, cases.c.state, case_messages.c.what, case_messages.c.text
                ).join_from(cases, case_messages)
            ),
            duties=await _counted(reader, counted.where(still)),
            settled=await _counted(reader, counted.where(~still)),
            asked=await _counted(reader, select(asked.c.decision, func.count()).group_by(asked.c.decision)),
        )


async def _counted(reader: Reader, query: object) -> Counter[str]:
    return Counter({str(name): int(number) for name, number in map(tuple, await reader.all(query))})  # type: ignore[arg-type]


def disagreements(found: Holdings, talks: Sequence[Talk], sent: int, signed: Collection[str] = ()) -> Iterator[str]:
    """What does not agree with what people wrote and heard: `sent` updates in all, and cases signed for, by number."""
    if found.updates != Counter({"handled": sent}):
        yield f"发出来信 {sent} 封，数据库里是 {dict(found.updates)}"
    if found.held:
        yield f"还有 {found.held} 个会话被占着"
    yield from _words(found, talks, signed)
    yield from _cases(found, talks, signed)


def owed(talks: Sequence[Talk], signed: Collection[str] = ()) -> Counter[str]:
    """How many notices of which kind people were to be told."""
    lines = Counter(line.reply for talk in talks for line in talk.lines)
    courtesies, complaints = lines[GREETING] + lines[THANKS], lines[RECEIPT]
    return Counter(
        {
            "talk.welcome": len(talks),
            "talk.greeting": lines[GREETING],
            "talk.thanks": lines[THANKS],
            "faq.answer": lines.total() - courtesies - complaints,
            "case.receipt": complaints,
            "case.sort": sum(talk.presses for talk in talks),
            "case.signed": len(signed),
        }
    )


def _words(found: Holdings, talks: Sequence[Talk], signed: Collection[str]) -> Iterator[str]:
    """Every notice was said, or is kept for those who left; as many as people were owed."""
    if found.stuck:
        yield f"有 {found.stuck} 条通知没有说出"
    if wrong := found.outcomes.keys() - {"sent", "moot", "kept"}:
        yield f"有通知的结果是 {wrong}"
    if found.outcomes["kept"] and not any(talk.leaves for talk in talks):
        yield f"没有人离开，却留着 {found.outcomes['kept']} 条通知"
    expected = owed(talks, signed)
    for kind, number in expected.items():
        if found.told[kind] != number:
            yield f"{kind} 应有 {number} 条，写下了 {found.told[kind]} 条"
    if found.asked["answer"] != expected["faq.answer"]:
        yield f"提问应有 {expected['faq.answer']} 次，记下了 {dict(found.asked)}"


def _cases(found: Holdings, talks: Sequence[Talk], signed: Collection[str]) -> Iterator[str]:
    """Every complaint has exactly one case, whose number its writer was told; numbers have no gaps."""
    lines = [line.text for talk in talks for line in talk.lines if line.reply == RECEIPT]
    numbers = {row.text: row.number for row in found.letters}
    taxpayers = {row.text: row.taxpayer_id for row in found.letters}
    if Counter(row.text for row in found.letters if row.what == "letter") != Counter(lines) or len(
        found.letters
    ) != len(lines):
        yield f"投诉 {len(lines)} 件，办件里有 {len(found.letters)} 段来信"
        return
    by_year = defaultdict[str, list[int]](list)
    for number in numbers.values():
        year, _, running = number.partition("-")
        by_year[year].append(int(running))
    if any(sorted(running) != list(range(1, len(running) + 1)) for running in by_year.values()):
        yield "办件编号不连续"
    wrong = [talk.name for talk in talks if not _has_own_cases(talk, numbers, taxpayers)]
    if wrong:
        yield f"回执和办件对不上：{'、'.join(wrong[:MOST_NAMED])}"
    if len(set(taxpayers.values())) != len({talk.name for talk in talks if _complaints(talk)}):
        yield "有人的办件记在了别人名下"
    if {row.number for row in found.letters if row.state == "signed"} != set(signed):
        yield f"签收了 {len(signed)} 件，数据库里是 {sum(row.state == 'signed' for row in found.letters)} 件"
    owed = Counter({"case.sign": len(lines) - len(signed), "case.answer": len(lines)})
    if found.duties != +owed:
        yield f"待办应是 {dict(+owed)}，实际是 {dict(found.duties)}"
    if found.settled != +Counter({"case.sign": len(signed)}):
        yield f"了结的待办是 {dict(found.settled)}"


def _complaints(talk: Talk) -> list[str]:
    return [line.text for line in talk.lines if line.reply == RECEIPT]


def _has_own_cases(talk: Talk, numbers: dict[str, str], taxpayers: dict[str, int]) -> bool:
    """In the order in which the person wrote; who left has heard of the first ones."""
    own = _complaints(talk)
    told = [number_in(reply.text) for reply in talk.replies() if reply.kind == RECEIPT]
    owners = {taxpayers[text] for text in own}
    in_order = told == [numbers[text] for text in own][: len(told) if talk.leaves else None]
    return in_order and len(owners) <= 1


async def the_database_agrees(installation: Installation, talks: list[Talk]) -> None:
    """Nobody left, and no case was signed for; each officer's desk was opened once."""
    async with installation.database() as database:
        found = await look(database)
    sent = sum(talk.sent for talk in talks) + len(installation.runs[-1].desks)
    assert list(disagreements(found, talks, sent)) == []
    assert found.outcomes.keys() == {"sent"}
