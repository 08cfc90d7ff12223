"""Counters that tell a reader whether anything changed, and indexes for what the page and the forums ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    counters = sa.table("counters", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": name, "value": 0} for name in ("results", "alerts", "coverage")])
    # A forum asks for the posts of a thread at every visit; posts of channels have none.
    op.create_index("ix_posts_thread", "posts", ["source", "thread", "posted_at"],
                    sqlite_where=sa.text("thread <> ''"), postgresql_where=sa.text("thread <> ''"))  # fmt: skip
    # How many posts of each source are gone: few rows among very many.
    op.create_index("ix_posts_deleted", "posts", ["source"], sqlite_where=sa.text("deleted_at IS NOT NULL"),
                    postgresql_where=sa.text("deleted_at IS NOT NULL"))  # fmt: skip
    # One series in the order of time: its last periods, or those from a day on, without reading the others.
    op.drop_index("ix_shares_series", "shares")
    op.create_index("ix_shares_series", "shares", ["target", "by", "model", "group", "voices", "among", "starts"])
    # The newest alerts of a state, without reading past the explanations of all others.
    op.create_index("ix_alerts_state", "alerts", ["state", "kind", "id"])
