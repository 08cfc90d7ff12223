"""The numbers of the page for programs."""
