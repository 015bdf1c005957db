"""How entries are told on the pages: states and events by name, and what changed from one text to another."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.wording.officer.entries import text_state
from bot.wording.speech import CHINESE, words_of
from faq.catalog import SAMPLE
from faq.entries.content import Content, categories
from faq.entries.diff import Change, Piece, changes
from faq.entries.queries import Kept, Line, Revision, Standing
from faq.entries.results import OUTDATED, PUT_RIGHT, Denied, Outdated, Wrong
from faq.lifecycle import EntryState, Happening, RevisionState

STATES = {state: text_state(words_of(CHINESE), state) for state in RevisionState}
EVENTS = {
    Happening.SUBMITTED: "提交审批",
    Happening.WITHDRAWN: "撤回",
    Happening.DISCARDED: "放弃草稿",
    Happening.PUBLISHED: "批准发布",
    Happening.REFUSED: "退回",
    Happening.RETIRED: "停用",
    Happening.RESTORED: "恢复",
    Happening.VERIFIED: "核实",
    Happening.OWNED: "指定负责人",
    Happening.OVERRIDE: "指定条目",
    Happening.OVERRIDE_CLEARED: "取消指定",
}
STANDINGS = {
    Standing.PUBLISHED: ("已发布", "正在答复纳税人的条目"),
    Standing.SUBMITTED: ("待审批", "已经提交，等另一位审批"),
    Standing.DRAFT: ("草稿", "写着，还没有提交"),
    Standing.REFUSED: ("已退回", "审批人写了理由，请修改"),
    Standing.SAMPLE: ("从未核实", "随产品来的样例，请对照现行规定"),
    Standing.EXPIRING: ("30 天内到期", "到期后不再答复，请更新或停用"),
    Standing.DOUBTED: ("常没解决", "90 天里常被评为没解决，请核实"),
    Standing.RETIRED: ("已停用", "不再答复，随时可以恢复"),
}
LOOKS = {"draft": "busy", "submitted": "busy", "refused": "bad", "published": "good"}
WHOLE = ("category", "department_code", "valid_from", "valid_until")  # read as a whole, not letter by letter

ISLAND = 3  # characters

Tag = tuple[str, str]  # what it says, and how it looks


def tags_of(line: Line) -> Sequence[Tag]:
    """How an entry stands, in a list."""
    return _tags(line.state, line.newest.state, sample=line.newest.sample)


def tags_of_entry(entry: Kept) -> Sequence[Tag]:
    text = entry.in_hand or entry.latest
    return _tags(entry.state, text.state, sample=entry.published is not None and entry.published.sample)


def _tags(entry_state: EntryState, text_state: RevisionState, *, sample: bool) -> Sequence[Tag]:
    told: list[Tag] = []
    if entry_state is EntryState.RETIRED:
        told.append(("已停用", "bad"))
    elif entry_state is EntryState.PUBLISHED:
        told.append(("已发布", "good"))
    if text_state is not RevisionState.PUBLISHED:
        told.append((STATES[text_state], LOOKS.get(text_state, "")))
    if sample:
        told.append(("从未核实", ""))
    return told


def author_of(text: Revision) -> str:
    return "随产品而来的样例" if text.author == SAMPLE else text.author


def told_changes(before: Content | None, after: Content, departments: Mapping[str, str]) -> Sequence[Change]:
    """What changed, with names instead of codes."""
    names = {"category": categories(), "department_code": departments}
    return [
        replace(one, pieces=_whole(one.field, before, after, names.get(one.field, {})))
        if one.field in WHOLE
        else replace(one, pieces=one.pieces if one.field == "phrasings" else readable(one.pieces))
        for one in changes(before, after)
    ]


def readable(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Without islands: a word or two that stayed between two changes are read as part of the change."""
    told: list[Piece] = []
    gone, came = "", ""
    for number, piece in enumerate(pieces):
        island = piece.how == "same" and len(piece.text) <= ISLAND and 0 < number < len(pieces) - 1
        if piece.how == "same" and not island:
            told += [*_change(gone, came), piece]
            gone, came = "", ""
        else:
            gone += piece.text if piece.how != "added" else ""
            came += piece.text if piece.how != "removed" else ""
    return (*told, *_change(gone, came))


def _change(gone: str, came: str) -> Sequence[Piece]:
    return [*([Piece("removed", gone)] if gone else []), *([Piece("added", came)] if came else [])]


def _whole(field: str, before: Content | None, after: Content, names: Mapping[str, str]) -> tuple[Piece, ...]:
    old, new = (None if text is None else getattr(text, field) for text in (before, after))
    gone = () if old is None else (Piece("removed", names.get(str(old), str(old))),)
    came = () if new is None else (Piece("added", names.get(str(new), str(new))),)
    return (*gone, *came)


def why_not(result: Outdated | Denied | Wrong) -> str:
    """Why something was not done, and what to do."""
    match result:
        case Outdated(officer=officer):
            return OUTDATED.format(officer=officer) + "下面是现在的样子，看过之后再办。"
        case Denied():
            return result.sentence
        case Wrong(findings=findings):
            return "；".join(finding.sentence for finding in findings) + f"。{PUT_RIGHT}"
