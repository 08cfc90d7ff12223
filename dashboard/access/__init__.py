"""Who may see and do what: users, sessions, tokens, CSRF, throttling, and the headers that keep a browser in bounds."""
