"""What the forms about gaps share: which questions a form is about, and who dealt with them first."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from bot.web.console.access import Caller
from bot.web.console.forms import Text
from bot.web.console.layout import moment
from faq.entries.queries import find_entry
from faq.gaps import MOST_LOOKED_AT, Verdict, dealt_with

LONGEST_NUMBER = 18  # digits
FOR_ANOTHER = "您写的都在下面，还没有保存；仍要另写一条的，请再按“保存草稿”。"


def _are_numbers(text: str) -> str:
    numbers = text.split(",") if text else []
    if len(numbers) > MOST_LOOKED_AT or not all(_is_number(one) for one in numbers):
        raise ValueError("no numbers that a page of ours puts into a form")
    return text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


Numbers = Annotated[Text, AfterValidator(_are_numbers)]  # as the page itself had put them there: 「1,2,3」


def numbers_in(text: str) -> Sequence[int]:
    return [int(one) for one in text.split(",") if one]


async def who_was_first(caller: Caller, ids: Sequence[int]) -> str:
    """What somebody made of the questions meanwhile, said to whoever comes second."""
    async with caller.deps.database.reader() as reader:
        dealt = await dealt_with(reader, ids)
        if dealt is None:
            return "这些提问已经不在缺口里，您的操作没有办理。"
        entry = None if dealt.entry_id is None else await find_entry(reader, dealt.entry_id)
    question = "" if entry is None else entry.latest.content.question
    if dealt.verdict is Verdict.DISMISSED:
        what = f"放下了，理由是：{dealt.reason}"
    elif dealt.verdict is Verdict.DRAFTED:
        what = f"写成了新条目“{question}”"
    else:
        what = f"加为了“{question}”的问法"
    who = "您自己" if dealt.officer == caller.officer.name else dealt.officer
    return f"这组提问，{who}已于 {moment(dealt.at)} {what}。您的操作没有办理。"
