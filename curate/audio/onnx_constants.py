"""The constants of an ONNX model by name: what it was trained to, without its runtime.

Just as much of Protocol Buffers as that takes. Source: onnx.proto of ONNX 1.16 (field numbers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from curate.arrays import Float32s

_GRAPH = 7
_NODE, _ATTRIBUTE, _OUTPUT = 1, 5, 2
_TENSOR, _SUBGRAPH = 5, 6
_DIMS, _DATA_TYPE, _RAW_DATA = 1, 2, 9
_FLOAT = 1


def float_constants(model: bytes) -> Mapping[str, Float32s]:
    """The float tensors of the model's `Constant` nodes, those of its branches too, by name.

    ValueError where the bytes are no model.
    """
    try:
        return {
            name: array
            for number, graph in _fields(memoryview(model))
            if number == _GRAPH and isinstance(graph, memoryview)
            for name, array in _of_graph(graph)
        }
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"no ONNX model: {error}") from None


def _of_graph(graph: memoryview) -> Iterator[tuple[str, Float32s]]:
    for node in _parts(graph, _NODE):
        names = [bytes(name).decode() for name in _parts(node, _OUTPUT)]
        for attribute in _parts(node, _ATTRIBUTE):
            for branch in _parts(attribute, _SUBGRAPH):
                yield from _of_graph(branch)
            for tensor in _parts(attribute, _TENSOR):
                array = _array(tensor)
                if array is not None and len(names) == 1:
                    yield names[0], array


def _array(tensor: memoryview) -> Float32s | None:
    """The values of a float tensor; None for other types."""
    dims: list[int] = []
    data_type, raw = 0, b""
    for number, value in _fields(tensor):
        if number == _DIMS:
            dims += [value] if isinstance(value, int) else _packed(value)
        elif number == _DATA_TYPE and isinstance(value, int):
            data_type = value
        elif number == _RAW_DATA and isinstance(value, memoryview):
            raw = bytes(value)
    return np.frombuffer(raw, "<f4").reshape(dims) if data_type == _FLOAT else None


def _packed(data: memoryview) -> list[int]:
    numbers, at = [], 0
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def _parts(message: memoryview, field: int) -> Iterator[memoryview]:
    """The messages or texts in one field of a message."""
    for number, value in _fields(message):
        if number == field and isinstance(value, memoryview):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a message: integers, or bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if tag & 7 == 2:
            size, at = _varint(message, at)
        elif tag & 7 in _FIXED:
            size = _FIXED[tag & 7]
        else:
            raise ValueError(f"no ONNX model: wire type {tag & 7}")
        if at + size > len(message):
            raise ValueError("no ONNX model: it is cut short")
        yield tag >> 3, message[at : at + size]
        at += size


_FIXED = {1: 8, 5: 4}
"""Bytes of the wire types of one size."""


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """An integer of 7 bits a byte, and where it ends."""
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return number, at
        shift += 7
