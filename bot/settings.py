"""Settings from the environment, checked all at once at the start; docs/operations.md describes each of them."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import ArgumentError

from storage.database import DatabaseError, parse_url
from storage.vault import VaultError, make_vault, parse_keys

PREFIX = "SHUIQIAO_"
MOST_PORT = 65535
DATABASE_FORMS = "应形如 sqlite:///var/shuiqiao.db（三条斜线）或 postgresql://用户:密码@主机:5432/库名"
QUOTED = re.compile(r"'(.*?)'")
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{20,}")


def _networks(value: object) -> object:
    """Networks as they stand in a variable: `10.0.0.0/8,::1`."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(one.strip()) for one in value.split(","))
    except ValueError as error:
        raise ValueError("应为网络地址，用逗号隔开，形如 10.0.0.0/8,::1（斜线前的末尾各位为 0）") from error


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)]
LOOPBACK = "127.0.0.0/8,::1"


class SettingsError(Exception):
    """One or more settings are wrong; the message names each of them and says what would be right."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A variable that is wrong, and what would be right; never its value."""

    variable: str
    right: str


class Settings(BaseSettings):
    """Everything an operator can set. The field's description is the sentence of the operations page."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", pattern=r"^\S+$", description="网页监听的地址")
    port: Annotated[int, Field(ge=0, le=MOST_PORT)] = Field(
        8080, validation_alias="PORT", description="网页监听的端口；0 表示由系统挑一个"
    )
    public_url: str | None = Field(
        None, pattern=r"^https?://[^/\s]+$", description="对外的网址（不带末尾斜杠），链接用它拼成"
    )
    database_url: str = Field("sqlite:///var/shuiqiao.db", description="数据库地址：sqlite:/// 或 postgresql://")
    key: SecretStr | None = Field(None, description="加密密钥，多把用逗号隔开，第一把用于加密")
    key_file: Path = Field(Path("var/key"), description="没有设置密钥时读取、首次运行时生成的密钥文件")
    telegram_token: SecretStr | None = Field(None, description="Telegram 机器人的令牌；不设置则不接 Telegram")
    telegram_api: str | None = Field(
        None, pattern=r"^https?://[^/\s]+$", description="自建 Bot API 服务器的地址；不设置则用官方服务器"
    )
    telegram_webhook: bool = Field(
        default=False, description="true：Telegram 把来信推送到对外的网址；false：本程序去取"
    )
    trusted_proxies: Networks = Field(
        LOOPBACK,
        validate_default=True,
        description="设了对外网址时，反向代理所在的网络，用逗号隔开；只有它们报来的访客地址才算数",
    )
    metrics_from: Networks = Field(LOOPBACK, validate_default=True, description="哪些网络可以读取 /metrics，用逗号隔开")
    workers: int = Field(8, ge=1, le=64, description="同时处理的会话数")
    handler_seconds: float = Field(10.0, gt=0, le=60, description="处理一条来信最多用多少秒")
    lease_seconds: float = Field(20.0, gt=0, le=300, description="会话租约的秒数，应大于处理时限")
    posts_per_minute: int = Field(30, ge=1, description="一位网页访客每分钟最多发几条")
    posts_per_minute_per_address: int = Field(300, ge=1, description="一个网络地址每分钟最多发几条")
    keep_days: int = Field(30, ge=1, le=3650, description="已处理的来信和已送达的通知保留多少天")
    sample: bool = Field(default=True, description="数据库为空时装入样例局和样例问答")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="日志的详细程度")
    log_format: Literal["console", "json"] = Field("console", description="日志的样式：给人看或给机器看")

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: str) -> str:
        try:
            url = parse_url(value)
        except DatabaseError as error:
            raise ValueError(str(error)) from error
        except (ArgumentError, ValueError) as error:
            raise ValueError(DATABASE_FORMS) from error
        if url.get_backend_name() == "sqlite" and (url.host or url.username):
            raise ValueError(DATABASE_FORMS)
        if url.query:
            raise ValueError(f"不认识参数 {'、'.join(url.query)}，请去掉问号和后面的部分")
        if not 0 < (url.port or 1) <= MOST_PORT:
            raise ValueError(f"端口应在 1 到 {MOST_PORT} 之间")
        return value

    @field_validator("telegram_token")
    @classmethod
    def _is_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("令牌应形如 123456789:AAE…（数字、冒号、至少 20 个字母或数字），请从 BotFather 完整复制")
        return value

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                make_vault(parse_keys(value.get_secret_value()))
            except VaultError as error:
                raise ValueError(str(error)) from error
        return value

    @property
    def page_url(self) -> str:
        """The address of the web pages as people see it, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"


