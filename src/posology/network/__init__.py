"""The user's Keras model: its sites, surgery and export. The only room that imports Keras' layers.

Importing this package imports neither keras nor jax; the modules inside do, in the workers.
"""

from posology.network.source import NetworkSource, parse_source

__all__ = ["NetworkSource", "parse_source"]
