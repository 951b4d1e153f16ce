"""A test double of the Pulumi engine: the resource monitor and the engine, over gRPC.

It speaks the protocol whose files the ``pulumi`` package ships. A program runs against it in a
process of its own, as the language host of Pulumi runs it, and registers its resources; the double
runs transforms, keeps a state from one run to the next, tells what is created, updated, replaced
and deleted, and hands the inputs of Kubernetes objects to whoever applies them.

What it leaves out: providers (inputs are not checked, nothing is awaited), imports, and the order
of deletion beyond that of dependencies.
"""
# ruff: noqa: N802 - the names are those of the protocol

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)
from support.pulumi_state import Applier, Document, EngineError, Keeper, Outcome, Resource
from support.pulumi_wire import merged, plain, secret_paths, transformed

RUN_LIMIT_S: Final = 120
STACK: Final = "pulumi:pulumi:Stack"
PROVIDER: Final = "pulumi:providers:"
FEATURES: Final = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
)
LEGACY_FEATURES: Final = (
    "secrets",
    "resourceReferences",
    "aliasSpecs",
    "deletedWith",
    "transforms",
)

RUNNER: Final = """
import asyncio, json, os, runpy, sys
import pulumi, pulumi.runtime

given = json.loads(os.environ["RUN"])
pulumi.runtime.set_all_config(given["config"], given["secret_keys"])
pulumi.runtime.configure(pulumi.runtime.Settings(
    monitor=given["address"], engine=given["address"], project=given["project"],
    stack=given["stack"], parallel=8, dry_run=given["dry_run"], organization="organization",
    root_directory=os.getcwd()))
sys.path.insert(0, os.getcwd())
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
program = lambda: runpy.run_path("__main__.py", run_name="__main__")
loop.run_until_complete(pulumi.runtime.run_in_stack(program))
loop.close()
"""
"""What the language host of Pulumi does with a program."""


