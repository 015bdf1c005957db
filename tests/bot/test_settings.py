"""Settings: every wrong one is named with what would be right, all at once; every one is documented."""

import re

import pytest

from bot.settings import Settings, SettingsError, examine_settings, read_settings, variable_of
from tests.test_docs import OPERATIONS, rows

TOKEN = "123456789:" + "a" * 30

BAD = [
    ("SHUIQIAO_HOST", "two words", "主机名或 IP 地址"),
    ("PORT", "http", "应为整数"),
    ("PORT", "80.5", "应为整数"),
    ("PORT", "-1", "应不小于 0"),
    ("PORT", "65536", "应不大于 65535"),
    ("SHUIQIAO_PUBLIC_URL", "example.gov.cn", "应形如 https://example.gov.cn"),
    ("SHUIQIAO_PUBLIC_URL", "https://example.gov.cn/", "不带路径和末尾斜杠"),
    ("SHUIQIAO_DATABASE_URL", "var/shuiqiao.db", "应形如 sqlite:///var/shuiqiao.db"),
    ("SHUIQIAO_DATABASE_URL", "mysql://host/name", "不支持的数据库 mysql"),
    ("SHUIQIAO_DATABASE_URL", "postgres://host/name", "postgresql://"),
    ("SHUIQIAO_DATABASE_URL", "sqlite://", "需要一个文件"),
    ("SHUIQIAO_DATABASE_URL", "sqlite:///:memory:", "需要一个文件"),
    ("SHUIQIAO_DATABASE_URL", "sqlite://var/shuiqiao.db", "三条斜线"),
    ("SHUIQIAO_DATABASE_URL", "sqlite:///var/shuiqiao.db?mode=ro", "不认识参数 mode"),
    ("SHUIQIAO_DATABASE_URL", "postgresql://u:geheim@host/name?sslmode=require", "不认识参数 sslmode"),
    ("SHUIQIAO_DATABASE_URL", "postgresql://u:geheim@host:port/name", "主机:5432"),
    ("SHUIQIAO_DATABASE_URL", "postgresql://u:geheim@host:99999/name", "端口应在 1 到 65535 之间"),
    ("SHUIQIAO_KEY", "geheim", "44 个字符"),
    ("SHUIQIAO_KEY", "密" * 44, "44 个字符"),
    ("SHUIQIAO_TELEGRAM_TOKEN", "geheim", "请从 BotFather 完整复制"),
    ("SHUIQIAO_TELEGRAM_TOKEN", "123456789:geheim", "至少 20 个"),
    ("SHUIQIAO_TELEGRAM_TOKEN", TOKEN + "\n", "请从 BotFather 完整复制"),
    ("SHUIQIAO_TELEGRAM_API", "127.0.0.1:8081", "应形如 https://"),
    ("SHUIQIAO_TELEGRAM_WEBHOOK", "push", "应为 true 或 false"),
    ("SHUIQIAO_TRUSTED_PROXIES", "proxy.example", "形如 10.0.0.0/8,::1"),
    ("SHUIQIAO_TRUSTED_PROXIES", "10.0.0.1/8", "末尾各位为 0"),
    ("SHUIQIAO_METRICS_FROM", "prometheus", "形如 10.0.0.0/8,::1"),
    ("SHUIQIAO_METRICS_FROM", "10.0.0.1/8", "末尾各位为 0"),
    ("SHUIQIAO_WORKERS", "0", "应不小于 1"),
    ("SHUIQIAO_WORKERS", "65", "应不大于 64"),
    ("SHUIQIAO_HANDLER_SECONDS", "0", "应大于 0"),
    ("SHUIQIAO_HANDLER_SECONDS", "61", "应不大于 60"),
    ("SHUIQIAO_HANDLER_SECONDS", "nan", "应"),
    ("SHUIQIAO_HANDLER_SECONDS", "soon", "应为数字"),
    ("SHUIQIAO_LEASE_SECONDS", "301", "应不大于 300"),
    ("SHUIQIAO_LEASE_SECONDS", "10", "应大于 SHUIQIAO_HANDLER_SECONDS（10）"),
    ("SHUIQIAO_POSTS_PER_MINUTE", "0", "应不小于 1"),
    ("SHUIQIAO_POSTS_PER_MINUTE_PER_ADDRESS", "many", "应为整数"),
    ("SHUIQIAO_KEEP_DAYS", "0", "应不小于 1"),
    ("SHUIQIAO_KEEP_DAYS", "99999999999", "应不大于 3650"),
    ("SHUIQIAO_SAMPLE", "perhaps", "应为 true 或 false"),
    ("SHUIQIAO_LOG_LEVEL", "LOUD", "应为 DEBUG、INFO、WARNING、ERROR 之一"),
    ("SHUIQIAO_LOG_FORMAT", "xml", "应为 console、json 之一"),
]
ANY_VALUE_WILL_DO = {"SHUIQIAO_KEY_FILE"}  # a path is right or wrong only when it is opened


