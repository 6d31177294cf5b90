"""Pictures of a child's world, drawn as SVG from what the API answers: no dependency, no script, no outside font."""

from agencies.pictures.ecomap import ecomap
from agencies.pictures.genogram import genogram
from agencies.pictures.names import named

__all__ = ["ecomap", "genogram", "named"]
