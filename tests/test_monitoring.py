"""What the operations page, the alerts and the dashboard say of the figures is so: each exists, with those labels."""

import asyncio
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import VERSION
from bot.runtime.metrics import PREFIX
from tests.flows.cast import KNOWN
from tests.support.figures import Figures, scrape
from tests.support.house import open_test_house, sqlite_url

DOCS = Path(__file__).parent.parent / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
ALERTS: dict[str, Any] = yaml.safe_load((DOCS / "monitoring/alerts.yaml").read_text(encoding="utf-8"))
BOARD: dict[str, Any] = json.loads((DOCS / "monitoring/dashboard.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS: list[dict[str, Any]] = [panel for panel in BOARD["panels"] if panel["type"] != "row"]

OF_PROMETHEUS = {"up": set[str]()}
OF_THE_SCRAPE = {"job", "instance"}  # Prometheus puts these on everything

# An expression in pieces: what a metric is selected by, what is grouped by, and the words that are left over.
TEXT = re.compile(r'"[^"]*"')
SELECTION = re.compile(r"\b([a-z_:][a-z0-9_:]*)\s*\{([^}]*)\}")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
RANGE = re.compile(r"\[[^\]]*\]")
WORD = re.compile(r"\b(?<![.\d])[a-z_:][a-z0-9_:]*\b(?!\s*\()")
OPERATORS = {"and", "or", "unless", "bool", "offset"}


def selected(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Every metric that an expression names, with the labels that it is selected or grouped by."""
    plain = RANGE.sub("", TEXT.sub('""', expression))
    grouped = {label.strip() for labels in GROUPING.findall(plain) for label in labels.split(",")}
    plain = GROUPING.sub("", plain)
    for name, matchers in SELECTION.findall(plain):
        yield name, grouped | set(re.findall(r"(\w+)\s*[=!]", matchers))
    for word in WORD.findall(SELECTION.sub("", plain)):
        if word not in OPERATORS:
            yield word, grouped


def expressions() -> list[tuple[str, str]]:
    """Where it stands, and the expression."""
    in_alerts = [(str(rule["alert"]), str(rule["expr"])) for rule in RULES]
    on_board = [(str(panel["title"]), str(target["expr"])) for panel in PANELS for target in panel["targets"]]
    return [*in_alerts, *on_board]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("up == 0", [("up", set())]),
        ('a_total{x="b{c",y=~"$job"}', [("a_total", {"x", "y"})]),
        ("sum by (x, y) (rate(a_total[5m])) > 0.1", [("a_total", {"x", "y"})]),
        ("time() - max(a) > 1e9", [("a", set())]),
        ("max by (x) (a) != min by (x) (b{z!='1'})", [("b", {"x", "z"}), ("a", {"x"})]),
        ("a / b or c", [("a", set()), ("b", set()), ("c", set())]),
    ],
)
def test_the_metrics_of_an_expression_are_recognised(expression: str, found: list[tuple[str, set[str]]]) -> None:
    assert list(selected(expression)) == found


def documented() -> Mapping[str, tuple[str, set[str], str]]:
    """The table of the operations page: type, labels and meaning by name."""
    table = re.search(r"^\| 指标 \|.*\n\|[-| ]+\n((?:\|.*\n)+)", OPERATIONS, re.MULTILINE)
    assert table is not None
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]
    return {name.strip("`"): (kind, set(re.findall(r"`(\w+)`", labels)), why) for name, kind, labels, why in rows}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """Of a house that has answered somebody, so that every metric has begun."""
    return asyncio.run(_figures(tmp_path_factory.mktemp("house")))


async def _figures(folder: Path) -> Figures:
    async with open_test_house(sqlite_url(folder), folder) as house:
        await (await house.visitor()).say(KNOWN)
        return await scrape(house.deps)


def test_the_operations_page_tells_every_metric_with_type_labels_and_meaning_and_no_other(
    figures: Figures,
) -> None:
    told = documented()
    assert {name: (family.type, figures.labels_of(name)) for name, family in figures.families.items()} == {
        name: (kind, labels) for name, (kind, labels, _) in told.items()
    }
    ours = {name: family.documentation for name, family in figures.families.items() if name.startswith(PREFIX)}
    assert ours == {name: why for name, (_, _, why) in told.items() if name.startswith(PREFIX)}


def test_every_label_that_a_metric_can_have_is_explained(figures: Figures) -> None:
    explained = set(re.findall(r"[\w.]+", OPERATIONS.partition("标签的取值：")[2].partition("\n")[0]))
    for name in figures.families:
        if name.startswith(PREFIX) and name != f"{PREFIX}_build_info":
            values = {
                value for one in figures.families[name].samples for key, value in one.labels.items() if key != "le"
            }
            assert values - explained == set(), name


def test_alerts_and_dashboard_name_only_metrics_and_labels_that_exist(figures: Figures) -> None:
    labels: dict[str, set[str]] = dict(OF_PROMETHEUS)
    for name, family in figures.families.items():
        histogram = family.type == "histogram"
        for sample in [f"{name}_bucket", f"{name}_sum", f"{name}_count"] if histogram else [name]:
            labels[sample] = figures.labels_of(name) | ({"le"} if sample.endswith("_bucket") else set())
    for where, expression in expressions():
        for name, used in selected(expression):
            assert name in labels, f"{where}: {name}"
            assert used <= labels[name] | OF_THE_SCRAPE, f"{where}: {name} {used}"


def test_the_dashboard_shows_every_metric(figures: Figures) -> None:
    shown = {name for panel in PANELS for target in panel["targets"] for name, _ in selected(target["expr"])}
    shown = {re.sub("_(bucket|sum|count)$", "", name) for name in shown}
    assert set(figures.families) - shown == set()


def test_every_alert_says_in_chinese_what_is_wrong_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        for words in ("summary", "description"):
            assert re.search("[一-鿿]{4}", rule["annotations"][words]), rule["alert"]
        for label in re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])):
            kept = {one for _, labels in selected(rule["expr"]) for one in labels}
            aggregated = GROUPING.search(rule["expr"]) is not None
            assert label in (kept if aggregated else kept | OF_THE_SCRAPE), rule["alert"]


def test_every_panel_has_a_title_in_both_languages_a_unit_and_the_chosen_data_source() -> None:
    assert [one["name"] for one in BOARD["templating"]["list"]] == ["datasource", "job"]
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    for panel in BOARD["panels"]:
        assert re.search(r"^[一-鿿].* \(.*[A-Za-z].*\)$", panel["title"]), panel["title"]
    for panel in PANELS:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["type"] == "table" or panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            assert 'job=~"$job"' in target["expr"], panel["title"]


def test_no_panel_lies_upon_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        covered = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not covered & taken, panel["title"]
        taken |= covered


def test_the_example_for_prometheus_can_be_read_and_has_the_job_that_the_alerts_watch() -> None:
    (example,) = [
        block for block in re.findall(r"^```\n(.*?)^```$", OPERATIONS, re.M | re.S) if "scrape_configs" in block
    ]
    (job,) = yaml.safe_load(example)["scrape_configs"]
    watched = {name for rule in RULES for name in re.findall(r'job="(\w+)"', rule["expr"])}
    assert watched == {job["job_name"]}


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION
