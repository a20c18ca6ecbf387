"""The project's source as data for the rules of the house: files, what they import, what their names stand for."""

import ast
import builtins
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One file, read and parsed."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    @cached_property
    def expressions(self) -> list[ast.expr]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.expr)]

    @cached_property
    def assignments(self) -> list[tuple[str, ast.expr]]:
        """Each name that is given a value, in full, with the value; `a, b = c, d` are two."""
        found: list[tuple[ast.expr, ast.expr]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                found += [pair for target in node.targets for pair in _pairs(target, node.value)]
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value:
                found.append((node.target, node.value))
        return [(name, value) for target, value in found if (name := self.meaning(target))]

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Every name imported anywhere in the file, in full: `from a import b` is `a.b`."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, name.name) for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [(node.lineno, f"{self._origin(node)}.{name.name}") for name in node.names]
            elif isinstance(node, ast.Call) and self.meaning(node.func) in {"importlib.import_module", "__import__"}:
                found += [(node.lineno, str(name.value)) for name in node.args if isinstance(name, ast.Constant)]
        return found

    @cached_property
    def _names(self) -> dict[str, str]:
        """What each imported name stands for."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {name.name.partition(".")[0]: name.name.partition(".")[0] for name in node.names}
                names |= {name.asname: name.name for name in node.names if name.asname}
            elif isinstance(node, ast.ImportFrom):
                names |= {name.asname or name.name: f"{self._origin(node)}.{name.name}" for name in node.names}
        return names

    def _origin(self, node: ast.ImportFrom) -> str:
        """The module that is imported from; a relative one is counted from this file's folder."""
        folder = self.path.rpartition("/")[0].split("/")
        base = folder[: len(folder) - node.level + 1] if node.level else []
        return ".".join([*base, node.module] if node.module else base)

    def meaning(self, node: ast.AST) -> str:
        """A dotted name in full, whatever it was imported as; a name of this file begins with its module.

        Empty for anything that is not a dotted name.
        """
        if isinstance(node, ast.Name):
            return self._names.get(node.id, node.id if hasattr(builtins, node.id) else f"{self.module}.{node.id}")
        if isinstance(node, ast.Attribute) and (base := self.meaning(node.value)):
            return f"{base}.{node.attr}"
        return ""


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


@dataclass(frozen=True)
class House:
    """A checkout of the project, or a small one made up for a test."""

    root: Path

    @cached_property
    def package(self) -> list[Source]:
        return self._sources("points_bank")

    @cached_property
    def tests(self) -> list[Source]:
        return self._sources("tests")

    def _sources(self, folder: str) -> list[Source]:
        return [
            Source(path.relative_to(self.root).as_posix(), path.read_text(encoding="utf-8"))
            for path in sorted((self.root / folder).rglob("*.py"))
        ]
