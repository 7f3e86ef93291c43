"""MosaicML Streaming's reader and writer of MDS, without PyTorch.

The package imports PyTorch, torchvision and transformers (gigabytes) for its data loader, but MDS files need none of
them. If they are not installed, this module replaces them by modules whose names are empty classes.

    from mds import MDSReader, MDSWriter
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types

UNUSED = ("torch", "torchvision", "transformers")


class Empty(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in UNUSED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Empty(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.append(StandIn())  # asked last, so an installed module is itself

from streaming import MDSWriter  # noqa: E402
from streaming.base.format.mds.reader import MDSReader  # noqa: E402

__all__ = ["MDSReader", "MDSWriter"]
