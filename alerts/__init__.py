"""Spikes that somebody should know of: rules find them, the outbox keeps them, channels deliver them."""
