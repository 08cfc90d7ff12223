"""`python -m pikir`: the same as `pikir`."""

from pikir.cli import main

if __name__ == "__main__":
    main()
