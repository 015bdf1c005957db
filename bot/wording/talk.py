"""Sentences that belong to the conversation itself: welcomes, courtesies, refusals, what to do next."""

from bot.wording.buttons import Insist, Menu
from bot.wording.speech import Button, Speech, Telling, Wording, Words


def _own_menu(_: Words) -> tuple[tuple[Button, ...], ...]:
    return (
        (
            Button(_("我的办件"), Menu(act="cases").pack()),
            Button(_("凭查询码查询"), Menu(act="lookup").pack()),
        ),
    )


async def welcome(telling: Telling) -> Speech:
    _ = telling.words
    text = _(
        "您好，这里是{bureau}的“税桥”。\n\n"
        "请直接写下您的税费问题、意见或投诉：能当场答复的立即答复，不能当场答复的转有关部门，在承诺的期限内答复您。\n\n"
        "例如：“个体户月销售额10万元以内要交增值税吗”",
        bureau=telling.payload["bureau"],
    )
    return Speech(text, _own_menu(_))


async def greeting(telling: Telling) -> Speech:
    return Speech(telling.words("您好！请直接写下您的税费问题，我来为您查找答案；查不到的，转工作人员答复。"))


async def thanks(telling: Telling) -> Speech:
    return Speech(telling.words("不客气，很高兴能帮到您。有其他税费问题，请随时留言。"))


async def unintelligible(telling: Telling) -> Speech:
    _ = telling.words
    return Speech(
        _(
            "抱歉，没有看懂这条消息。请用一句完整的话写下您的问题，例如“发票丢了怎么办”。需要工作人员帮助，请发送“转人工”。"
        )
    )


async def outofscope(telling: Telling) -> Speech:
    _ = telling.words
    text = _(
        "这件事可能不属于税务部门的职责，建议向主管部门咨询，或拨打 12345 政务服务便民热线。\n\n"
        "如果您认为与税务有关，可以转给我们的工作人员。"
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
    "talk.human_what": human_what,
    "talk.unreadable": unreadable,
    "talk.edited": edited,
    "talk.too_long": too_long,
    "talk.stale": stale,
    "talk.trouble": trouble,
    "talk.unbound_group": unbound_group,
    "talk.language": language,
}
