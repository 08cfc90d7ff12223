"""The figures behind the gates, each from what stands in the repository; those of data sets need their folder."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from analysis.simulation import Population, coverage
from configs.loading import load
from configs.recipes import load_recipe
from evals.alerts import alerts as alerts
from evals.collecting import collecting as collecting
from evals.page import page as page
from evals.polls import polls as polls
from evals.shares import shares as shares
from evals.spikes import spikes as spikes
from models.adapter import FOLDER
from models.calibration import expected_calibration_error
from models.language import MIXED, identify
from models.language.evaluation import evaluate
from models.language.sources import corpus_texts
from models.language.sources import held_out as held_out_text
from models.mentions import MentionFinder
from models.stance import Query, StanceModel
from models.text import near_digest
from models.training import make_narratives
from models.training.data import Example, calibrates, held_out, load_split, read_corpus, read_rows
from models.training.evaluate import Labels, macro_f1, tfidf_baseline
from models.training.make import MOST_ROWS, measure
from models.training.narrative_data import load_narratives
from models.wording import target_words
from storage.records import STANCES

RECIPE = Path(__file__).parent.parent / "configs" / "training" / "stance-small.yaml"
MIXED_POSTS = Path(__file__).with_name("mixed_posts.tsv")
SAMPLE_TEXTS = Path(__file__).parent.parent / "pikir" / "sample" / "texts.jsonl"


def stance() -> dict[str, float]:
    """Macro-F1 and calibration on our corpus where neither training nor calibration saw it, by language and target."""
    recipe = load_recipe(RECIPE)
    targets = {target.id: target for target in load().targets}
    rows = [
        row
        for row in read_corpus(targets, recipe.max_words)
        if held_out(row.id, recipe.corpus_holdout) and not calibrates(row.id)
    ]
    model = StanceModel(recipe.name, recipe.encoder)
    figures = _figures(model, rows)
    for language in ("ru", "kk", "mix"):
        figures[f"f1_{language}"] = _f1(model, [row for row in rows if row.language == language])
    for target in targets:
        figures[f"f1_{target}"] = _f1(model, [row for row in rows if row.target_id == target])
    return figures


def sample() -> dict[str, float]:
    """Macro-F1 on the people's texts of the bundled sample, by target: another hand's texts, never trained on."""
    recipe = load_recipe(RECIPE)
    model = StanceModel(recipe.name, recipe.encoder)
    rows = [row for row in read_rows(SAMPLE_TEXTS) if row["kind"] != "news"]
    figures = {}
    for target in load().targets:
        chosen = [row for row in rows if target.id in row["labels"]]
        tongues = ["mixed" if row["lang"] == "mix" else row["lang"] for row in chosen]
        queries = [
            Query(target_words(target, tongue), row["text"], target.id, tongue)
            for row, tongue in zip(chosen, tongues, strict=True)
        ]
        labels = np.array([STANCES.index(row["labels"][target.id]) for row in chosen], dtype=np.int64)
        figures[f"f1_{target.id}"] = macro_f1(labels, model.predict(queries).argmax(axis=1), range(len(STANCES)))
    return figures


def narratives() -> dict[str, float]:
    """Micro- and macro-F1 of narratives as the monitor names them, by target.

    `own_…`: posts of the corpus that nothing was trained on; `second_…`: posts by another hand, none of whose
    narratives were trained on. Baselines: `pikir train-narratives --baselines`, minutes.
    """
    recipe = load_recipe(RECIPE)
    targets = load().targets
    folder = FOLDER / recipe.name
    split = load_narratives({one.id: one for one in targets}, recipe.max_words, recipe.corpus_holdout)
    found = make_narratives.measure(folder, recipe, targets, split)
    return {f"{_short(one.name)}_{kind}": getattr(one, kind) for one in found for kind in ("micro", "macro")}


def mentions() -> dict[str, float]:
    """By target: share of the posts of our corpus labelled with it that the lexicon finds, and of its finds labelled.

    Many posts only imply their target ("they came"); no lexicon finds those.
    """
    targets = load().targets
    folder = Path(__file__).parent.parent / "models" / "corpus"
    rows = [row for path in sorted(folder.glob("*.jsonl")) for row in read_rows(path)]
    texts = [row["text"] for row in rows]
    found = [{span.target for span in spans} for spans in MentionFinder(targets).find(texts, identify(texts))]
    figures = {}
    for target in targets:
        labelled = np.array([target.id in row["labels"] for row in rows])
        here = np.array([target.id in names for names in found])
        figures[f"recall_{target.id}"] = float(here[labelled].mean())
        figures[f"precision_{target.id}"] = float(labelled[here].mean())
    return figures


def language() -> dict[str, float]:
    """Share of posts of our corpus whose language is found, on the half on which no threshold was chosen.

    Posts labelled mixed were read again: `mixed` holds those with a phrase in each language, `loanwords` those
    of Kazakh with borrowed words and names alone, which are Kazakh; posts with one foreign word count in neither.
    """
    posts = {name: list(filter(held_out_text, corpus_texts(name))) for name in ("ru", "kk", "mix")}
    read = dict(line.split("\t") for line in MIXED_POSTS.read_text(encoding="utf-8").splitlines())
    figures = {name: _share_found(posts[name], name) for name in ("ru", "kk")}
    for name, label, answer in (("mixed", "mixed", MIXED), ("loanwords", "kk", "kk")):
        figures[name] = _share_found([text for text in posts["mix"] if read.get(near_digest(text)) == label], answer)
    return figures


def intervals() -> dict[str, float]:
    """How often 95% intervals hold the truth on simulated chatter with clustered authors."""
    population = Population(n_authors=400)
    plain = coverage(population, method="pcc", repetitions=200, seed=1)
    drifted = coverage(Population(n_authors=400, wording=0.8), method="ppi++", repetitions=200, seed=2)
    return {
        "pcc_coverage": plain["coverage"],
        "ppi_coverage_under_drift": drifted["coverage"],
        "pcc_mae": plain["mae"],
        "ppi_mae_under_drift": drifted["mae"],
    }


def speed() -> dict[str, float]:
    """How many times faster the compiled network answers than torch: same rows, one thread, CPU seconds."""
    import torch

    rng = np.random.default_rng(0)
    words = ["мы", "все", "видим", "как", "растут", "цены", "а", "россия", "молчит"]
    words += ["релоканттар", "келді", "жұмыс", "іздеп", "жүр"]
    queries = [Query("мигранты", " ".join(rng.choice(words, size=30))) for _ in range(96)]
    engines = {name: StanceModel(engine=name, threads=1) for name in ("compiled", "torch")}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for engine in engines.values():
            engine.logits(queries[:32])
        taken = {name: min(_timed(engine, queries) for _ in range(3)) for name, engine in engines.items()}
    finally:
        torch.set_num_threads(threads)
    return {"compiled_over_torch": taken["torch"] / taken["compiled"]}


def data_sets(data: Path) -> dict[str, float]:
    """Macro-F1 on the development part of every set of the recipe, and by how much it beats TF-IDF on the same rows.

    `data` is the folder that holds the sets.
    """
    recipe = load_recipe(RECIPE)
    split = load_split(recipe, data, {target.id: target for target in load().targets})
    folder = Path(__file__).parent.parent / "models" / "adapters" / recipe.name
    figures = {figure.name: figure.f1 for figure in measure(folder, recipe, split)}
    for form in recipe.sets:
        classes = [STANCES.index(name) for name in STANCES if name in form.classes]
        baseline = tfidf_baseline(split.train[form.name], split.dev[form.name][:MOST_ROWS], classes)
        figures[f"{form.name}_over_tfidf"] = figures[form.name] - baseline
    return figures


def language_sets(data: Path) -> dict[str, float]:
    """Share of texts of the held-out treebank sentences and of other sets whose language is found, all counted.

    `data` is the folder that holds the sets; `models.language.evaluation` says which they are.
    """
    measured = evaluate(data)
    figures = {figure.set.replace(" ", "_"): figure.right for figure in measured}
    reviews = next(figure for figure in measured if figure.set == "KazSAnDRA")
    return {**figures, "texts_per_cpu_second": reviews.texts_per_cpu_second}


def _share_found(texts: list[str], answer: str) -> float:
    return float(np.mean([found == answer for found in identify(texts)]))


def _figures(model: StanceModel, rows: list[Example]) -> dict[str, float]:
    p = model.predict([_query(row) for row in rows])
    labels: Labels = np.array([row.label for row in rows], dtype=np.int64)
    return {
        "f1": macro_f1(labels, p.argmax(axis=1), range(len(STANCES))),
        "calibration_error": expected_calibration_error(p, labels),
    }


def _f1(model: StanceModel, rows: list[Example]) -> float:
    return _figures(model, rows)["f1"]


def _query(row: Example) -> Query:
    return Query(row.target, row.text, row.target_id, "mixed" if row.language == "mix" else row.language)


def _short(name: str) -> str:
    return name.replace("second hand", "second").replace("dev", "own").replace(", ", "_").replace("-", "").lower()


def _timed(model: StanceModel, queries: list[Query]) -> float:
    started = time.process_time()
    model.logits(queries)
    return time.process_time() - started
