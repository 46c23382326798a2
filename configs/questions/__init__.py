"""Configs of the open questions, our own study."""
