"""The small Telegram behaves as the real one towards a real aiogram bot."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
import pytest_asyncio
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    ReplyParameters,
)

from tests.support.botapi import BotApi

SOLVED = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="解决了", callback_data="solved:1")]])


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


async def test_the_bot_is_told_who_it_is(bot: Bot) -> None:
    assert (await bot.me()).username == "shuiqiao_test_bot"
    assert (await bot.get_webhook_info()).url == ""
    assert await bot.set_my_commands([])


async def test_updates_come_again_until_an_offset_confirms_them(api: BotApi, bot: Bot) -> None:
    aliya = api.person(1, "阿丽娅")
    aliya.says("一")
    aliya.says("二")
    first, second = await bot.get_updates()
    assert [first, second] == await bot.get_updates()
    assert [second] == await bot.get_updates(offset=second.update_id)
    assert await bot.get_updates(offset=second.update_id + 1) == []
    assert api.unconfirmed == []


async def test_a_restarted_bot_gets_what_the_killed_one_had_not_confirmed(api: BotApi) -> None:
    api.person(1, "阿丽娅").says("还在吗")
    killed, restarted = (AiohttpSession(api=TelegramAPIServer.from_base(api.url)) for _ in range(2))
    async with Bot(api.token, session=killed).context() as bot:
        (seen,) = await bot.get_updates()
    async with Bot(api.token, session=restarted).context() as bot:
        assert await bot.get_updates() == [seen]


async def test_a_negative_offset_keeps_the_last_updates_only(api: BotApi, bot: Bot) -> None:
    for text in ("一", "二", "三"):
        api.person(1, "阿丽娅").says(text)
    (last,) = await bot.get_updates(offset=-1)
    assert last.message is not None
    assert last.message.text == "三"
    assert await bot.get_updates() == [last]


async def test_a_long_poll_returns_as_soon_as_somebody_writes(api: BotApi, bot: Bot) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.get_updates(timeout=20))
        assert await api.comes_true(lambda: bool(api.calls))
        assert not poll.done()
        api.person(1, "阿丽娅").says("你好")
        assert await api.comes_true(poll.done)
    assert len(poll.result()) == 1


async def test_a_second_poll_ends_the_first_with_a_conflict(api: BotApi, bot: Bot) -> None:
    async with asyncio.TaskGroup() as group:
        first = group.create_task(_conflict(bot))
        assert await api.comes_true(lambda: len(api.calls) == 1)
        assert await bot.get_updates(timeout=0) == []
    assert "terminated by other getUpdates request" in first.result()


async def _conflict(bot: Bot) -> str:
    with pytest.raises(TelegramConflictError) as caught:
        await bot.get_updates(timeout=20)
    return str(caught.value)


async def test_kinds_that_the_bot_did_not_ask_for_are_not_queued(api: BotApi, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["message"])
    aliya = api.person(1, "阿丽娅")
    aliya.edits(aliya.says("错字"), "改好了")
    (update,) = await bot.get_updates()
    assert update.event_type == "message"


async def test_a_conversation_through_a_dispatcher(api: BotApi, bot: Bot) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: Message) -> None:
        await message.reply(f"收到：{message.text}", reply_markup=SOLVED)

    @dispatcher.callback_query()
    async def thank(query: CallbackQuery) -> None:
        await query.answer("谢谢")
        assert isinstance(query.message, Message)
        await query.message.edit_text("已解决")

    aliya = api.person(1, "阿丽娅")
    async with asyncio.TaskGroup() as group:
        polling = group.create_task(dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False))
        asked = aliya.says("发票怎么开", at=datetime(2026, 10, 1, 4, tzinfo=UTC))
        answer = await aliya.hears("发票")
        assert answer.raw["reply_to_message"]["message_id"] == asked["message_id"]
        query = aliya.presses(answer, "解决了")
        assert await api.comes_true(lambda: answer.text == "已解决")
        assert api.answers[query]["text"] == "谢谢"
        assert (answer.buttons, answer.edits) == ([], ["收到：发票怎么开"])
        await dispatcher.stop_polling()
        await polling
    assert asked["date"] == 1790827200


async def test_hearing_goes_on_after_what_was_heard_before(api: BotApi, bot: Bot) -> None:
    aliya = api.person(1, "阿丽娅")
    aliya.says("/start")
    for text in ("第一条回执", "广播", "第二条回执"):
        await bot.send_message(1, text)
    assert (await aliya.hears("回执")).text == "第一条回执"
    assert (await aliya.hears("回执")).text == "第二条回执"
    with pytest.raises(AssertionError, match="第二条回执"):
        await aliya.hears("回执", within=0.05)
    assert [message.text for message in api.heard] == ["第一条回执", "广播", "第二条回执"]


async def test_every_kind_of_message_can_be_sent(api: BotApi, bot: Bot) -> None:
    aliya = api.person(1, "阿丽娅")
    size = {"file_id": "f", "file_unique_id": "u", "width": 90, "height": 60}
    said = aliya.says("在吗")
    aliya.sends({"photo": [size], "media_group_id": "album", "caption": "左"})
    aliya.sends({"sticker": size | {"type": "regular", "is_animated": False, "is_video": False}})
    aliya.replies(said, "补充一句")
    group = aliya.in_group(-1001, "征管科")
    group.says("/case@shuiqiao_test_bot 7")
    api.channel(-1002, "公告").posts("放假通知")
    aliya.blocks()
    updates = [update.event for update in await bot.get_updates()]
    messages = [event for event in updates if isinstance(event, Message)]
    assert [message.content_type for message in messages] == ["text", "photo", "sticker", "text", "text", "text"]
    assert messages[1].media_group_id == "album"
    assert messages[3].reply_to_message is not None
    assert messages[3].reply_to_message.text == "在吗"
    assert (messages[4].chat.type, messages[4].chat.title) == ("supergroup", "征管科")
    assert messages[5].chat.type == "channel"
    assert len(updates) == 7


async def test_a_reply_keyboard_s_button_is_said(api: BotApi, bot: Bot) -> None:
    aliya = api.person(1, "阿丽娅")
    aliya.says("/start")
    await bot.send_message(1, "请选择", reply_markup=ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="我的办件")]]))
    aliya.presses(await aliya.hears("请选择"), "我的办件")
    pressed = (await bot.get_updates())[-1].message
    assert pressed is not None
    assert pressed.text == "我的办件"


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", "message text is empty"),
        ("  \n", "message text is empty"),
        ("税" * 4097, "message is too long"),
        ("😀" * 2049, "message is too long"),
        ("<b>利润 < 0</b>", "can't parse entities"),
        ("<b>没有结尾", "can't parse entities"),
        ("<script>x</script>", "can't parse entities"),
    ],
)
async def test_texts_that_telegram_refuses_are_refused(api: BotApi, bot: Bot, text: str, refused: str) -> None:
    api.person(1, "阿丽娅").says("/start")
    with pytest.raises(TelegramBadRequest, match=refused):
        await bot.send_message(1, text, parse_mode="HTML")
    assert api.heard == []


async def test_marked_text_is_read_without_its_marks(api: BotApi, bot: Bot) -> None:
    api.person(1, "阿丽娅").says("/start")
    message = await bot.send_message(
        1, '😀<b>依据</b> 1 &lt; 2 <a href="https://a.example/">链接</a>', parse_mode="HTML"
    )
    assert message.text == "😀依据 1 < 2 链接"
    assert message.entities is not None
    assert [entity.extract_from(message.text) for entity in message.entities] == ["依据", "链接"]


@pytest.mark.parametrize(
    "button",
    [
        InlineKeyboardButton(text="太长", callback_data="税" * 22),
        InlineKeyboardButton(text="本机", url="http://localhost:8080/"),
        InlineKeyboardButton(text="什么也没有"),
    ],
)
async def test_buttons_that_telegram_refuses_are_refused(api: BotApi, bot: Bot, button: InlineKeyboardButton) -> None:
    api.person(1, "阿丽娅").says("/start")
    with pytest.raises(TelegramBadRequest):
        await bot.send_message(1, "按", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]))


async def test_nobody_is_written_to_who_has_not_written_first(api: BotApi, bot: Bot) -> None:
    api.person(1, "阿丽娅")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(1, "您好")


async def test_whoever_blocks_the_bot_hears_nothing_until_they_unblock_it(api: BotApi, bot: Bot) -> None:
    aliya = api.person(1, "阿丽娅")
    aliya.says("/start")
    aliya.blocks()
    with pytest.raises(TelegramForbiddenError, match="blocked by the user"):
        await bot.send_message(1, "您好")
    aliya.unblocks()
    await bot.send_message(1, "您好")
    assert (await aliya.hears("您好")).chat_id == 1


async def test_a_group_that_was_left_is_closed_to_the_bot(api: BotApi, bot: Bot) -> None:
    api.person(1, "阿丽娅").in_group(-1001, "征管科")
    assert (await bot.get_chat(-1001)).title == "征管科"
    assert await bot.send_chat_action(-1001, "typing")
    assert await bot.leave_chat(-1001)
    with pytest.raises(TelegramForbiddenError, match="not a member of the supergroup chat"):
        await bot.send_message(-1001, "大家好")


async def test_only_a_changed_message_of_the_bot_s_own_can_be_edited(api: BotApi, bot: Bot) -> None:
    said = api.person(1, "阿丽娅").says("/start")
    sent = await bot.send_message(1, "您好", reply_markup=SOLVED)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text("您好", chat_id=1, message_id=sent.message_id, reply_markup=SOLVED)
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("您好", chat_id=1, message_id=said["message_id"])
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await bot.edit_message_text("您好", chat_id=1, message_id=9)
    assert await bot.edit_message_reply_markup(chat_id=1, message_id=sent.message_id)
    assert (api.heard[0].text, api.heard[0].buttons) == ("您好", [])


async def test_a_reply_needs_its_message_and_an_answer_its_query(api: BotApi, bot: Bot) -> None:
    api.person(1, "阿丽娅").says("/start")
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(1, "好", reply_parameters=ReplyParameters(message_id=9))
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query("9")


async def test_faults_come_once_and_in_order(api: BotApi, bot: Bot) -> None:
    api.person(1, "阿丽娅").says("/start")
    api.fail_next("sendMessage", retry_after=3)
    api.fail_next("sendMessage", status=502)
    api.fail_next("sendMessage", status=403, description="Forbidden: bot was blocked by the user")
    api.fail_next("sendMessage", migrate_to_chat_id=-1009)
    with pytest.raises(TelegramRetryAfter) as later:
        await bot.send_message(1, "一")
    assert later.value.retry_after == 3
    with pytest.raises(TelegramServerError):
        await bot.send_message(1, "二")
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(1, "三")
    with pytest.raises(TelegramMigrateToChat) as moved:
        await bot.send_message(1, "四")
    await bot.send_message(moved.value.migrate_to_chat_id, "五")
    assert [message.text for message in api.heard] == ["五"]


async def test_a_fault_of_one_chat_leaves_the_others_alone(api: BotApi, bot: Bot) -> None:
    for user_id in (1, 2):
        api.person(user_id, "某人").says("/start")
    api.fail_next("sendMessage", status=400, description="Bad Request: chat not found", chat_id=2)
    await bot.send_message(1, "好")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(2, "好")


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_cut_connection_tells_the_bot_nothing(api: BotApi, bot: Bot, *, after_effect: bool) -> None:
    api.person(1, "阿丽娅").says("/start")
    api.cut_next("sendMessage", after_effect=after_effect)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(1, "您好")
    assert [message.text for message in api.heard] == (["您好"] if after_effect else [])


async def test_calls_that_are_not_modelled_are_refused_and_kept(api: BotApi, bot: Bot) -> None:
    with pytest.raises(TelegramNotFound):
        await bot.get_my_name()
    assert [call.method for call in api.unknown_calls] == ["getMyName"]


async def test_a_wrong_token_is_unauthorised(api: BotApi) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{api.url}/bot1:wrong/getMe") as answer:
        assert answer.status == 401
