"""How fast posts of the loopback server reach the database: `python tests/peers/telegram/telegram_load.py [MESSAGES]`.

The server runs in a process of its own, as Telegram's does; the collector asks without a pace of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parent)]


def serve(messages: int, pipe: Connection) -> None:
    """A channel of so many messages, until the pipe says stop."""
    from telegram_wire import Server
    from telegram_world import Chat, World

    chat = Chat(1234, "qala_news", "Qala News")
    for number in range(1, messages + 1):
        chat.post(number, f"Пост {number}: бүгін қалада жаңалық көп, подробности в канале, номер {number % 977}")
    with Server(World(chat)) as server:
        pipe.send(server.session)
        pipe.recv()


def measure(messages: int, folder: Path) -> tuple[int, float, float]:
    """Stored posts, seconds from the first request to the last commit, and seconds of one processor in that time."""
    import shutil

    import yaml

    from flows.collect import collect_chat
    from flows.telegram import Telegram
    from flows.workspace import open_workspace

    configs = folder / "configs"
    ignored = shutil.ignore_patterns("*.py", "__pycache__")
    shutil.copytree(Path(__file__).parents[3] / "configs", configs, ignore=ignored)
    (configs / "sources.yaml").write_text("- {name: news, kind: channel, telegram: qala_news}\n", encoding="utf-8")
    monitor = yaml.safe_load((configs / "monitor.yaml").read_text(encoding="utf-8"))
    monitor["telegram"] = {"pace": {"history": 0, "resolve": 0, "other": 0}}
    (configs / "monitor.yaml").write_text(yaml.safe_dump(monitor), encoding="utf-8")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(messages, theirs))
    process.start()
    os.environ |= {"TELEGRAM_API_ID": "1", "TELEGRAM_API_HASH": "a" * 32, "TELEGRAM_SESSION": ours.recv()}
    os.environ.setdefault("PIKIR_PSEUDONYM_KEY", "a-key-for-measuring-only-0123456789")
    url = f"sqlite:///{folder}/p.db"
    with open_workspace(str(configs), url) as workspace, Telegram(workspace.settings) as telegram:
        telegram.connection()
        started, worked = time.perf_counter(), time.process_time()
        result = collect_chat(workspace, telegram, workspace.settings.sources[0], print)
        seconds, processor = time.perf_counter() - started, time.process_time() - worked
    ours.send("stop")
    process.join()
    return result.new, seconds, processor


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        stored, seconds, processor = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, Path(folder))
    print(f"{stored:,} posts stored in {seconds:.1f} s: {stored / seconds:,.0f} posts/s")
    print(f"the collector worked for {processor:.1f} s of these: {stored / processor:,.0f} posts a second of processor")
