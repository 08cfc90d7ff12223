"""Quality gates: figures with pinned floors. `python -m evals` measures them and fails below a floor."""
