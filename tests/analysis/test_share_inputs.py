"""What nobody should have to hand in: every input gives a clear error or a right answer; nothing is lost silently."""

import numpy as np
import polars as pl
import pytest
from share_frames import SURE, crowd, posts, share

from analysis.shares import estimate
from analysis.simulation import draw_labels


def test_bad_rows_are_set_aside_with_their_reasons() -> None:
    good = crowd(60)
    bad = posts(
        ("x", (0.5, 0.1, 0.1)), ("x", (1.5, -0.5, 0.0)), ("x", (float("nan"), 0.5, 0.5)), ("x", SURE["favor"])
    ).with_columns(post_id=pl.Series(["b1", "b2", "b3", "post-0"]))
    told = estimate(pl.concat([good.select(bad.columns), bad]))
    assert told.set_aside == {
        "a probability is missing or not a number": 1,
        "a probability lies outside [0, 1]": 1,
        "post_id was given before": 1,
        "probabilities do not sum to 1": 1,
    }
    assert share(told) == share(estimate(good))


def test_probabilities_as_text_are_read_and_rounding_is_forgiven() -> None:
    frame = posts(("a", (0.3334, 0.3333, 0.3334)), ("b", SURE["favor"])).cast(pl.String)
    assert estimate(frame).n_posts == 2


def test_nothing_usable_and_wrong_questions_are_errors() -> None:
    with pytest.raises(ValueError, match=r"posts lack the column p_favor"):
        estimate(crowd(5).drop("p_favor"))
    with pytest.raises(ValueError, match=r"none of the 1 posts is usable: 1: probabilities do not sum"):
        estimate(posts(("a", (0.5, 0.0, 0.0))))
    with pytest.raises(ValueError, match=r"method='best': allowed are auto, ppi"):
        estimate(crowd(5), method="best")
    with pytest.raises(ValueError, match=r"among='some'"):
        estimate(crowd(5), among="some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"confidence=95"):
        estimate(crowd(5), confidence=95)
    with pytest.raises(ValueError, match=r"needs labels"):
        estimate(crowd(5), method="ppi++")


def test_bad_labels_are_set_aside_and_few_labels_do_not_count() -> None:
    frame = crowd(100)
    labels = pl.DataFrame(
        {
            "post_id": ["post-0", "post-1", "nowhere", "post-2"],
            "label": ["Against ", "maybe", "favor", "favor"],
            "inclusion_probability": [0.1, 0.1, 0.1, 0.0],
        }
    )
    told = estimate(frame, labels)
    assert told.method == "pcc"
    assert "too few for ppi++" in told.reason
    assert set(told.set_aside) == {
        "label is none of against, neutral, favor",
        "label of a post that is not among the posts",
        "inclusion_probability lies outside (0, 1]",
    }
    with pytest.raises(ValueError, match="too few"):
        estimate(frame, labels, method="ppi++")


def test_labels_of_one_post_that_disagree_are_no_label_in_whatever_order() -> None:
    frame = crowd(200)
    labels = draw_labels(frame, 80, np.random.default_rng(1))
    turned = labels[:10].with_columns(
        label=pl.when(pl.col("label") == "favor").then(pl.lit("against")).otherwise(pl.lit("favor"))
    )
    told = estimate(frame, pl.concat([labels, turned, labels[70:]]))
    assert told.n_labels == 70
    assert told.set_aside == {"post has labels that disagree: settle them first": 20, "post was labelled before": 10}
    again = estimate(frame, pl.concat([turned, labels[70:], labels]))
    assert again == told


@pytest.mark.parametrize("label", ["against", "favor"])
def test_labels_that_all_agree_count_as_so_many_answers(label: str) -> None:
    frame = crowd(300)
    labels = draw_labels(frame, 40, np.random.default_rng(1)).with_columns(label=pl.lit(label))
    told = estimate(frame, labels)
    assert told.shares["against"].share == float(label == "against")
    assert told.n_eff == pytest.approx(40), "and not as the 300 authors that nobody asked"


def test_a_stance_that_nobody_takes_is_a_share_of_none_by_emq_too() -> None:
    told = estimate(posts(*((f"a{k}", SURE["favor"]) for k in range(300))), method="emq", among="all")
    inside = told.shares["against"]
    assert (inside.share, inside.low) == (0.0, 0.0)
    assert told.n_eff == 300


@pytest.mark.parametrize("column", ["post_id", "author", "p_against", "weight"])
def test_a_column_of_another_type_is_named(column: str) -> None:
    with pytest.raises(ValueError, match=f"posts: the column {column} holds List"):
        estimate(crowd(20).with_columns(pl.lit(["x"]).alias(column)))


@pytest.mark.parametrize("column", ["label", "inclusion_probability", "author_posts"])
def test_a_column_of_labels_of_another_type_is_named(column: str) -> None:
    frame = crowd(20)
    labels = draw_labels(frame, 10, np.random.default_rng(0)).with_columns(pl.lit(["x"]).alias(column))
    with pytest.raises(ValueError, match=f"labels: the column {column} holds List"):
        estimate(frame, labels)


def test_other_tables_and_options_of_another_type_are_named() -> None:
    frame = crowd(20)
    with pytest.raises(TypeError, match="posts: a Polars DataFrame is needed, found LazyFrame"):
        estimate(frame.lazy())  # type: ignore[arg-type]
    for option in ({"seed": -1}, {"seed": 1.5}, {"draws": 100.5}, {"confidence": "0.9"}, {"confidence": 1}):
        (name,) = option
        with pytest.raises(ValueError, match=f"{name}="):
            estimate(frame, **option)  # type: ignore[arg-type]


def test_numbers_out_of_all_proportion_are_set_aside() -> None:
    frame = crowd(100)
    labels = draw_labels(frame, 60, np.random.default_rng(0))
    first = pl.int_range(pl.len()) == 0
    tiny = labels.with_columns(inclusion_probability=pl.when(first).then(5e-324).otherwise("inclusion_probability"))
    assert estimate(frame, tiny).set_aside == {"inclusion_probability is below 1e-12": 1}
    endless = estimate(frame, labels.with_columns(author_posts=pl.when(first).then(float("inf")).otherwise(1.0)))
    assert 0 < share(endless) < 1
    heavy = frame.with_columns(weight=pl.when(pl.col("author") == frame["author"][0]).then(1e308).otherwise(1.0))
    assert estimate(heavy).n_authors == estimate(frame).n_authors - 1
    blank = frame.with_columns(post_id=pl.when(first).then(pl.lit(" ")).otherwise("post_id"))
    assert estimate(blank).set_aside == {"post_id is empty": 1}
