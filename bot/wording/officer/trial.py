"""Why the FAQ says what it says, in words: for the officer who tries a question in a chat, and for the console."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.wording.buttons import Teach
from bot.wording.speech import Button, Speech, Telling, Wording, Words
from bot.wording.taxpayer.cases import kind_name
from escalation.rules.permissions import Action, may
from faq.entries.queries import subject_of
from faq.explanation import Explanation
from faq.matching.decision import LIMITS, Doubt, Rule
from intents import Kind
from storage.people import find_officer

SHOWN = 3  # candidates in a chat
ANSWERED = {Rule.OVERRIDDEN, Rule.EXACT, Rule.SURE}


def explanation_facts(explanation: Explanation) -> dict[str, Any]:
    """What a notice keeps of an explanation."""
    return {
        "wording": explanation.text,
        "alike": explanation.alike,
        "tokens": [(token.word, token.counts) for token in explanation.tokens],
        "candidates": [
            {
                "entry_id": one.entry.id,
                "question": one.entry.question,
                "phrasing": one.phrasing,
                "score": one.score,
                "coverage": one.coverage,
                "contradictions": [(found.asked, found.entry) for found in one.contradictions],
            }
            for one in explanation.candidates[:SHOWN]
        ],
        "parts": [(part.name, part.weight, part.value) for part in explanation.parts],
        "confidence": explanation.confidence,
        "rule": explanation.rule.value,
        "doubts": [doubt.value for doubt in explanation.doubts],
        "said": [entry.question for entry in explanation.said],
    }


def outcome(_: Words, rule: Rule) -> str:
    """What a taxpayer would get."""
    if rule in ANSWERED:
        return _("直接答复")
    return _("反问，请对方选一个") if rule is Rule.ASKED_BACK else _("不答，转给工作人员")


def reason(_: Words, rule: Rule) -> str:
    return {
        Rule.OVERRIDDEN: _("工作人员为这句话指定了条目，不再判断"),
        Rule.EXACT: _("与一个条目的问法一字不差"),
        Rule.SURE: _("把握足够，没有疑点"),
        Rule.ASKED_BACK: _("有疑点，但值得反问"),
        Rule.UNSURE: _("有疑点，也没有值得反问的"),
        Rule.REPEATED: _("一个词反复写，不成问题"),
        Rule.UNLIKE: _("没有一个条目与它有相同的字词"),
    }[rule]


def doubt(_: Words, one: Doubt) -> str:
    limit = f"{LIMITS.get(one, 0):.2f}"
    return {
        Doubt.TWINS: _("它同时是几个条目的问法"),
        Doubt.CONFIDENCE: _("把握不到 {limit}", limit=limit),
        Doubt.SCORE: _("相似不到 {limit}", limit=limit),
        Doubt.COVERAGE: _("覆盖不到 {limit}", limit=limit),
        Doubt.LEAD: _("领先不到 {limit}", limit=limit),
        Doubt.CONTRADICTED: _("与最相近的条目有矛盾"),
        Doubt.WORDLESS: _("没有实在的词"),
        Doubt.LEAVES_OPEN: _("没有说明几个相近条目的区别所在"),
        Doubt.ONLY_A_SUBJECT: _("只有题目，没有说要问什么"),
        Doubt.NOT_WORTH_ASKING: _("把握不到 {limit}，不值得反问", limit=limit),
        Doubt.HARDLY_COVERED: _("覆盖不到 {limit}，不值得反问", limit=limit),
        Doubt.ALONE: _("相近的只有一个，没有可选的"),
    }[one]


def part(_: Words, name: str) -> str:
    return {"score": _("相似"), "lead": _("领先第二名"), "coverage": _("覆盖"), "constant": _("常数")}[name]


async def test(telling: Telling) -> Speech:
    """A question that was tried: what would be said, why, and what can be taught."""
    _, facts = telling.words, telling.payload
    rule = Rule(facts["rule"])
    lines = [
        _("试问：{wording}", wording=facts["wording"]),
        _("结论：{outcome}", outcome=outcome(_, rule)),
        *(f"· {question}" for question in facts["said"]),
        _("原因：{reason}", reason=reason(_, rule)),
        *(f"· {doubt(_, Doubt(one))}" for one in facts["doubts"]),
    ]
    if facts["understood"] != Kind.QUESTION:
        kind = kind_name(_, telling.rules, facts["understood"])
        lines.append(_("注意：它被理解为“{kind}”，真的发来时不查问答条目。", kind=kind))
    lines += ["", *_read(_, facts), *_candidates(_, facts["candidates"]), *_sum(_, facts)]
    officer = await find_officer(telling.reader, facts["officer_id"])
    teaches = officer is not None and may(officer, Action.EDIT_ENTRY, await subject_of(telling.reader))
    return Speech("\n".join(lines), _buttons(_, facts, rule) if teaches else ())


def _read(_: Words, facts: Mapping[str, Any]) -> Sequence[str]:
    """The words, those that carry no meaning in brackets, and the one chosen form."""
    if not facts["alike"]:
        return []
    words = [word if counts else f"({word})" for word, counts in facts["tokens"]]
    return [_("规范为：{alike}", alike=facts["alike"]), _("词（括号里的不计）：{words}", words=" ".join(words))]


def _candidates(_: Words, candidates: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    lines = [_("最相近的条目：")] if candidates else []
    for number, one in enumerate(candidates, start=1):
        likeness = _("相似 {score}，覆盖 {coverage}", score=f"{one['score']:.2f}", coverage=f"{one['coverage']:.2f}")
        lines += [f"{number}. {one['question']}", f"   {likeness}"]
        if one["phrasing"] != one["question"]:
            lines.append("   " + _("按问法“{phrasing}”", phrasing=one["phrasing"]))
        for asked, entry in one["contradictions"]:
            lines.append("   " + _("矛盾：问的是 {asked}，条目说的是 {entry}", asked=asked, entry=entry))
    return lines


def _sum(_: Words, facts: Mapping[str, Any]) -> Sequence[str]:
    """The confidence and its summands; an override has none."""
    confidence, limit = f"{facts['confidence']:.2f}", f"{LIMITS[Doubt.CONFIDENCE]:.2f}"
    lines = [_("把握 {confidence}（{limit} 以上才直接答复）", confidence=confidence, limit=limit)]
    summands = [f"{part(_, name)} {weight:+.2f} × {value:.2f}" for name, weight, value in facts["parts"]]
    return [*lines, " · ".join(summands)] if summands and facts["rule"] != Rule.OVERRIDDEN else lines


def _buttons(_: Words, facts: Mapping[str, Any], rule: Rule) -> tuple[tuple[Button, ...], ...]:
    rows = []
    for one in facts["candidates"]:
        entry_id, question = one["entry_id"], one["question"]
        if rule is not Rule.EXACT:
            label = _("加为问法：{question}", question=question)
            rows.append((Button(label, Teach(entry_id=entry_id, act="phrase").pack()),))
        if rule is not Rule.OVERRIDDEN:
            label = _("总是用它答：{question}", question=question)
            rows.append((Button(label, Teach(entry_id=entry_id, act="override").pack()),))
    return tuple(rows)


WORDINGS: dict[str, Wording] = {"entry.test": test}
