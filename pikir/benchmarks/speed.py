"""`pikir benchmark speed`: how fast the stance model reads, beside other engines, in one run on the same texts.

Every engine has one thread and reads the same texts of our own corpus, 41 tokens on average, each beside a target.
Rounds are interleaved, and an engine's time is the least of its rounds, in CPU seconds of this process: other work on
the machine disturbs that less than it does the clock. Ratios hold between engines of one run, on this CPU, alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.screen import Screen
    from models.stance import Query, StanceModel
    from pikir.benchmarks.engines import Contender

MEAN_TOKENS = 41
COLUMNS = (
    *("engine", "batching", "posts_per_second", "times_torch", "times_torch_same_batches", "times_pipeline"),
    *("int8_peak_share", "agreement"),
)
_SCREENED = 20_000


def measure(texts: int, seconds: float, report: Callable[[str], None]) -> tuple[list[dict[str, Any]], str]:
    """One row an engine, and what was read. `seconds` bounds the rounds; each engine has at least one."""
    from models.stance import StanceModel
    from pikir.benchmarks.engines import contenders
    from pikir.benchmarks.peak import int8_peak, multiply_adds

    started = time.monotonic()
    model = StanceModel(threads=1)
    network = model.network()
    queries = _queries(model, texts)
    engines = contenders(model, network, queries, max(4, texts // 8))
    speeds, rounds = _race(engines, started + seconds, report)
    lengths = [len(row) for row in model.rows(queries)]
    shape: Any = network.encoder.config
    work = multiply_adds(lengths, shape.hidden_size, shape.intermediate_size, shape.num_hidden_layers) / texts
    peak = int8_peak(shape.hidden_size, shape.intermediate_size)
    rows = [_row(engine, speed, speeds) for engine, speed in zip(engines, speeds, strict=True)]
    for row in rows:
        if row["engine"].startswith("pikir ("):
            row["int8_peak_share"] = row["posts_per_second"] * work / peak
    rows.append({"engine": "screen, posts without a mention", "batching": "", "posts_per_second": screen_speed()})
    tokens = sum(len(ids) for ids in model.tokenizer.ids([query.text for query in queries])) / texts
    about = (
        f"{texts} texts of {tokens:.1f} tokens ({sum(lengths) / texts:.1f} with the target), best of {rounds} rounds; "
        f"int8 peak {peak / 1e9:.0f} billion multiply-adds a second"
    )
    return rows, about


def _race(engines: Sequence[Contender], until: float, report: Callable[[str], None]) -> tuple[list[float], int]:
    """Posts a second of each engine in its best round, and the number of rounds; none begins after `until`."""
    taken = [float("inf")] * len(engines)
    rounds = 0
    while rounds == 0 or time.monotonic() < until:
        for index, engine in enumerate(engines):
            begun = time.process_time()
            engine.run()
            taken[index] = min(taken[index], time.process_time() - begun)
        rounds += 1
        report(f"round {rounds} of {len(engines)} engines done")
    return [engine.texts / least for engine, least in zip(engines, taken, strict=True)], rounds


def _row(engine: Contender, speed: float, speeds: Sequence[float]) -> dict[str, Any]:
    """The first engine is torch fp32, the second the same with our batches, the last one the pipeline."""
    return {
        "engine": engine.engine,
        "batching": engine.batching,
        "posts_per_second": speed,
        "times_torch": speed / speeds[0],
        "times_torch_same_batches": speed / speeds[1],
        "times_pipeline": speed / speeds[-1],
        "agreement": engine.agrees,
    }


def screen_speed() -> float:
    """Posts a second that the screen looks through, of those that it does not let pass."""
    from configs.loading import load
    from models.screen import Screen

    screen = Screen(load().targets)
    bare = _without_mention(screen)
    posts = (bare * (_SCREENED // len(bare) + 1))[:_SCREENED]
    taken = []
    for _ in range(3):
        begun = time.process_time()
        screen.passes(posts)
        taken.append(time.process_time() - begun)
    return len(posts) / min(taken)


def _queries(model: StanceModel, count: int) -> list[Query]:
    """Texts of our corpus, taken so that their mean length stays at 41 tokens: one too long, one too short."""
    from models.calibration_rows import check_pairs
    from models.stance import Query

    pairs = check_pairs(1_000_000, model.max_words)
    lengths = [len(ids) for ids in model.tokenizer.ids([text for _, text in pairs])]
    chosen: list[Query] = []
    surplus = 0
    for (target, text), length in zip(pairs, lengths, strict=True):
        if len(chosen) < count and surplus * (length - MEAN_TOKENS) <= 0:
            surplus += length - MEAN_TOKENS
            chosen.append(Query(target, text))
    return chosen


def _without_mention(screen: Screen) -> list[str]:
    texts = list(_corpus_texts())
    return [text for text, passes in zip(texts, screen.passes(texts), strict=True) if not passes]


def _corpus_texts() -> Iterator[str]:
    from models.training.data import CORPUS_FOLDER, read_rows

    for path in sorted(CORPUS_FOLDER.glob("*.jsonl")):
        for row in read_rows(path):
            yield row["text"]
