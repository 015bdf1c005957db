"""What the FAQ says: an answer with its basis, a choice of questions, and what follows."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bot.wording.buttons import Belongs, Choice, Feedback
from bot.wording.speech import Button, Speech, Telling, Wording, Words
from escalation.deadlines.workdays import local_date
from faq.catalog import Entry
from faq.entries.content import Content


def answer_facts(entry: Entry, now: datetime) -> dict[str, object]:
    """What an answer's notice keeps of the entry: the words of the approved revision, as they stood when asked."""
    return {**text_facts(entry, now, verified_on=entry.verified_on), "revision": entry.revision, "sample": entry.sample}


def text_facts(text: Entry | Content, now: datetime, *, verified_on: date | None) -> dict[str, object]:
    """What an answer is worded from, of a text that answers or of one that shall."""
    return {
        "answered_on": local_date(now).isoformat(),
        "question": text.question,
        "answer": text.answer,
        "legal_basis": text.legal_basis,
        "verified_on": None if verified_on is None else verified_on.isoformat(),
        "valid_until": None if text.valid_until is None else text.valid_until.isoformat(),
    }


def answer_lines(_: Words, facts: Mapping[str, Any]) -> list[str]:
    """An answer as taxpayers read it."""
    lines = [f"【{facts['question']}】", "", str(facts["answer"]), "", _("依据：{basis}", basis=facts["legal_basis"])]
    if facts["valid_until"]:
        lines.append(_("政策执行至：{day}", day=_.full_day(date.fromisoformat(facts["valid_until"]))))
    if facts["verified_on"]:
        lines.append(_("最近核实：{day}", day=_.full_day(date.fromisoformat(facts["verified_on"]))))
    else:
        answered_on = _.full_day(date.fromisoformat(facts["answered_on"]))
        lines.append(_("样例，未经本局核实（答复日期：{day}）", day=answered_on))
    return lines


async def answer(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    lines = answer_lines(_, facts)
    return Speech("\n".join(lines), (_verdicts(_, facts["asked_id"]), *_belongs(_, facts)))


def _verdicts(_: Words, asked_id: int) -> tuple[Button, ...]:
    return (
        Button(_("解决了"), Feedback(asked_id=asked_id, verdict="solved").pack()),
        Button(_("没解决"), Feedback(asked_id=asked_id, verdict="unsolved").pack()),
        Button(_("转人工"), Feedback(asked_id=asked_id, verdict="human").pack()),
    )


def _belongs(_: Words, facts: Mapping[str, Any]) -> tuple[tuple[Button, ...], ...]:
    """The button by which a question joins the case that is open, where one is."""
    if "case_id" not in facts:
        return ()
    data = Belongs(asked_id=facts["asked_id"], case_id=facts["case_id"]).pack()
    return ((Button(_("补充到办件 {number}", number=facts["number"]), data),),)


async def answers(telling: Telling) -> Speech:
    """Several numbered questions, one after the other."""
    _, facts = telling.words, telling.payload
    lines: list[str] = []
    for number, one in enumerate(facts["answers"], 1):
        if one["answer"] is None:
            said = [_("“{asked}”没有现成的答复，已转给工作人员，请看办件回执。", asked=one["asked"])]
        else:
            said = answer_lines(_, one["answer"])
        lines += ["", f"{number}. {said[0]}", *said[1:]]
    return Speech("\n".join(lines[1:]), (_verdicts(_, facts["asked_id"]),))


async def choices(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    rows = [
        (Button(question, Choice(asked_id=facts["asked_id"], entry_id=entry_id).pack()),)
        for entry_id, question in facts["questions"]
    ]
    none_of_them = Button(_("都不是"), Choice(asked_id=facts["asked_id"], entry_id=0).pack())
    dropped = Button(_("不用了"), Feedback(asked_id=facts["asked_id"], verdict="drop").pack())
    text = _("您想问的是下面哪一个？都不是的话，我转给工作人员答复；今天没有选的，也会转给工作人员。")
    return Speech(text, (*rows, (none_of_them, dropped), *_belongs(_, facts)))


async def solved(telling: Telling) -> Speech:
    return Speech(telling.words("很高兴能帮到您。有其他问题，请随时留言。"))


async def unsolved(telling: Telling) -> Speech:
    _ = telling.words
    button = Button(_("转人工"), Feedback(asked_id=telling.payload["asked_id"], verdict="human").pack())
    return Speech(_("抱歉，没有解决您的问题。您可以换个说法再问一次，或转给工作人员答复。"), ((button,),))


async def drop(telling: Telling) -> Speech:
    return Speech(telling.words("好的。有税费问题请随时留言。"))


async def already_with_people(telling: Telling) -> Speech:
    return Speech(telling.words("这个问题已经转给工作人员了，请在“我的办件”中查看。"))


WORDINGS: dict[str, Wording] = {
    "faq.answer": answer,
    "faq.answers": answers,
    "faq.choices": choices,
    "faq.drop": drop,
    "faq.solved": solved,
    "faq.unsolved": unsolved,
    "faq.already_with_people": already_with_people,
}
