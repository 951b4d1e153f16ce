"""From the entry file to the closed set of files it needs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from inferc.compiler.load import diagnostics as report
from inferc.compiler.load.library import Library
from inferc.compiler.load.modules import Binding, Loaded, LoadedModule, ModelFiles, Reader
from inferc.compiler.load.paths import base_of, folder_of, join, stem_of
from inferc.compiler.load.secrets import secrets_in
from inferc.dsl import Diagnostic, Label, SourceFile, Span, parse
from inferc.dsl.syntax import (
    AnyStatement,
    Block,
    For,
    If,
    Import,
    Let,
    ModelFrom,
    Module,
    Param,
)

MAX_FILES = 500
CONFIG = "config.json"
QUANTIZATION = ("hf_quant_config.json", "quantize_config.json")
"""What quantisers write beside a configuration."""
INDEX = ("model.safetensors.index.json",)


@dataclass(slots=True)
class _Loading:
    """What one call of :func:`load` has found so far."""

    reader: Reader
    library: Library
    modules: dict[str, Module] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    edges: dict[str, list[tuple[Import, str]]] = field(default_factory=dict)
    models: dict[str, ModelFiles] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    listings: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in ``folder``, which is listed once however many imports lead there."""
        if folder not in self.listings:
            self.listings[folder] = tuple(self.reader.names(folder))
        return self.listings[folder]


def load(entry: SourceFile, reader: Reader) -> Loaded:
    """Return ``entry`` with every file that it imports, directly or through others.

    Files are read through ``reader`` and parsed once each. A file that is missing or wrong is a
    diagnostic; what could be read is returned with it.
    """
    state = _Loading(reader=reader, library=Library())
    entry_key = join(folder_of(entry.path), base_of(entry.path))
    _add(state, entry_key, entry)
    pending = [entry_key]
    while pending:
        key = pending.pop(0)
        for statement, target in _file_imports(state, key):
            if _read(state, statement, target):
                pending.append(target)
    _add_models(state)
    _report_cycles(state, entry_key)
    modules = {
        key: LoadedModule(key=key, module=module, bindings=tuple(_bindings(state, key)))
        for key, module in state.modules.items()
    }
    return Loaded(
        entry=modules[entry_key],
        modules=modules,
        library=state.library,
        diagnostics=tuple(state.diagnostics),
        models=state.models,
    )


def _add(state: _Loading, key: str, source: SourceFile) -> None:
    parsed = parse(source)
    state.modules[key] = parsed.module
    state.diagnostics.extend(parsed.diagnostics)
    state.diagnostics.extend(secrets_in(source))


def _imports(module: Module) -> Iterator[Import]:
    return (item for item in module.statements if isinstance(item, Import))


def _file_imports(state: _Loading, key: str) -> list[tuple[Import, str]]:
    """Return the imports of files in the file ``key``, with the keys they lead to."""
    found: list[tuple[Import, str]] = []
    for statement in _imports(state.modules[key]):
        if not statement.quoted:
            continue
        problem = _not_a_path(statement)
        if problem:
            state.diagnostics.append(problem)
        else:
            found.append((statement, join(folder_of(key), statement.module)))
    state.edges[key] = found
    return found


def _not_a_path(statement: Import) -> Diagnostic | None:
    """Return what is wrong with the text of an import, if it is no relative path."""
    path = statement.module
    if path.startswith(("./", "../")):
        return None
    host = path.partition("/")[0]
    if "@" in path or ("." in host and "/" in path and not path.endswith(".infer")):
        return report.registry_not_supported(statement.module_span, reference=path)
    relative = not path.startswith(("/", "\\")) and ":" not in path
    return report.import_not_relative(
        statement.module_span, path=path, suggestion=f"./{path}" if relative and path else ""
    )


def _read(state: _Loading, statement: Import, key: str) -> bool:
    """Read and parse the file ``key`` unless that was done; return whether it is new."""
    if key in state.modules or key in state.failed:
        return False
    if len(state.modules) >= MAX_FILES:
        if "" not in state.failed:
            state.failed.add("")
            problem = report.too_many_files(statement.module_span, limit=MAX_FILES)
            state.diagnostics.append(problem)
        return False
    asked = (statement.module_span, statement.module)
    text = _wrong_case(state, asked, key) or _text(state, asked, key)
    if isinstance(text, str):
        _add(state, key, SourceFile(key, text))
        return True
    state.failed.add(key)
    state.diagnostics.append(text)
    return False


