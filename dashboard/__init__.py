"""The web page and its JSON/CSV API. Reads storage; writes labels, and what people say of alerts."""
