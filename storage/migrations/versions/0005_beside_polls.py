"""What a comparison with a poll says beyond the difference: equivalence, house effect, change."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"

_NUMBERS = (
    "p_equivalent", "house", "house_low", "house_high", "adjusted", "adjusted_low", "adjusted_high",
    "change", "change_low", "change_high",
)  # fmt: skip


def upgrade() -> None:
    for name in _NUMBERS:
        op.add_column("comparisons", sa.Column(name, sa.Double(), nullable=True))
    op.add_column("comparisons", sa.Column("n_earlier", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("comparisons", sa.Column("changed_since", sa.Text(), nullable=False, server_default=""))
    op.add_column("comparisons", sa.Column("note", sa.Text(), nullable=False, server_default=""))
