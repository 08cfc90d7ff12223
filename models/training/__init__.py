"""Training and evaluation of the stance model. The libraries it needs beyond serving are the extra `train`."""
