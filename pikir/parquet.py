"""The results as Parquet files with a data dictionary."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from sqlalchemy.engine import Connection

from storage.coverage import coverage_frame
from storage.current import latest_model
from storage.polls import comparison_frame, poll_change_frame, polls
from storage.shares import share_frame

_EVERYWHERE = {
    "target": "what the opinion is about: the name of a file in configs/targets",
    "stance": "against, neutral, favor; yes for a narrative; of a poll about one: its answer",
    "model": "the model, its weights and the targets' files that the rows were made with",
    "n_authors": "distinct authors who mention the target in the period",
    "n_eff": "how many independent authors would give an interval as narrow",
    "method": "how the share was told: ppi++, emq, pcc or cc; suppressed, insufficient or drift where it was not",
    "narrative": "the reason that the poll asked about; empty where it asked about the stance",
    "reason": "what the verdict rests on, or why there is none",
    "verdict": "above, below, consistent: the monitor beside the poll; insufficient: cannot be said",
    "difference": "monitor minus poll; 0.01 is a percentage point",
    "low": "lower end of the interval of the difference",
    "high": "upper end of the interval of the difference",
    "p_above": "probability that the monitor is above the poll",
    "source": "the source, as configs/sources.yaml names it",
}
_OWN = {
    "trends": {
        "by": "the width of a period: day, week or month",
        "period": "a day (2022-10-03), ISO week (2022-W40) or month (2022-10) in the monitor's time zone",
        "starts": "the first day of the period",
        "group": "what the people are split by: all, source, language, region or narrative",
        "value": "which source, language, region or narrative; empty for all",
        "voices": "people (an author counts once), outlets (channels), or all",
        "among": "the base of the share: opinionated, those who take a stance, or all who mention the target",
        "share": "share in [0, 1]; null where too few write to tell",
        "low": "lower end of the interval of the share (95% unless monitor.yaml says otherwise)",
        "high": "upper end of the interval of the share",
        "n_posts": "posts that mention the target in the period",
        "n_labels": "people's labels that the share was corrected by",
        "deff": "design effect: how many times the variance is that of as many independent authors",
        "top_author_share": "part of the posts by the busiest 1% of the authors",
        "near_duplicate_share": "part of the posts that repeat an earlier text of the period",
        "complete": "false where days of the period are still to come",
    },
    "comparisons": {
        "poll": "the poll's id in configs/polls.yaml",
        "pollster": "who asked",
        "question": "what was asked",
        "starts": "first day of the poll's field work",
        "ends": "last day of the poll's field work",
        "monitor_share": "the monitor's share in the field dates; null where there is none",
        "poll_share": "the published share",
        "p_equivalent": "probability that the two differ by less than five points",
        "house": "the monitor's usual offset to polls of this question; null without an earlier one",
        "house_low": "lower end of the interval of the offset",
        "house_high": "upper end of the interval of the offset",
        "house_polls": "earlier polls that the offset was learnt from",
        "adjusted_share": "the monitor's share without the offset",
        "adjusted_difference": "the difference without the offset",
        "adjusted_low": "lower end of the interval of the adjusted difference",
        "adjusted_high": "upper end of the interval of the adjusted difference",
    },
    "poll_changes": {
        "poll": "the later poll's id in configs/polls.yaml",
        "earlier": "the id of the poll of the same question before it",
        "poll_change": "what the poll moved from the earlier to the later; 0.01 is a percentage point",
        "monitor_change": "what the monitor moved between the same dates",
        "difference": "change of the monitor minus change of the poll",
        "p_above": "probability that the monitor moved up more than the poll",
        "verdict": "above, below, consistent: the monitor's change beside the poll's; insufficient: cannot be said",
    },
    "coverage": {
        "day": "day in the monitor's time zone",
        "posts": "posts that were collected of that day",
        "gaps": "message ids of that day that are missing",
        "status": "ok, or empty where nothing was collected",
    },
}  # fmt: skip


def export_results(c: Connection, folder: Path) -> dict[str, int]:
    """Writes trends, comparisons, poll_changes and coverage (.parquet) and dictionary.csv; the rows of each.

    They are the results of the model that was estimated last. KeyError for a column without a meaning.
    """
    model = latest_model(c) or ""
    of_model = pl.col("model") == model
    asked = {"poll": pl.String, "pollster": pl.String, "question": pl.String}
    published = pl.DataFrame([(p.poll, p.pollster, p.question) for p in polls(c)], schema=asked, orient="row")
    frames = {
        "trends": share_frame(c, voices=None, among=None, model=model),
        "comparisons": comparison_frame(c).filter(of_model).join(published, on="poll", how="left"),
        "poll_changes": poll_change_frame(c).filter(of_model),
        "coverage": coverage_frame(c),
    }
    folder.mkdir(parents=True, exist_ok=True)
    dictionary = []
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
        meaning = _EVERYWHERE | _OWN[name]
        dictionary += [(name, column, str(kind), meaning[column]) for column, kind in frame.schema.items()]
    columns = ["table", "column", "type", "meaning"]
    pl.DataFrame(dictionary, schema=columns, orient="row").write_csv(folder / "dictionary.csv")
    return {name: frame.height for name, frame in frames.items()}
