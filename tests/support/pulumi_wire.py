"""What goes over the wire between a Pulumi program and its engine, as plain data."""

from collections.abc import Iterator
from typing import Any, Final

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark of the protocol

Document = dict[str, Any]


def merged(inputs: Document, known: Document) -> Document:
    """Return ``inputs`` with what else is known, at any depth."""
    both = {
        key: merged(inputs[key], value)
        if isinstance(value, dict) and isinstance(inputs.get(key), dict)
        else value
        for key, value in known.items()
    }
    return {**inputs, **both}


def transformed(request: Any, callback: Any) -> None:
    """Ask a program's transform, over gRPC, and change the request to what it says."""
    options = resource_pb2.TransformResourceOptions(
        depends_on=request.dependencies,
        protect=request.protect,
        ignore_changes=request.ignoreChanges,
        version=request.version,
        provider=request.provider,
        retain_on_delete=request.retainOnDelete,
        custom_timeouts=request.customTimeouts,
        providers=request.providers,
        aliases=request.aliases,
    )
    asked = resource_pb2.TransformRequest(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        properties=request.object,
        options=options,
    )
    with grpc.insecure_channel(callback.target) as channel:
        stub = callback_pb2_grpc.CallbacksStub(channel)
        answer = stub.Invoke(
            callback_pb2.CallbackInvokeRequest(
                token=callback.token, request=asked.SerializeToString()
            )
        )
    told = resource_pb2.TransformResponse.FromString(answer.response)
    if told.HasField("properties"):
        request.object.CopyFrom(told.properties)
    if told.HasField("options"):
        given = told.options
        request.protect, request.retainOnDelete = given.protect, given.retain_on_delete
        request.ignoreChanges[:] = given.ignore_changes
        request.dependencies[:] = given.depends_on
        request.customTimeouts.CopyFrom(given.custom_timeouts)


def plain(value: Any) -> Any:
    """Return what protobuf calls a struct as plain data: whole numbers whole, secrets opened."""
    return _plain(json_format.MessageToDict(value))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _plain(value["value"])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def secret_paths(value: Any) -> Iterator[str]:
    """Yield the paths of what is secret."""
    yield from _secret_paths(json_format.MessageToDict(value), "")


def _secret_paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            yield path
            return
        for key, item in value.items():
            yield from _secret_paths(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _secret_paths(item, f"{path}[{number}]")
