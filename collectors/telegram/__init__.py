"""Telegram: exports of Telegram Desktop."""
