"""Sentences that belong to the conversation itself: welcomes, courtesies, refusals, what to do next."""

from datetime import datetime

from bot.wording.buttons import Insist, Meant, Menu, Topic
from bot.wording.speech import Button, Speech, Telling, Wording, Words
from escalation.cases import notices
from escalation.deadlines.workdays import WorkCalendar, local_date
from language import MessageId


def _own_menu(_: Words) -> tuple[tuple[Button, ...], ...]:
    return (
        (
            Button(_("我的办件"), Menu(act="cases").pack()),
            Button(_("凭查询码查询"), Menu(act="lookup").pack()),
        ),
    )


async def welcome(telling: Telling) -> Speech:
    """Who answers, and when; and what is asked most."""
    _, facts = telling.words, telling.payload
    text = _(
        "您好，这里是{bureau}的“税桥”。\n\n"
        "请直接写下您的税费问题、意见或投诉：能当场答复的立即答复，不能当场答复的转有关部门，在承诺的期限内答复您。\n\n"
        "{hours}\n纳税缴费服务热线：12366",
        bureau=facts["bureau"],
        hours=_office_hours(_, telling.rules.calendar(facts["region"]), telling.reader.now),
    )
    topics = tuple((Button(question, Topic(entry_id=number).pack()),) for number, question in facts["topics"])
    if topics:
        text = _("{text}\n\n大家常问：", text=text)
    return Speech(text, (*topics, *_own_menu(_)))


def _office_hours(_: Words, calendar: WorkCalendar, now: datetime) -> str:
    """When officers answer: today's hours, or when they begin again."""
    today = local_date(now)
    if calendar.is_working(today):
        spans = "、".join(f"{first:%H:%M}–{last:%H:%M}" for first, last in calendar.working_hours(today))
        return _("今天 {hours}（北京时间）有工作人员答复，其他时间也可以留言。", hours=spans)
    next_day = calendar.shift(today, 1)
    return _(
        "今天{why}，工作人员 {day}{time}（北京时间）起答复，现在也可以留言。",
        why=_(calendar.day(today).why),
        day=_.day(next_day),
        time=f"{calendar.working_hours(next_day)[0][0]:%H:%M}",
    )


async def greeting(telling: Telling) -> Speech:
    return Speech(telling.words("您好！请直接写下您的税费问题，我来为您查找答案；查不到的，转工作人员答复。"))


async def thanks(telling: Telling) -> Speech:
    return Speech(telling.words("不客气。有税费问题请随时留言。"))


async def unintelligible(telling: Telling) -> Speech:
    _ = telling.words
    return Speech(
        _(
            "抱歉，这条消息我没有看懂。请用一句完整的话写下您的问题，例如“完税证明怎么开”。需要工作人员帮助，请发送“转人工”。"
        )
    )


async def outofscope(telling: Telling) -> Speech:
    _ = telling.words
    text = _(
        "您问的事可能不归税务部门办理，请向主管部门咨询，或者拨打 12345 政务服务便民热线。\n\n"
        "如果您认为与税务有关，可以转给我们的工作人员。"
    )
    insist = Button(_("仍要转人工"), Insist(asked_id=telling.payload["asked_id"]).pack())
    return Speech(text, ((insist,),))


KINDS = {
    "question": MessageId("问政策、问怎么办事"),
    "complaint": MessageId("对税务人员的态度、办事有意见"),
    "discipline": MessageId("反映税务人员收钱、违纪（保密）"),
    "report": MessageId("反映企业或者个人偷税、虚开（保密）"),
    "suggestion": MessageId("提意见、提建议"),
    "praise": MessageId("表扬"),
    "site_error": MessageId("网站上有错误"),
    "letter": MessageId("有话对局领导说"),
    "disclosure": MessageId("申请公开政府信息"),
    "objection": MessageId("不服税务机关的处罚或者决定"),
    "petition": MessageId("信访"),
}
"""What a kind is called where a layman is to choose: 投诉, 检举 and 举报 are the office's words."""

NUMERALS = "①②③④⑤⑥⑦"


async def which_kind(telling: Telling) -> Speech:
    """Nothing with consequences follows from likeness alone: its writer says what is meant (第十四条、第十八条)."""
    _, facts = telling.words, telling.facts(notices.WhichKind)
    dropped = (Button(_("不用了"), Meant(asked_id=facts.asked_id, kind="drop").pack()),)
    if not facts.kinds:
        to_people = (Button(_("直接转工作人员"), Meant(asked_id=facts.asked_id, kind="question").pack()),)
        return Speech(_more(_, facts), (to_people, dropped))
    names = [_(KINDS[code]) for code in facts.kinds] + [_("别的")]
    rows = [
        (Button(f"{numeral} {name}", Meant(asked_id=facts.asked_id, kind=code).pack()),)
        for numeral, name, code in zip(NUMERALS, names, (*facts.kinds, "other"), strict=False)
    ]
    question = _("您刚才写的“{words}”，是想：", words=last_line(facts.text))
    if facts.again:
        question = _("已和上一条一起记下。您想：")
    return Speech(f"{question}\n\n{_promise(telling, facts)}", (*rows, dropped))


