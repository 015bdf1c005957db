"""Who looks for the entry that was asked for: the house's own matcher, rank-bm25, bm25s and scikit-learn's TF-IDF.

The rivals read the plain view of a text, as ours does, and the two that want words get those that jieba makes for
search engines, with the bureau's own vocabulary. An entry scores as its best phrasing does, with everybody. Whatever is
loaded before the first entry is known, is loaded when a matcher is made, and so is in nobody's time.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from faq.matching.contrasts import load_contrasts
from faq.matching.decision import CONSIDERED, Answer, weigh
from faq.matching.features import load_synonyms, plain_view
from faq.matching.index import Index, IndexEntry
from intents import make_tokenizer

SHOWN = 3

Floats = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """Up to three entries, best first, and the score of the best. Only ours is also more or less sure, and answers."""

    ids: tuple[str, ...]
    score: float
    confidence: float | None = None
    outright: bool = False


class Matcher(Protocol):
    """Asked for `nearest(read(text))`, a matcher does the same as for `ask(text)`, or less: ours decides nothing."""

    def build(self, entries: Sequence[IndexEntry]) -> None: ...

    def ask(self, text: str) -> Found: ...

    def read(self, text: str) -> Any: ...

    def nearest(self, read: Any) -> object: ...


class Ours:
    def __init__(self) -> None:
        self._tokenizer = make_tokenizer()
        load_synonyms()
        load_contrasts()

    def build(self, entries: Sequence[IndexEntry]) -> None:
        self._index = Index.build(entries, self._tokenizer)

    def ask(self, text: str) -> Found:
        weighed = weigh(self._index, text)
        candidates = [one.candidate for one in weighed.judged]
        return Found(
            ids=tuple(candidate.entry_id for candidate in candidates[:SHOWN]),
            score=candidates[0].score if candidates else 0.0,
            confidence=weighed.confidence,
            outright=isinstance(weighed.decision, Answer),
        )

    def read(self, text: str) -> Any:
        return self._index.read(text)

    def nearest(self, read: Any) -> object:
        return self._index.nearest(read, CONSIDERED)


class Rival(ABC):
    """Scores every phrasing; the best three entries are picked in the same way for all."""

    def build(self, entries: Sequence[IndexEntry]) -> None:
        groups = [(entry.question, *entry.phrasings) for entry in entries]
        self._ids = [entry.id for entry in entries]
        self._bounds = np.concatenate([[0], np.cumsum([len(group) for group in groups])[:-1]])
        self.index(list(chain.from_iterable(groups)))

    def ask(self, text: str) -> Found:
        return self.nearest(self.read(text))

    def nearest(self, read: Any) -> Found:
        scores = np.maximum.reduceat(self.scores(read), self._bounds)
        best = np.argpartition(-scores, min(SHOWN, len(scores)) - 1)[:SHOWN]
        ranked = sorted(best.tolist(), key=lambda row: (-scores[row], row))
        return Found(tuple(self._ids[row] for row in ranked if scores[row] > 0), float(scores[ranked[0]]))

    @abstractmethod
    def index(self, phrasings: list[str]) -> None: ...

    @abstractmethod
    def read(self, text: str) -> Any: ...

    @abstractmethod
    def scores(self, read: Any) -> Floats: ...


class Bm25(Rival):
    """Counts words: jieba's for search engines, long ones and those that they are made of."""

    def __init__(self) -> None:
        self._jieba = make_tokenizer()._cutter  # noqa: SLF001  with our dictionary, and nothing of ours between

    def read(self, text: str) -> list[str]:
        return list(self._jieba.cut_for_search(plain_view(text)))


class RankBm25(Bm25):
    """BM25Okapi as it comes. For every word it looks at every phrasing."""

    def __init__(self) -> None:
        from rank_bm25 import BM25Okapi

        super().__init__()
        self._make = BM25Okapi

    def index(self, phrasings: list[str]) -> None:
        self._bm25 = self._make([self.read(text) for text in phrasings])

    def scores(self, read: list[str]) -> Floats:
        scores: Floats = self._bm25.get_scores(read)
        return scores


class Bm25s(Bm25):
    """As it comes, with numpy alone: scores are computed when it is built, and only added up when it is asked."""

    def __init__(self) -> None:
        from bm25s import BM25

        super().__init__()
        self._make = BM25

    def index(self, phrasings: list[str]) -> None:
        self._bm25, self._phrasings = self._make(), len(phrasings)
        self._bm25.index([self.read(text) for text in phrasings], show_progress=False)

    def scores(self, read: list[str]) -> Floats:
        scores: Floats = self._bm25.get_scores(read) if read else np.zeros(self._phrasings)
        return scores


class Tfidf(Rival):
    """One and two characters in a row, cosine. The matrix is turned round once, so that a text meets only what it has
    something in common with; scikit-learn's own `linear_kernel` turns it round for every text.
    """

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), preprocessor=plain_view)

    def index(self, phrasings: list[str]) -> None:
        self._postings = self._vectorizer.fit_transform(phrasings).T.tocsr()

    def read(self, text: str) -> Any:
        return self._vectorizer.transform([text])

    def scores(self, read: Any) -> Floats:
        scores: Floats = (read @ self._postings).toarray().ravel()
        return scores


OURS = "ours"
MATCHERS: Mapping[str, Callable[[], Matcher]] = {OURS: Ours, "TF-IDF": Tfidf, "bm25s": Bm25s, "rank-bm25": RankBm25}
MOST_ENTRIES = {"rank-bm25": 20_000}  # among 100,000 it would take a tenth of a second and more for each question