@dataclass(kw_only=True)
class Stack:
    """A stack: its state lives from one command to the next."""

    project: str
    name: str = "test"
    applier: Applier = field(default_factory=Keeper)
    state: dict[str, Resource] = field(default_factory=dict[str, Resource])
    answers: Mapping[str, Callable[[Document], Document]] = field(
        default_factory=dict[str, Callable[[Document], Document]]
    )
    """By token: what a function of a provider returns."""
    known: Mapping[str, Document] = field(default_factory=dict[str, Document])
    """By type: what a provider tells of a resource beside its inputs."""

    raw: Mapping[str, str] = field(default_factory=dict[str, str])
    """Configuration with its whole keys: ``aws:region``."""
    default_providers: tuple[str, ...] = ()
    """How the types begin that may take the default provider, such as ``aws:``."""

    def preview(self, folder: Path, config: Mapping[str, str] | None = None) -> Outcome:
        """Tell what :meth:`up` would do."""
        return self._run(folder, config or {}, dry_run=True)

    def up(
        self,
        folder: Path,
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run the program and bring the objects to what it says."""
        return self._run(folder, config or {}, secrets or {}, dry_run=False)

    def destroy(self) -> Outcome:
        """Delete everything, what depends on something before that."""
        refused = [one.urn for one in self.state.values() if one.protect]
        if refused:
            raise EngineError(f"cannot be deleted, because it is protected: {refused[0]}")
        gone = dict(self.state)
        for one in reversed(list(gone.values())):
            self._delete(one)
        self.state = {}
        changes = dict.fromkeys(gone, "delete")
        return Outcome(resources=gone, changes=changes, outputs={}, log=[])

    def _run(
        self,
        folder: Path,
        config: Mapping[str, str],
        secrets: Mapping[str, str] | None = None,
        *,
        dry_run: bool,
    ) -> Outcome:
        values = {
            f"{self.project}:{key}": text for key, text in {**config, **(secrets or {})}.items()
        }
        keys = [f"{self.project}:{key}" for key in secrets or {}]
        with _served(Monitor(stack=self, dry_run=dry_run)) as (monitor, address):
            given = {
                "address": address,
                "config": {**self.raw, **values},
                "secret_keys": keys,
                "project": self.project,
                "stack": self.name,
                "dry_run": dry_run,
            }
            done = subprocess.run(
                [sys.executable, "-c", RUNNER],
                cwd=folder,
                env={**os.environ, "RUN": json.dumps(given), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
                check=False,
                timeout=RUN_LIMIT_S,
            )
        if monitor.errors:
            raise EngineError("\n".join(monitor.errors))
        if done.returncode != 0:
            raise EngineError(done.stderr)
        return self._settle(monitor, dry_run=dry_run)

    def _settle(self, monitor: "Monitor", *, dry_run: bool) -> Outcome:
        """Delete what was not registered again, and keep the rest."""
        changes = dict(monitor.changes)
        gone = [one for urn, one in self.state.items() if urn not in monitor.kept]
        for one in reversed(gone):
            changes[one.urn] = "delete"
            if one.protect:
                raise EngineError(f"cannot be deleted, because it is protected: {one.urn}")
            if not dry_run:
                self._delete(one)
        if not dry_run:
            self.state = dict(monitor.resources)
        return Outcome(
            resources=dict(monitor.resources),
            changes=changes,
            outputs=monitor.outputs,
            log=monitor.log,
        )

    def _delete(self, one: Resource) -> None:
        if one.is_object and not one.retain:
            self.applier.delete(one.inputs)


@contextmanager
def _served(monitor: "Monitor") -> "Iterator[tuple[Monitor, str]]":
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(monitor), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield monitor, f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


class Engine(engine_pb2_grpc.EngineServicer):
    """Where a program logs to."""

    def __init__(self, monitor: "Monitor") -> None:
        """Log to ``monitor``."""
        self.monitor = monitor
        self.root = ""

    def Log(self, request: Any, context: Any) -> Any:
        """Keep a message; an error stops the command."""
        del context
        self.monitor.log.append(request.message)
        if request.severity == engine_pb2.ERROR:
            self.monitor.errors.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        """Return the stack."""
        del request, context
        return engine_pb2.GetRootResourceResponse(urn=self.root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        """Keep the stack."""
        del context
        self.root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any, context: Any) -> Any:
        """Be of any version."""
        del request, context
        return engine_pb2.RequirePulumiVersionResponse()


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes the registrations of one run."""

    def __init__(self, *, stack: Stack, dry_run: bool) -> None:
        """Run for ``stack``."""
        self.stack, self.dry_run = stack, dry_run
        self.resources: dict[str, Resource] = {}
        self.changes: dict[str, str] = {}
        self.kept: set[str] = set()
        self.outputs: Document = {}
        self.log: list[str] = []
        self.errors: list[str] = []
        self.transforms: list[Any] = []
        self.by_parent: dict[str, list[Any]] = {}
        self.lock = threading.Lock()

    # --- what it can do

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        """Tell what is run and what is supported."""
        del request, context
        return resource_pb2.DeploymentInfo(
            project=self.stack.project,
            stack=self.stack.name,
            organization="organization",
            dryRun=self.dry_run,
            parallel=8,
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        """Tell whether a feature is supported, to an older SDK."""
        del context
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in LEGACY_FEATURES)

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        """End at once: there are no hooks."""
        del request, context
        return empty_pb2.Empty()

    def RegisterPackage(self, request: Any, context: Any) -> Any:
        """Take a package."""
        del context
        return resource_pb2.RegisterPackageResponse(ref=f"{request.name}-{request.version}")

    def RegisterStackTransform(self, request: Any, context: Any) -> Any:
        """Keep a transform for every resource."""
        del context
        self.transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any, context: Any) -> Any:
        """Take a transform for functions; none here is transformed."""
        del request, context
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        """Answer a function of a provider; one that no test answers fails."""
        answer = self.stack.answers.get(request.tok)
        if answer is None:
            self.errors.append(f"the program calls {request.tok}")
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"no answer for {request.tok}")
            raise AssertionError
        found = struct_pb2.Struct()
        found.update(answer(plain(request.args)))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(found)
        return response

    # --- resources

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """Take a resource: its transforms, its change, its object."""
        try:
            return self._register(request)
        except Exception as error:
            with self.lock:
                self.errors.append(f"{request.type} {request.name}: {error}")
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        """Keep the outputs of the stack."""
        del context
        if request.urn not in self.resources:
            self.errors.append(f"outputs of what was not registered: {request.urn}")
        elif self.resources[request.urn].type == STACK:
            self.outputs = plain(request.outputs)
        return empty_pb2.Empty()

    def _register(self, request: Any) -> Any:
        with self.lock:
            if request.transforms:
                self.by_parent[self._urn(request)] = list(request.transforms)
            chain = [*request.transforms, *self._inherited(request.parent), *self.transforms]
        if request.type != STACK:
            for callback in chain:
                transformed(request, callback)
        with self.lock:
            one = self._resource(request)
            before = self._before(request, one)
            self.changes[one.urn] = change = _change(before, one)
            self.resources[one.urn] = one
            self.kept |= {one.urn, before.urn} if before else {one.urn}
        outputs = merged(one.inputs, self.stack.known.get(one.type, {}))
        if one.is_object and not self.dry_run and change != "same":
            if change == "replace" and before is not None and not before.retain:
                self.stack.applier.delete(before.inputs)
            outputs = self.stack.applier.apply(one.inputs)
        known = "" if self.dry_run and change == "create" else f"{one.name}-id"
        answer = resource_pb2.RegisterResourceResponse(urn=one.urn, id=known if one.custom else "")
        answer.object.update(outputs)
        return answer

    def _resource(self, request: Any) -> Resource:
        urn = self._urn(request)
        if urn in self.resources:
            raise EngineError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        needed = [*request.dependencies, *([request.parent] if request.parent else [])]
        if request.provider:
            needed.append(request.provider.rpartition("::")[0])
        late = [one for one in needed if one not in self.resources]
        if late:
            raise EngineError(f"depends on what is not registered: {late[0]}")
        free = (PROVIDER, *self.stack.default_providers)
        if request.custom and not request.type.startswith(free) and not request.provider:
            raise EngineError("takes the default provider, whatever cluster that is")
        secrets = tuple(secret_paths(request.object))
        return Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            inputs=self._inputs(request, urn),
            dependencies=tuple(sorted(set(request.dependencies))),
            provider=request.provider,
            protect=request.protect,
            retain=request.retainOnDelete,
            ignored=tuple(request.ignoreChanges),
            timeouts={
                name: getattr(request.customTimeouts, name)
                for name in ("create", "update", "delete")
                if getattr(request.customTimeouts, name)
            },
            secrets=secrets,
        )

    def _inputs(self, request: Any, urn: str) -> Document:
        """Return the inputs, the ignored ones as they were before."""
        inputs = plain(request.object)
        before = self.stack.state.get(urn)
        for path in request.ignoreChanges if before else ():
            *parents, last = path.split(".")
            old, new = (_inside(one, parents) for one in (before.inputs, inputs))  # type: ignore[union-attr]
            new.pop(last, None)
            if last in old:
                new[last] = old[last]
        return inputs

    def _before(self, request: Any, one: Resource) -> Resource | None:
        """Return what the state has of a resource, under its own URN or an alias."""
        urns = [one.urn, *request.aliasURNs]
        for alias in request.aliases:
            spec = alias.spec
            parent = "" if spec.noParent else spec.parentUrn or request.parent
            kind, name = spec.type or request.type, spec.name or request.name
            urns.append(alias.urn or self._urn_of(parent, kind, name))
        return next((self.stack.state[urn] for urn in urns if urn in self.stack.state), None)

    def _inherited(self, parent: str) -> Iterator[Any]:
        """Yield the transforms of all parents, the nearest first."""
        while parent:
            yield from self.by_parent.get(parent, ())
            parent = self.resources[parent].parent if parent in self.resources else ""

    def _urn(self, request: Any) -> str:
        return self._urn_of(request.parent, request.type, request.name)

    def _urn_of(self, parent: str, kind: str, name: str) -> str:
        """Return a URN: the types of all parents but the stack stand before its own."""
        types = parent.split("::")[2] if parent else ""
        whole = f"{types}${kind}" if types and types != STACK else kind
        return f"urn:pulumi:{self.stack.name}::{self.stack.project}::{whole}::{name}"


def _change(before: Resource | None, now: Resource) -> str:
    """Return what happens to a resource; another name or namespace is another object."""
    if before is None:
        return "create"
    if before.inputs == now.inputs:
        return "same"
    if now.is_object:
        old, new = before.inputs.get("metadata", {}), now.inputs["metadata"]
        if any(old.get(key) != new.get(key) for key in ("name", "namespace")):
            return "replace"
    return "update"


def _inside(document: Document, path: Sequence[str]) -> Document:
    for name in path:
        document = document.get(name, {})
    return document
