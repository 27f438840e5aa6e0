"""Losslab: which loss function should I train my network with?

The modules named in ``dvc.yaml`` are the stages of the pipeline; the others are what they share.
"""
