"""pikir as a spaCy component: `nlp = models.load()`, or `nlp.add_pipe("pikir_stance")` in a pipeline of your own.

What it says of a document is what `models.annotator` says of its text. Stances are of the post, not of one sentence:
all mentions of a target in a document carry the same one.

    doc.spans["targets"]             the mentions, by place; `span.label_` is the target's id
    span._.stance                    "against", "neutral" or "favor"
    span._.stance_probabilities      {"against": …, "neutral": …, "favor": …}, summing to 1 within 1e-4
    span._.narratives                names of narratives, a tuple
    doc._.language                   as `models.language.identify` says, "other" for one that is not expected
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import regex
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import minibatch, registry
from spacy.vocab import Vocab

from configs.loading import load as load_settings
from configs.settings import TargetSettings
from models.annotator import Annotator
from models.stance import StanceModel
from models.text import clean, digest
from storage.records import TargetReading

NAME = "pikir_stance"
SPANS = "targets"
_log = logging.getLogger(__name__)
_KEPT = "pikir"
_SAVED = "pikir_stance.json"
_TOKENIZER = "pikir.words.v1"
_LONGEST = 100_000_000
_SURROGATE = regex.compile("[\ud800-\udfff]")
_PIECE = regex.compile(r"\w+(?:['’ʼ\-]\w+)*|[^\w\s]|\s+")


class StanceComponent:
    """Fills in documents; the network is loaded when the first one mentions a target."""

    def __init__(
        self, targets: Sequence[TargetSettings], adapter: str, encoder: str, languages: Sequence[str] = ()
    ) -> None:
        """`languages`: those that documents are expected in. EncoderError where the adapter cannot be read."""
        self._open(targets, adapter, encoder, languages)

    def _open(self, targets: Sequence[TargetSettings], adapter: str, encoder: str, languages: Sequence[str]) -> None:
        self._annotator = Annotator(targets, StanceModel(adapter, encoder), languages)
        self._form = {"adapter": adapter, "encoder": encoder, "languages": list(languages)}

    def __call__(self, doc: Doc) -> Doc:
        """One document. In `nlp.pipe` documents are read together, which is several times faster."""
        self._fill([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], batch_size: int = 256) -> Iterator[Doc]:
        """Documents in order; those of a batch go through the network together, each distinct text once."""
        for batch in minibatch(stream, batch_size):  # type: ignore[no-untyped-call]
            docs = list(batch)
            self._fill(docs)
            yield from docs

    def _fill(self, docs: Sequence[Doc]) -> None:
        texts = {digest(doc.text): clean(doc.text) for doc in docs}
        readings = {reading.text_digest: reading for reading in self._annotator.read(texts)}
        for doc in docs:
            reading = readings[digest(doc.text)]
            results = {result.target: result for result in reading.results}
            doc._.language = reading.language
            doc.user_data[_KEPT] = {name: _plain(result) for name, result in results.items()}
            mentions = self._annotator.mentions(doc.text, reading.language) if results else []
            spans = (
                doc.char_span(m.start, m.end, label=m.target, alignment_mode="expand")
                for m in mentions
                if m.target in results
            )
            doc.spans[SPANS] = SpanGroup(doc, name=SPANS, spans=[span for span in spans if span is not None])

    def to_bytes(self, *, exclude: Sequence[str] = ()) -> bytes:
        """What the answers depend on: targets, languages, and the names of adapter and encoder."""
        targets = [target.model_dump(mode="json") for target in self._annotator.targets.values()]
        form = {"version": self._annotator.version, "targets": targets, **self._form}
        return json.dumps(form, ensure_ascii=False).encode()

    def from_bytes(self, data: bytes, *, exclude: Sequence[str] = ()) -> StanceComponent:
        """Takes over what `to_bytes` gave; tells where the weights here are not those that it was saved with."""
        form = json.loads(data)
        targets = [TargetSettings.model_validate(target) for target in form["targets"]]
        self._open(targets, form["adapter"], form["encoder"], form["languages"])
        if form["version"] != self._annotator.version:
            _log.warning(
                "saved with model %s, read by %s: answers may differ", form["version"], self._annotator.version
            )
        return self

    def to_disk(self, path: str | Path, *, exclude: Sequence[str] = ()) -> None:
        """Writes a folder that `from_disk` reads."""
        Path(path).mkdir(parents=True, exist_ok=True)
        (Path(path) / _SAVED).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, *, exclude: Sequence[str] = ()) -> StanceComponent:
        """Reads the folder that `to_disk` wrote."""
        return self.from_bytes((Path(path) / _SAVED).read_bytes())


class WordTokenizer:
    """Words, marks and white space by one regular expression: linear in the length of any text, in any language."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """The tokens of `text`; `doc.text` is `text`, but for lone surrogates, which no spaCy string may have."""
        text = _SURROGATE.sub("\u200b", text)
        words: list[str] = []
        spaces: list[bool] = []
        for match in _PIECE.finditer(text):
            piece = match[0]
            if piece[0] == " " and words and not spaces[-1] and not words[-1].isspace():
                spaces[-1] = True
                piece = piece[1:]
            if piece:
                words.append(piece)
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)

    def to_bytes(self, *, exclude: Sequence[str] = ()) -> bytes:
        """Nothing: it has no settings."""
        return b""

    def from_bytes(self, data: bytes, *, exclude: Sequence[str] = ()) -> WordTokenizer:
        """Itself."""
        return self

    def to_disk(self, path: str | Path, *, exclude: Sequence[str] = ()) -> None:
        """Writes nothing."""

    def from_disk(self, path: str | Path, *, exclude: Sequence[str] = ()) -> WordTokenizer:
        """Itself."""
        return self


@registry.tokenizers(_TOKENIZER)  # type: ignore[untyped-decorator]
def _word_tokenizer() -> Any:
    def make(nlp: Language) -> WordTokenizer:
        nlp.max_length = _LONGEST  # spaCy's limit is for parsers; nothing here grows faster than the text
        return WordTokenizer(nlp.vocab)

    return make


@Language.factory(
    NAME,
    assigns=["doc.spans", "doc._.language", "span._.stance", "span._.stance_probabilities", "span._.narratives"],
    default_config={"config": None, "adapter": None, "encoder": None},
)
def create(nlp: Language, name: str, config: str | None, adapter: str | None, encoder: str | None) -> StanceComponent:
    """The component. `config`: a folder with monitor.yaml and targets (None: the shipped one, or PIKIR_CONFIG).

    `adapter` and `encoder` go before those of monitor.yaml. ConfigError or EncoderError, with the remedy.
    """
    _register_extensions()
    settings = load_settings(Path(config) if config else None)
    monitor = settings.monitor
    return StanceComponent(settings.targets, adapter or monitor.adapter, encoder or monitor.encoder, monitor.languages)


def pipeline(config: str | Path | None = None) -> Language:
    """What `models.load` gives: words of any language, and this component."""
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": _TOKENIZER}}})
    nlp.add_pipe(NAME, config={"config": str(config) if config else None})
    return nlp


def _register_extensions() -> None:
    if not Doc.has_extension("language"):
        Doc.set_extension("language", default="")
    for name, missing in (("stance", None), ("stance_probabilities", {}), ("narratives", ())):
        if not Span.has_extension(name):
            Span.set_extension(name, getter=_getter(name, missing))


def _getter(name: str, missing: Any) -> Any:
    """Of the target that the span is labelled with: two targets may be named by the same words."""

    def get(span: Span) -> Any:
        value = span.doc.user_data.get(_KEPT, {}).get(span.label_, {}).get(name, missing)
        return tuple(value) if name == "narratives" else value

    return get


def _plain(result: TargetReading) -> dict[str, Any]:
    return {
        "stance": result.stance,
        "stance_probabilities": {
            "against": result.p_against,
            "neutral": result.p_neutral,
            "favor": result.p_favor,
        },
        "narratives": list(result.narratives),
    }
