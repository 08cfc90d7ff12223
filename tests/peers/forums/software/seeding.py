"""Invented threads in Russian and Kazakh, the same for every forum; each forum's own interpreter runs this."""

import datetime as dt

AUTHORS = ["Аскар", "Мария", "Дина", "Ержан", "Олег"]
TITLES = ["Релоканты в нашем дворе", "Пәтер бағасы туралы", "Школы и язык", "Жаңа көршілер"]
OPENINGS = [
    "Приезжие сняли весь подъезд, цены выросли вдвое.",
    "Көршілеріміз жақсы адамдар екен, көмектестік.",
    "Не понимаю, зачем ругаться: люди бежали от войны.",
    "Бағаның өсуіне кім кінәлі, соны айтыңыздаршы.",
    "Учат казахский, работают, налоги платят — и хорошо.",
]
BEGINNING = dt.datetime(2026, 9, 1, 6, 0, tzinfo=dt.UTC)


def posts(thread, count, first=0):
    """Posts number `first` to `first + count` of a thread: (number, author, text, time)."""
    for number in range(first, first + count):
        opening = OPENINGS[(thread + number) % len(OPENINGS)]
        text = f"{opening} Сообщение {thread}-{number}."
        yield (
            number,
            (thread * 2 + number) % len(AUTHORS),
            text,
            BEGINNING + dt.timedelta(hours=thread, minutes=7 * number),
        )
