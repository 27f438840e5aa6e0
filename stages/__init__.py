"""Losslab: which loss function should I train my network with?

The modules here are the stages of the pipeline, as ``dvc.yaml`` names them; the packages are what they share.
"""
