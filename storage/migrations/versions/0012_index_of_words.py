"""The index of words: by month on PostgreSQL, without beginnings of words on SQLite.

PostgreSQL: a search within a period reads the months of that period alone, and one that has enough after the newest
month reads no older one; whole batches enter at once. Months from 2000 to 2099 get a partition with their first post,
the rest share one. SQLite: beginnings of words are found in the list of words itself, and the index is half as large.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

# As 0007, whose triggers fill both indexes.
_PAIRS = tuple(zip("ёқғңәөүұһі", "екгнаоуухи", strict=True))
_MONTH = "date_trunc('month', to_timestamp(at / 1000000) AT TIME ZONE 'UTC')"
_EACH_MONTH = (
    "post_words_month(min(at)) FROM (SELECT posted_at AS at FROM {} WHERE text <> '') AS times GROUP BY " + _MONTH  # noqa: S608
)
_BOUND = "(extract(epoch FROM {})::bigint * 1000000)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _by_month()
    else:
        _without_beginnings()


def _without_beginnings() -> None:
    op.execute("DROP TABLE post_words")
    op.execute(
        "CREATE VIRTUAL TABLE post_words USING fts5(words, content='', tokenize='unicode61 remove_diacritics 0')"
    )
    folded = "text"
    for letter, plain in _PAIRS:
        folded = f"replace(replace({folded}, '{letter}', '{plain}'), '{letter.upper()}', '{plain}')"
    op.execute(f"INSERT INTO post_words (rowid, words) SELECT revision, {folded} FROM posts WHERE text <> ''")  # noqa: S608


def _by_month() -> None:
    for trigger in ("post_words_new", "post_words_changed"):
        op.execute(f"DROP TRIGGER {trigger} ON posts")
    op.execute("DROP FUNCTION post_words_follow()")
    op.execute("DROP TABLE post_words")
    _table()
    _functions()
    op.execute(f"SELECT {_EACH_MONTH.format('posts')}")
    op.execute("INSERT INTO post_words SELECT revision, posted_at, post_words_of(text) FROM posts WHERE text <> ''")
    op.execute("CREATE INDEX post_words_index ON post_words USING gin (words)")
    _triggers()


def _table() -> None:
    op.execute(
        "CREATE TABLE post_words (revision BIGINT, posted_at BIGINT, words TSVECTOR NOT NULL, "
        "PRIMARY KEY (posted_at, revision)) PARTITION BY RANGE (posted_at)"
    )
    op.execute("CREATE TABLE post_words_other PARTITION OF post_words DEFAULT")


def _functions() -> None:
    lowest, highest = _BOUND.format("starts"), _BOUND.format("starts + interval '1 month'")
    op.execute(
        f"""
        CREATE FUNCTION post_words_month(at BIGINT) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
          starts timestamp := {_MONTH};
          name text := 'post_words_' || to_char(starts, 'YYYY_MM');
        BEGIN
          IF starts >= '2000-01-01' AND starts < '2100-01-01' AND to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF post_words FOR VALUES FROM (%s) TO (%s)',
                           name, {lowest}, {highest});
          END IF;
        END $$
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION post_words_add() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM {_EACH_MONTH.format("added")};
          INSERT INTO post_words SELECT revision, posted_at, post_words_of(text) FROM added WHERE text <> ''
          ON CONFLICT (posted_at, revision) DO UPDATE SET words = excluded.words;
          RETURN NULL;
        END $$
        """  # noqa: S608
    )
    op.execute(
        """
        CREATE FUNCTION post_words_remove() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM post_words USING removed
          WHERE post_words.posted_at = removed.posted_at AND post_words.revision = removed.revision;
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION post_words_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM post_words WHERE posted_at = OLD.posted_at AND revision = OLD.revision;
          IF NEW.text <> '' THEN
            PERFORM post_words_month(NEW.posted_at);
            INSERT INTO post_words VALUES (NEW.revision, NEW.posted_at, post_words_of(NEW.text))
            ON CONFLICT (posted_at, revision) DO UPDATE SET words = excluded.words;
          END IF;
          RETURN NULL;
        END $$
        """
    )


def _triggers() -> None:
    op.execute(
        "CREATE TRIGGER post_words_added AFTER INSERT ON posts REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION post_words_add()"
    )
    op.execute(
        "CREATE TRIGGER post_words_removed AFTER DELETE ON posts REFERENCING OLD TABLE AS removed "
        "FOR EACH STATEMENT EXECUTE FUNCTION post_words_remove()"
    )
    op.execute(
        "CREATE TRIGGER post_words_changed AFTER UPDATE ON posts FOR EACH ROW WHEN (OLD.text <> NEW.text "
        "OR OLD.revision <> NEW.revision OR OLD.posted_at <> NEW.posted_at) EXECUTE FUNCTION post_words_change()"
    )
