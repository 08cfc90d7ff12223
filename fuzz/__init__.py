"""Wild input for everything that reads what others wrote: `python -m fuzz --inputs 100000`."""