@pytest.mark.parametrize(("variable", "value", "advice"), BAD)
def test_a_wrong_setting_is_named_with_what_would_be_right(variable: str, value: str, advice: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({variable: value})
    heading, *findings = str(raised.value).splitlines()
    assert heading == "设置有误："
    assert len(findings) == 1
    assert findings[0].startswith(f"  · {variable}：")
    assert advice in findings[0]
    assert "geheim" not in findings[0]


def test_every_setting_has_a_wrong_value_among_these() -> None:
    assert {variable_of(name) for name in Settings.model_fields} == {one[0] for one in BAD} | ANY_VALUE_WILL_DO


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"PORT": "http", "SHUIQIAO_TOKEN": TOKEN, "SHUIQIAO_WORKERS": "0", "SHUIQIAO_KEY": "geheim"})
    assert [re.split(r"[ ：]+", line)[2] for line in str(raised.value).splitlines()[1:]] == [
        "SHUIQIAO_TOKEN",
        "PORT",
        "SHUIQIAO_KEY",
        "SHUIQIAO_WORKERS",
    ]


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"SHUIQIAO_TELEGRAM_TOKEN": TOKEN}, ["还需要 SHUIQIAO_PUBLIC_URL"]),
        ({"SHUIQIAO_PUBLIC_URL": "https://tax.example"}, ["还需要 SHUIQIAO_TELEGRAM_TOKEN"]),
        (
            {"SHUIQIAO_TELEGRAM_TOKEN": TOKEN, "SHUIQIAO_PUBLIC_URL": "http://tax.example"},
            ["SHUIQIAO_PUBLIC_URL 应以 https:// 开头"],
        ),
        ({}, ["还需要 SHUIQIAO_TELEGRAM_TOKEN", "还需要 SHUIQIAO_PUBLIC_URL"]),
    ],
    ids=str,
)
def test_a_webhook_needs_a_token_and_an_encrypted_public_address(given: dict[str, str], advice: list[str]) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"SHUIQIAO_TELEGRAM_WEBHOOK": "true", **given})
    findings = str(raised.value).splitlines()[1:]
    assert len(findings) == len(advice)
    for finding, words in zip(findings, advice, strict=True):
        assert words in finding


def test_a_bot_api_server_of_ones_own_may_deliver_without_encryption() -> None:
    own = {"SHUIQIAO_TELEGRAM_API": "http://127.0.0.1:8081", "SHUIQIAO_PUBLIC_URL": "http://127.0.0.1:8080"}
    assert read_settings({"SHUIQIAO_TELEGRAM_WEBHOOK": "true", "SHUIQIAO_TELEGRAM_TOKEN": TOKEN, **own})


def test_an_unknown_setting_is_refused_and_its_value_not_repeated() -> None:
    with pytest.raises(SettingsError, match="SHUIQIAO_TELEGRAM：没有这个设置，请核对拼写") as raised:
        read_settings({"SHUIQIAO_TELEGRAM": TOKEN})
    assert TOKEN not in str(raised.value)


def test_other_programs_variables_are_none_of_our_business() -> None:
    assert read_settings({"HOST": "0.0.0.0", "KEY": "x", "DATABASE_URL": "x"}) == read_settings({})


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({"PORT": "", "SHUIQIAO_KEY": "", "SHUIQIAO_PUBLIC_URL": ""}) == read_settings({})


def test_good_settings_are_read() -> None:
    settings = read_settings(
        {
            "PORT": "0",
            "SHUIQIAO_DATABASE_URL": "postgresql://u:p@[::1]:5433/name",
            "SHUIQIAO_TELEGRAM_TOKEN": TOKEN,
            "SHUIQIAO_SAMPLE": "false",
            "SHUIQIAO_PUBLIC_URL": "https://shuiqiao.example.gov.cn",
        }
    )
    assert (settings.port, settings.sample) == (0, False)
    assert settings.page_url == "https://shuiqiao.example.gov.cn"


def test_secrets_are_not_shown_with_the_settings() -> None:
    settings = read_settings({"SHUIQIAO_TELEGRAM_TOKEN": TOKEN})
    assert TOKEN not in repr(settings)
    assert TOKEN not in settings.model_dump_json()


def test_every_setting_stands_in_the_operations_page_with_its_default_and_meaning() -> None:
    documented = {row[0].strip("`"): (row[1].strip("`"), row[2]) for row in rows(OPERATIONS, "变量")}
    assert documented == {
        variable_of(name): (_shown(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }


def test_the_operations_page_names_no_setting_that_does_not_exist() -> None:
    known = {variable_of(name) for name in Settings.model_fields}
    assert set(re.findall(r"SHUIQIAO_[A-Z_]+[A-Z]", _documented())) == known - {"PORT"}


def _documented() -> str:
    return OPERATIONS.read_text(encoding="utf-8")


def _shown(default: object) -> str:
    match default:
        case None:
            return "（不设置）"
        case bool():
            return str(default).lower()
        case float():
            return f"{default:g}"
        case _:
            return str(default)


def test_a_wrong_setting_stands_at_its_default_while_the_others_are_examined() -> None:
    settings, problems = examine_settings({"SHUIQIAO_WORKERS": "many", "SHUIQIAO_KEEP_DAYS": "5", "SHUIQIAO_TOKN": "x"})
    assert (settings.workers, settings.keep_days) == (8, 5)
    assert [problem.variable for problem in problems] == ["SHUIQIAO_TOKN", "SHUIQIAO_WORKERS"]
