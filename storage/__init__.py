"""The database: its records, tables, migrations, and one module of reading and writing for each record."""
