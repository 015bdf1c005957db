"""What /metrics tells, read as Prometheus reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from bot.deps import Deps
from bot.web import make_web_app


@dataclass(frozen=True, slots=True)
class Figures:
    """One reading of the page: its text, and the families in it by the name that an operator knows them by."""

    text: str
    families: Mapping[str, Metric]

    def value(self, sample: str, **labels: str) -> float:
        """The only sample of that name and those labels."""
        (found,) = [one.value for one in self._samples(sample) if one.labels == labels]
        return float(found)

    def total(self, sample: str) -> float:
        """All samples of that name together."""
        return float(sum(one.value for one in self._samples(sample)))

    def labels_of(self, name: str) -> set[str]:
        """The labels of a metric, without the one that tells the buckets of a histogram apart."""
        return {label for sample in self.families[name].samples for label in sample.labels} - {"le"}

    def _samples(self, name: str) -> list[Sample]:
        return [one for family in self.families.values() for one in family.samples if one.name == name]


def figures_in(text: str) -> Figures:
    families = {}
    for family in text_string_to_metric_families(text):
        families[family.name + ("_total" if family.type == "counter" else "")] = family
    return Figures(text, families)


async def scrape(deps: Deps) -> Figures:
    """From pages that nobody has read before, so that nothing is a second old."""
    async with TestClient(TestServer(make_web_app(deps))) as client, client.get("/metrics") as answer:
        assert answer.status == 200
        return figures_in(await answer.text())
