"""Losslab: which loss function should I train my network with?

The modules here are the stages of the pipeline, as ``dvc.yaml`` names them; the packages are what they share.
"""

import gc
import sys

if sys.argv[:1] == ["-m"]:  # while `python -m` imports the package, at the start of a program
    # its imports make a million objects that stay, and to look for garbage among them after every 700 takes a fifth of
    # their time; nor does training leave so much
    gc.set_threshold(50_000)
