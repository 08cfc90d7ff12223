"""Telegram: live through Telethon, and the exports of Telegram Desktop."""