def _text(state: _Loading, asked: tuple[Span, str], key: str) -> str | Diagnostic:
    """Return the text of the file ``key``, or why there is none.

    ``asked`` is where the file is named, and how.
    """
    span, path = asked
    try:
        return state.reader.read(key)
    except FileNotFoundError:
        names = state.names(folder_of(key))
        close = _nearest(base_of(key), names)
        start = path[: len(path) - len(base_of(path))]
        return report.import_not_found(
            span,
            path=path,
            close=[start + name for name in close],
            folder=folder_of(key),
        )
    except IsADirectoryError:
        return report.import_unreadable(span, path=path, reason="it is a folder")
    except UnicodeError:
        return report.import_unreadable(span, path=path, reason="it is not text in UTF-8")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return report.import_unreadable(span, path=path, reason=reason.lower())


def _wrong_case(state: _Loading, asked: tuple[Span, str], key: str) -> Diagnostic | None:
    """Return a diagnostic if the file's own name differs from ``key`` in its capitals only."""
    span, written = asked
    names = state.names(folder_of(key))
    name = base_of(key)
    if name in names:
        return None
    actual = next((item for item in names if item.casefold() == name.casefold()), None)
    if actual is None:
        return None
    return report.import_wrong_case(span, written=written, actual=written[: -len(name)] + actual)


# ---- models from files of their own ------------------------------------------------------------


def _add_models(state: _Loading) -> None:
    """Read the files that `model NAME from "…"` statements lead to, each once."""
    for module in tuple(state.modules.values()):
        for statement in _models(module.statements):
            key = model_key(statement)
            if key and key not in state.models and key not in state.failed:
                _add_model(state, statement, key)


def _models(statements: Iterable[AnyStatement]) -> Iterator[ModelFrom]:
    for statement in statements:
        match statement:
            case ModelFrom():
                yield statement
            case Block(body=body) | For(body=body):
                yield from _models(body)
            case If(body=body, otherwise=otherwise):
                yield from _models((*body, *(otherwise or ())))
            case _:
                continue


def _add_model(state: _Loading, statement: ModelFrom, key: str) -> None:
    asked = (statement.path.span, str(statement.path.parts[0]))
    text = _wrong_case(state, asked, key) or _text(state, asked, key)
    if isinstance(text, Diagnostic):
        state.failed.add(key)
        state.diagnostics.append(text)
        return
    state.models[key] = ModelFiles(
        config=SourceFile(key, text),
        quantization=_beside(state, key, QUANTIZATION),
        index=_beside(state, key, INDEX),
    )


def _beside(state: _Loading, key: str, wanted: Iterable[str]) -> SourceFile | None:
    """Return the first of the ``wanted`` files that lies beside ``key`` and can be read."""
    present = state.names(folder_of(key))
    for name in wanted:
        if name in present:
            path = join(folder_of(key), name)
            try:
                return SourceFile(path, state.reader.read(path))
            except (OSError, ValueError):
                continue
    return None


def model_key(statement: ModelFrom) -> str:
    """Return the path of the configuration that ``statement`` names; empty for no plain text.

    A path without `.json` at its end is that of a folder with a `config.json`.
    """
    parts = statement.path.parts
    if len(parts) != 1 or not isinstance(parts[0], str) or not parts[0]:
        return ""
    path = parts[0] if parts[0].endswith(".json") else f"{parts[0]}/{CONFIG}"
    return join("/" if path.startswith("/") else folder_of(statement.span.source.path), path)


def _report_cycles(state: _Loading, entry: str) -> None:
    """Report each circle of imports once, at the import that closes it."""
    done: set[str] = set()
    chain: list[str] = [entry]
    waiting = [iter(state.edges[entry])]
    while waiting:
        step = next(waiting[-1], None)
        if step is None:
            waiting.pop()
            done.add(chain.pop())
            continue
        statement, target = step
        if target in chain:
            _report_cycle(state, [*chain[chain.index(target) :], target], statement)
        elif target in state.modules and target not in done:
            chain.append(target)
            waiting.append(iter(state.edges[target]))