def variable_of(name: str) -> str:
    """The environment variable that sets a field."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{name.upper()}"


def read_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of this process; raises SettingsError that names every wrong and every unknown one at once."""
    settings, problems = examine_settings(environment, **overrides)
    if problems:
        findings = (f"  · {problem.variable}：{problem.right}" for problem in problems)
        raise SettingsError("设置有误：\n" + "\n".join(findings))
    return settings


def examine_settings(
    environment: Mapping[str, str] | None = None, **overrides: Any
) -> tuple[Settings, Sequence[Problem]]:
    """The settings with every wrong one left at its default, and what is wrong with them, in one go."""
    environment = os.environ if environment is None else environment
    known = {variable_of(name) for name in Settings.model_fields}
    problems = [
        Problem(name, "没有这个设置，请核对拼写（见 docs/operations.md）")
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in known
    ]
    values: dict[str, Any] = {
        _key_of(name): environment[variable_of(name)]
        for name in Settings.model_fields
        if environment.get(variable_of(name), "") != ""
    }
    values |= {_key_of(name): value for name, value in overrides.items()}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        found = [_problem(dict(problem)) for problem in error.errors()]
        wrong = {problem.variable for problem in found}
        defaults = {
            _key_of(name): field.default for name, field in Settings.model_fields.items() if variable_of(name) in wrong
        }
        return Settings(**values | defaults), [*problems, *found]
    return settings, [*problems, *_contradictions(settings)]


def _key_of(name: str) -> str:
    """By which the class takes the value of a field: its alias, where it has one."""
    return variable_of(name) if name == "port" else name


def _contradictions(settings: Settings) -> Iterator[Problem]:
    """Settings that are right by themselves and wrong together."""
    if settings.lease_seconds <= settings.handler_seconds:
        yield Problem(f"{PREFIX}LEASE_SECONDS", f"应大于 {PREFIX}HANDLER_SECONDS（{settings.handler_seconds:g}）")
    if settings.telegram_webhook:
        webhook = f"{PREFIX}TELEGRAM_WEBHOOK"
        if settings.telegram_token is None:
            yield Problem(webhook, f"还需要 {PREFIX}TELEGRAM_TOKEN")
        if settings.public_url is None:
            yield Problem(webhook, f"还需要 {PREFIX}PUBLIC_URL，Telegram 要推送到那里")
        elif settings.telegram_api is None and not settings.public_url.startswith("https://"):
            yield Problem(webhook, f"{PREFIX}PUBLIC_URL 应以 https:// 开头，Telegram 不向未加密的网址推送")


def _problem(problem: dict[str, Any]) -> Problem:
    field = str(problem["loc"][0])
    variable = field if field == "PORT" else variable_of(field)
    context = problem.get("ctx", {})
    match problem["type"]:
        case "int_parsing" | "int_type" | "int_from_float":
            right = "应为整数"
        case "float_parsing" | "float_type":
            right = "应为数字"
        case "bool_parsing":
            right = "应为 true 或 false"
        case "greater_than_equal":
            right = f"应不小于 {context['ge']}"
        case "less_than_equal":
            right = f"应不大于 {context['le']:g}"
        case "greater_than":
            right = f"应大于 {context['gt']:g}"
        case "literal_error":
            right = "应为 " + "、".join(QUOTED.findall(context["expected"])) + " 之一"
        case "string_pattern_mismatch" if field == "host":
            right = "应为主机名或 IP 地址，例如 127.0.0.1"
        case "string_pattern_mismatch":
            right = "应形如 https://example.gov.cn（不带路径和末尾斜杠）"
        case "value_error":
            right = str(context["error"])
        case _:
            right = str(problem["msg"])
    return Problem(variable, right)
