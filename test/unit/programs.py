"""Programs of hosts as Python modules, for their tests."""

import importlib.machinery
import importlib.util


def load(path):
    """A program whose name has no suffix, as a new module."""
    name = path.name.replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module
