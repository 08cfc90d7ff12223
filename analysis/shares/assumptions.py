"""What each method takes for granted, in the words that stand beside its number."""

METHODS = ("auto", "ppi++", "emq", "pcc", "cc")
CORRECTED = ("ppi++", "emq")
"""Those that take the classifier's bias out by labels."""

ASSUMPTIONS = {
    "ppi++": "The labels were drawn with the stated probabilities and are right. Nothing is assumed of the classifier.",
    "emq": "Only prevalence has changed since the classifier was calibrated: posts of one stance are worded as before.",
    "pcc": "The classifier's probabilities are calibrated among these posts. Its errors are not in the interval.",
    "cc": "The classifier makes no errors. A baseline to compare with, not to be quoted.",
}
