"""Comparisons with narratives, equivalence and the house effect; changes between polls."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBERS = (
    *("p_equivalent", "house", "house_low", "house_high"),
    *("adjusted_share", "adjusted_difference", "adjusted_low", "adjusted_high"),
)


def upgrade() -> None:
    op.add_column("comparisons", sa.Column("narrative", sa.Text(), nullable=False, server_default=""))
    op.add_column("comparisons", sa.Column("house_polls", sa.BigInteger(), nullable=False, server_default="0"))
    for name in _NUMBERS:
        op.add_column("comparisons", sa.Column(name, sa.Double(), nullable=True))
    op.create_table(
        "poll_changes",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("poll", "earlier", "target", "stance", "model")),
        sa.Column("poll_change", sa.Double(), nullable=False),
        *(
            sa.Column(name, sa.Double(), nullable=True)
            for name in ("monitor_change", "difference", "low", "high", "p_above")
        ),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("poll", "earlier", "target", "stance", "model", name="pk_poll_changes"),
    )