def _promise(telling: Telling, facts: notices.WhichKind) -> str:
    """Who will see a line of which nothing is said."""
    _ = telling.words
    if any(telling.rules.kind(code).sealed for code in facts.kinds):
        return _(
            "选定之前，这条留言不给任何人看。{minutes} 分钟内没有选的，只交专门部门办理，并告诉您编号。",
            minutes=facts.minutes,
        )
    return _(
        "选定之前，这条留言不给任何人看。{minutes} 分钟内没有选的，转给工作人员，并告诉您编号。",
        minutes=facts.minutes,
    )


def _more(_: Words, facts: notices.WhichKind) -> str:
    if facts.again:
        return _(
            "已和上一条一起记下，请接着说。{minutes} 分钟内没有再写的，转给工作人员，并告诉您编号。",
            minutes=facts.minutes,
        )
    return _(
        "您刚才写的“{words}”，已经收到。请再写详细些：是哪项业务，遇到了什么情况，想问什么。\n\n"
        "{minutes} 分钟内没有再写的，转给工作人员，并告诉您编号。",
        words=last_line(facts.text),
        minutes=facts.minutes,
    )


QUOTED = 20  # characters of a line by which its writer knows it again


def first_words(text: str) -> str:
    """The beginning of a line, by which its writer knows it again."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else line[:QUOTED] + "……"


def last_line(text: str) -> str:
    """The beginning of what was written last, where lines are read together."""
    return first_words(text.strip().rpartition("\n")[2])


TURNS = {
    "press": MessageId(
        "媒体采访由本局办公室接待。请点下面的按钮，我把您的留言转给办公室；媒体名称、采访内容和联系电话，可以接着补充。"
    ),
    "farewell": MessageId("好的，再见。有税费问题请随时留言。"),
    "withdrawal": MessageId("好的，没有为您立办件。有税费问题请随时留言。"),
    "who": MessageId("我是税务局的自动问答，答不了的由工作人员答复。请直接写下您的税费问题、意见或者投诉。"),
    "lost": MessageId(
        "抱歉，没有说到您要问的。请换个说法，写得具体一些，例如“完税证明怎么开”；也可以发送“转人工”，由工作人员答复。"
    ),
    "hurry": MessageId("让您着急了。请写下是哪件事，我马上查；查不到的，转工作人员答复。"),
    "anybody": MessageId("在的。我是税务局的自动问答，请直接写下您的问题；答不了的，由工作人员答复。"),
    "despair": MessageId("办税遇到难处，让您费心了。请写下是哪件事，我来查；也可以发送“转人工”，由工作人员答复。"),
    "insult": MessageId("没有帮上忙，很抱歉。请写下是哪件事没有办好，我来查；也可以发送“转人工”，由工作人员答复。"),
    "help": MessageId(
        "直接写下您的税费问题就可以，例如“完税证明怎么开”。能当场答复的马上答复，答不了的转工作人员；发送“转人工”，由工作人员答复。"
    ),
    "reply": MessageId("好的。您想问什么、想办什么，请直接写下来。"),
    "prelude": MessageId("您好，请讲。请把您的问题或者要反映的事写下来。"),
    "about_self": MessageId("好的，记下了。请接着写您想问什么、想办什么。"),
    "vague": MessageId("您问的是哪一项业务？例如开发票、退税、交社保费。请连同业务一起写下来。"),
    "fragment": MessageId("收到。请再写一句：您想问什么，或者想反映什么？"),
    "danger": MessageId(
        "您现在的安全最要紧。请先离开危险的地方，找一个您信任的人陪着您。\n\n"
        "马上有人接听的电话：全国心理援助热线 12356；急救 120；报警 110。\n\n"
        "这里不是一直有人看，我已经告知本局值班人员。税费上的难处可以慢慢商量，总有办法。"
    ),
}


async def turn(telling: Telling) -> Speech:
    """What is no matter yet gets words of its own, once; danger to a life gets numbers to call."""
    _, facts = telling.words, telling.payload
    name = facts["turn"]
    if facts["again"]:
        return Speech(_("好的，请接着说，说完我一起看。"))
    if name == "hurry" and facts["number"] is not None:
        return Speech(_("您的办件 {number} 正在办理，您的询问已经记在办件上。", number=facts["number"]), _own_menu(_))
    if facts["asked_id"] is not None:
        insist = Button(_("转给工作人员"), Insist(asked_id=facts["asked_id"]).pack())
        return Speech(_(TURNS[name]), ((insist,),))
    return Speech(_(TURNS[name]))


async def wages(telling: Telling) -> Speech:
    """Wages that are owed are the labour office's: the right door, and people where the writer insists."""
    _ = telling.words
    text = _(
        "拖欠工资由人力资源社会保障部门处理，请拨打 12333，或者到当地劳动保障监察机构反映；也可以拨打 12345。\n\n"
        "单位没有缴社保费的，可以转给我们的工作人员。"
    )
    insist = Button(_("仍要转人工"), Insist(asked_id=telling.payload["asked_id"]).pack())
    return Speech(text, ((insist,),))


