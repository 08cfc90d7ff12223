"""Who may read the page, and the words of every post for full-text search (FTS5 on SQLite, tsvector on PostgreSQL)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Letters that are searched as one: case, е and ё, and Kazakh letters as they are typed on a Russian keyboard.
PAIRS = (
    ("ё", "е"),
    ("қ", "к"),
    ("ғ", "г"),
    ("ң", "н"),
    ("ә", "а"),
    ("ө", "о"),
    ("ү", "у"),
    ("ұ", "у"),
    ("һ", "х"),
    ("і", "и"),
)
ALPHABET = "абвгдежзийклмнопрстуфхцчшщъыьэюяєїґўabcdefghijklmnopqrstuvwxyz"


def upgrade() -> None:
    _people()
    op.create_index("ix_shares_series", "shares", ["target", "by", "model", "group", "voices", "among"])
    if op.get_bind().dialect.name == "postgresql":
        _tsvector()
    else:
        _fts5()


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
        comment="who may read the page; password is an argon2 hash",
    )
    for name, what in (("sessions", "sign-ins in a browser"), ("tokens", "keys of programs")):
        op.create_table(
            name,
            sa.Column("digest", sa.Text(), nullable=False),
            sa.Column("user", sa.Text(), nullable=False),
            sa.Column("label", sa.Text(), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("expires_at", sa.BigInteger(), nullable=True),
            sa.PrimaryKeyConstraint("digest", name=f"pk_{name}"),
            sa.ForeignKeyConstraint(["user"], ["users.name"], name=f"fk_{name}_users", ondelete="CASCADE"),
            comment=f"{what}, by the SHA-256 of their secret",
        )


def _fts5() -> None:
    folded = {side: _replaced(f"{side}.text") for side in ("old", "new")}
    # Without content of its own: the words are stored once, the text stays in `posts`. A post's number is its revision.
    op.execute(
        "CREATE VIRTUAL TABLE post_words USING fts5(words, content='', prefix='3 5', "
        "tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute(
        f"INSERT INTO post_words (rowid, words) SELECT revision, {_replaced('text')} FROM posts WHERE text <> ''"  # noqa: S608
    )
    add = f"INSERT INTO post_words (rowid, words) SELECT new.revision, {folded['new']} WHERE new.text <> '';"
    remove = (
        f"INSERT INTO post_words (post_words, rowid, words) SELECT 'delete', old.revision, {folded['old']} "
        "WHERE old.text <> '';"
    )
    op.execute(f"CREATE TRIGGER post_words_added AFTER INSERT ON posts BEGIN {add} END")
    op.execute(f"CREATE TRIGGER post_words_removed AFTER DELETE ON posts BEGIN {remove} END")
    op.execute(
        "CREATE TRIGGER post_words_changed AFTER UPDATE OF text, revision ON posts "
        f"WHEN old.text <> new.text OR old.revision <> new.revision BEGIN {remove} {add} END"
    )


def _replaced(column: str) -> str:
    for letter, plain in PAIRS:
        column = f"replace(replace({column}, '{letter}', '{plain}'), '{letter.upper()}', '{plain}')"
    return column


def _tsvector() -> None:
    letters = "".join(letter for letter, _ in PAIRS)
    plain = "".join(to for _, to in PAIRS)
    given = letters + letters.upper() + ALPHABET.upper()
    folded = plain + plain + ALPHABET
    op.execute("CREATE TABLE post_words (revision BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
    # A text longer than a megabyte of words would not fit a tsvector: its first 100,000 characters are searched.
    op.execute(
        "CREATE FUNCTION post_words_of(text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS "
        f"$$ SELECT to_tsvector('simple', translate(left($1, 100000), '{given}', '{folded}')) $$"
    )
    op.execute(
        """
        CREATE FUNCTION post_words_follow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP <> 'INSERT' THEN
            DELETE FROM post_words WHERE revision = OLD.revision;
          END IF;
          IF TG_OP <> 'DELETE' AND NEW.text <> '' THEN
            INSERT INTO post_words VALUES (NEW.revision, post_words_of(NEW.text))
            ON CONFLICT (revision) DO UPDATE SET words = excluded.words;
          END IF;
          RETURN NULL;
        END $$
        """
    )
    op.execute("INSERT INTO post_words SELECT revision, post_words_of(text) FROM posts WHERE text <> ''")
    op.execute("CREATE INDEX post_words_index ON post_words USING gin (words)")
    follow = "FOR EACH ROW EXECUTE FUNCTION post_words_follow()"
    op.execute(f"CREATE TRIGGER post_words_new AFTER INSERT OR DELETE ON posts {follow}")
    op.execute(
        "CREATE TRIGGER post_words_changed AFTER UPDATE ON posts FOR EACH ROW "
        "WHEN (OLD.text <> NEW.text OR OLD.revision <> NEW.revision) EXECUTE FUNCTION post_words_follow()"
    )
