# 税桥 — one command per errand; `make` alone lists them. Everything lives in .venv; nothing is installed elsewhere,
# except Debian's Chromium and a Chinese font for the browser tests, and wrk for the bench (root only).

PYTHON ?= python3.11
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes --no-build-isolation --use-pep517
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

.PHONY: help
help: ## 列出这些命令 / list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/run.stamp ## 启动税桥 / start the house (PORT and SHUIQIAO_* are passed on; Ctrl-C ends it)
	@exec $(BIN)/python -m bot run

.PHONY: test
test: check machine ## 全部检查和测试 / every check, then every test (ARGS="-k name" chooses)
	@$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

.PHONY: storm
storm: .venv/dev.stamp ## 大风浪演练 / many people write while all around fails (ARGS="--updates 1000 --seed 7")
	@$(BIN)/python -m tests.storm $(ARGS)

.PHONY: check
check: .venv/dev.stamp ## 静态检查 / lint, format, types and the arrows between the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: hooks
hooks: ## 提交前自动检查 / let git run `make check` before every commit
	@git config core.hooksPath .githooks

.PHONY: bench
bench: .venv/dev.stamp chromium wrk ## 测量快慢和内存 / measure speed and memory, eleven minutes (ARGS="--quick", "--only start memory")
	@$(BIN)/python -m bench --write $(ARGS)

.PHONY: pins
pins: have-python ## 重新锁定依赖 / write requirements/ anew from pyproject.toml (UPGRADE=1 takes newer versions)
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT \
	&& $(PYTHON) -m venv "$$scratch" && "$$scratch/bin/python" -m pip install -q uv \
	&& lock() { "$$scratch/bin/uv" --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-annotate --custom-compile-command 'make pins' $(if $(UPGRADE),--upgrade) "$$@" > /dev/null; } \
	&& echo setuptools | lock - -o requirements/build.txt \
	&& lock pyproject.toml -o requirements/run.txt \
	&& lock --group pyproject.toml:dev -c requirements/run.txt -o requirements/dev.txt

.PHONY: clean
clean: ## 删除 .venv 和缓存 / remove .venv and the tools' caches, never data
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: have-python
have-python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { \
		echo '找不到 $(PYTHON)（或它没有 venv）。Debian/Ubuntu：apt-get install python3.11 python3.11-venv；' >&2; \
		echo '装在别处时：make PYTHON=/路径/python3.11 …   ($(PYTHON) with venv was not found)' >&2; exit 1; }

.PHONY: machine
machine:
	@has_all() { { command -v chromium || command -v chromium-browser || command -v google-chrome; } > /dev/null \
		&& { ! command -v dpkg-query > /dev/null || dpkg-query -W fonts-wqy-microhei > /dev/null 2>&1; } \
		&& { [ -x .venv/nginx/usr/sbin/nginx ] || PATH="$$PATH:/usr/sbin" command -v nginx > /dev/null; }; }; \
	if ! has_all && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo '安装 Chromium 和中文字体，取来 nginx…… / installing Chromium and a Chinese font, fetching nginx'; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -qq -y --no-install-recommends chromium fonts-wqy-microhei > /dev/null; \
		(cd .venv && apt-get download -qq -o APT::Sandbox::User=root nginx > /dev/null && dpkg -x nginx_*.deb nginx && rm nginx_*.deb); \
	fi; \
	if ! has_all; then \
		echo '**************************************************************************' >&2; \
		echo '**  缺少 Chromium、中文字体或 nginx：用到它们的测试不会运行。           **' >&2; \
		echo '**  Tests are SKIPPED: apt-get install chromium fonts-wqy-microhei nginx **' >&2; \
		echo '**************************************************************************' >&2; \
		[ "$$CI" != true ]; \
	fi

.PHONY: wrk
wrk:
	@if ! command -v wrk > /dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo '安装 wrk…… / installing wrk, which loads the webhook'; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -qq -y --no-install-recommends wrk > /dev/null || true; \
	fi; \
	command -v wrk > /dev/null || echo '缺少 wrk：不测推送。/ The webhook is NOT measured: apt-get install wrk' >&2

# A stamp is newer than the pins it was made from: installing happens only when they changed. The environment is made
# anew then, so that nothing of an older pin lies beside a newer one.
.venv/made.stamp: requirements/build.txt requirements/run.txt
	@$(MAKE) have-python
	@echo '准备运行环境（.venv），只在第一次和换依赖时…… / preparing .venv, only now and when a pin changes'
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/run.stamp: .venv/made.stamp
	@echo '安装依赖，约半分钟…… / installing what the house runs on, half a minute'
	@$(INSTALL) -r requirements/build.txt
	@$(INSTALL) -r requirements/run.txt
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	@echo '安装测试工具…… / installing what the tests need'
	@$(INSTALL) -r requirements/dev.txt
	@touch $@