async def objection(telling: Telling) -> Speech:
    """A review has its own door and its own clock; whoever believes to have applied here would miss it."""
    return Speech(
        telling.words(
            "请注意：这里不受理行政复议或异议申请，在这里留言不算提出申请，60日的申请期限仍在继续计算。\n\n"
            "对征税、处罚等决定不服的，请自知道或者应当知道该决定之日起60日内，向决定书上写明的复议机关提出申请；"
            "可以书面申请，书面申请有困难的也可以口头申请。对征税行为不服的，应当先申请行政复议，对复议决定不服的再提起行政诉讼；申请前是否须先缴清税款、滞纳金或者提供担保，以决定书上的告知为准。\n\n"
            "想了解复议的程序，可以继续在这里咨询。"
        )
    )


async def human_what(telling: Telling) -> Speech:
    return Speech(telling.words("好的，转工作人员。请用一条消息把您的问题或诉求写完整，我会立即转给有关部门。"))


async def unreadable(telling: Telling) -> Speech:
    """Something that is not text: refused by name."""
    _ = telling.words
    names = {
        "photo": _("图片"),
        "video": _("视频"),
        "video_note": _("视频"),
        "animation": _("动图"),
        "voice": _("语音"),
        "audio": _("音频"),
        "document": _("文件"),
        "sticker": _("贴纸"),
        "contact": _("名片"),
        "location": _("位置"),
        "venue": _("位置"),
        "poll": _("投票"),
        "dice": _("骰子"),
    }
    name = names.get(str(telling.payload["content"]), _("这类消息"))
    if telling.payload["with_words"]:
        return Speech(_("{name}没有收下；您写的文字已收到。", name=name))
    return Speech(_("抱歉，目前不能接收{name}，这条内容没有转给工作人员。请把要说的写成文字发来。", name=name))


async def edited(telling: Telling) -> Speech:
    return Speech(telling.words("修改消息不会改变我们已经收到的内容。如需更正，请把更正后的内容作为新消息发来。"))


async def too_long(telling: Telling) -> Speech:
    return Speech(
        telling.words("这条消息太长了，请控制在 {most} 个字以内，或分几条发来。", most=telling.payload["most"])
    )


async def stale(telling: Telling) -> Speech:
    return Speech(telling.words("这个按钮已经失效。请从“我的办件”重新打开，或直接写下您的问题。"))


async def trouble(telling: Telling) -> Speech:
    return Speech(
        telling.words(
            "非常抱歉，您刚才的消息我们已经收到，但处理时出了故障，已通知工作人员。"
            "请稍后再试，或拨打 12366 纳税缴费服务热线。"
        )
    )


async def unbound_group(telling: Telling) -> Speech:
    return Speech(
        telling.words("本群没有绑定任何部门，税桥在这里不会回应。请与税桥私聊；部门的群请由管理员发放邀请后绑定。")
    )


async def language(telling: Telling) -> Speech:
    _ = telling.words
    return Speech(_("已切换为中文。办理部门的答复以中文为准。"))


WORDINGS: dict[str, Wording] = {
    "talk.welcome": welcome,
    "talk.greeting": greeting,
    "talk.thanks": thanks,
    "talk.unintelligible": unintelligible,
    "talk.outofscope": outofscope,
    "talk.objection": objection,
    "talk.turn": turn,
    "talk.wages": wages,
    "talk.which_kind": which_kind,
    "talk.human_what": human_what,
    "talk.unreadable": unreadable,
    "talk.edited": edited,
    "talk.too_long": too_long,
    "talk.stale": stale,
    "talk.trouble": trouble,
    "talk.unbound_group": unbound_group,
    "talk.language": language,
}