def _report_cycle(state: _Loading, chain: list[str], closing: Import) -> None:
    labels = [
        Label(statement.module_span, f"`{key}` imports `{after}`")
        for key, after in pairwise(chain[:-1])
        for statement, target in state.edges[key]
        if target == after
    ]
    state.diagnostics.append(
        report.import_cycle(closing.module_span, chain=chain, labels=labels[:3])
    )


# ---- names that imports bring ----------------------------------------------------------------


def _bindings(state: _Loading, key: str) -> Iterator[Binding]:
    targets = {id(statement): target for statement, target in state.edges[key]}
    for statement in _imports(state.modules[key]):
        if statement.quoted:
            target = targets.get(id(statement), "")
            if target in state.modules:
                yield from _file_bindings(state, statement, target)
            else:
                yield from _broken_bindings(statement)
        else:
            yield from _library_bindings(state, statement)


def _file_bindings(state: _Loading, statement: Import, target: str) -> Iterator[Binding]:
    if not statement.names:
        name = statement.alias.text if statement.alias else stem_of(target)
        span = statement.alias.span if statement.alias else statement.module_span
        yield Binding(name=name, span=span, module=target)
        return
    defined = names_of(state.modules[target])
    for item in statement.names:
        if item.text in defined:
            yield Binding(name=item.text, span=item.span, module=target, member=item.text)
            continue
        close = _nearest(item.text, defined)
        state.diagnostics.append(
            report.unknown_import_name(
                item.span, name=item.text, path=statement.module, close=close
            )
        )
        yield Binding(name=item.text, span=item.span)


def _broken_bindings(statement: Import) -> Iterator[Binding]:
    """Yield the names of an import that failed, so that nobody misses them as well."""
    if statement.quoted and not statement.names and not statement.alias:
        yield Binding(name=stem_of(statement.module), span=statement.module_span)
        return
    for binding in library_bindings(statement):
        yield Binding(name=binding.name, span=binding.span)


def _library_bindings(state: _Loading, statement: Import) -> Iterator[Binding]:
    problem = _unknown_library(state.library, statement)
    if problem:
        state.diagnostics.append(problem)
        yield from _broken_bindings(statement)
        return
    known = state.library.names(statement.module.partition(".")[2])
    for binding in library_bindings(statement):
        if not statement.names or binding.name in known:
            yield binding
            continue
        close = _nearest(binding.name, known)
        state.diagnostics.append(
            report.unknown_import_name(
                binding.span, name=binding.name, path=statement.module, close=close
            )
        )
        yield Binding(name=binding.name, span=binding.span)


def library_bindings(statement: Import) -> tuple[Binding, ...]:
    """Return the names that ``import std.…`` brings, whether or not the library has them."""
    dotted = statement.module.partition(".")[2]
    if statement.names:
        return tuple(
            Binding(name=item.text, span=item.span, library=f"{dotted}.{item.text}".lstrip("."))
            for item in statement.names
        )
    name = statement.alias.text if statement.alias else statement.module.rpartition(".")[2]
    span = statement.alias.span if statement.alias else statement.module_span
    return (Binding(name=name, span=span, library=dotted),)


def _unknown_library(library: Library, statement: Import) -> Diagnostic | None:
    """Return a diagnostic if the standard library has nothing at the dotted path."""
    first, *steps = statement.module.split(".")
    known: tuple[str, ...] = ("std",)
    good = ""
    for place, step in enumerate([first, *steps]):
        if step not in known:
            close = _nearest(step, known)
            prefix = [first, *steps][:place]
            return report.unknown_std_module(
                statement.module_span,
                name=statement.module,
                close=[".".join([*prefix, close[0]])] if close else (),
                names=[".".join([*prefix, name]) for name in known[:8]],
            )
        good = f"{good}.{step}".lstrip(".") if place else ""
        known = library.names(good)
    return None


def _nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the name that was probably meant, or nothing."""
    from difflib import get_close_matches

    return get_close_matches(word, list(known), n=1, cutoff=0.6)


def names_of(module: Module) -> Mapping[str, Block | Let | Param]:
    """Return what other files may import from ``module``, by name."""
    found: dict[str, Block | Let | Param] = {}
    for item in module.statements:
        match item:
            case Let() | Param():
                found.setdefault(item.name.text, item)
            case Block(labels=(label, *_)):
                text = getattr(label, "text", "")
                found.setdefault(text, item)
            case _:
                continue
    return found
