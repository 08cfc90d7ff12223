"""What the tests of the page share."""

PASSWORD = "correct horse battery"
