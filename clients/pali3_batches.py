"""Batches of `pali3 mix --serve` as NumPy arrays. Needs numpy and pyarrow, 14 or newer."""
import json
import socket
import time

import pyarrow as pa


def arrays(address, step=0, host=0, hosts=1, count=0, timeout=300, limit=4 << 30, retries=0, **more):
    """Yields (step, {name: array [rows, ...]}) from a step on, without end if count is 0.

    A batch may take timeout seconds and limit bytes. Where the connection breaks, the next step is asked for over
    a new one, up to retries times in a row; a server whose recipe is another by then refuses. More are other keys
    of the request: token, recipe."""
    end, left = step + count, retries
    while not count or step < end:
        try:
            with Server(address, timeout) as server:
                more.setdefault("recipe", server.describe(**more)["recipe"])
                server.ask(**more, step=step, host=host, hosts=hosts, count=end - step if count else 0)
                while not count or step < end:
                    head = server.reply()
                    if "end" in head:
                        return
                    size = head.get("bytes")
                    if head.get("step") != step or type(size) is not int or not 0 < size <= limit:
                        raise wrong(f"it sent {head}, want step {step} in 1 to {limit} bytes (limit)")
                    yield step, tensors(server.read(size), step)
                    step, left = step + 1, retries
        except OSError:  # the connection's; what a server refuses is a RuntimeError
            if left == 0:
                raise
            left -= 1
            time.sleep(1)


def describe(address, timeout=300, **more):
    """Returns what a server says of its stream: recipe (the fingerprint), tasks, batch, shape and others."""
    with Server(address, timeout) as server:
        return server.describe(**more)


class Server:
    """A connection to `pali3 mix --serve` at HOST:PORT or unix:PATH."""

    def __init__(self, address, timeout):
        self.timeout = timeout
        if address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address[len("unix:"):])
        else:
            name, _, port = address.rpartition(":")
            self.socket = socket.create_connection((name.strip("[]") or "127.0.0.1", int(port)), timeout)
        self.file = self.socket.makefile("rb", 1 << 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def ask(self, **request):
        self.socket.settimeout(self.timeout)
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def describe(self, **more):
        self.ask(**more, info=True)
        info = self.reply().get("info")
        if not isinstance(info, dict) or info.get("format") != 1 or not isinstance(info.get("recipe"), str):
            raise wrong("it described no stream of format 1; take the readers of the server's version")
        return info

    def reply(self):
        """Reads the next line, a JSON object. It and the bytes behind it must come within the timeout."""
        self.until = time.monotonic() + self.timeout
        line = self.read(1 << 16, line=True)
        try:
            head = json.loads(line)
        except (ValueError, RecursionError):
            head = None
        if not isinstance(head, dict):
            raise wrong(f"it sent {bytes(line[:60])!r}, want a line of JSON; is it pali3 that listens there?")
        if "error" in head:
            raise wrong(head["error"])
        return head

    def read(self, size, line=False):
        """Reads size bytes, or a line of at most as many. The memory grows with what has come."""
        data = bytearray()
        while len(data) < size and not (line and data.endswith(b"\n")):
            try:
                self.socket.settimeout(max(self.until - time.monotonic(), 1e-3))
                part = self.file.read1(1 if line else min(size - len(data), 1 << 20))
            except TimeoutError:
                raise TimeoutError(f"pali3 mix --serve: a batch took over {self.timeout} s (timeout)") from None
            if not part:
                raise ConnectionError("pali3 mix --serve: the server closed the connection")
            data += part
        return data


def tensors(content, step):
    """Returns the tensors of an Arrow stream of one record batch. They share its memory."""
    try:
        messages = pa.ipc.MessageReader.open_stream(content)
        first, second = messages.read_next_message(), messages.read_next_message()
        if first.type != "schema" or second.type != "record batch" or compressed(second.metadata):
            raise ValueError("want a schema, then a record batch that is not compressed")
        schema = pa.ipc.read_schema(first)
        record = pa.ipc.read_record_batch(second, schema)
        record.validate(full=True)
        return {n: c.to_numpy_ndarray() for n, c in zip(schema.names, record.columns) if isinstance(c, pa.FixedShapeTensorArray)}
    except (pa.ArrowException, ValueError, OSError, EOFError, StopIteration) as e:
        raise wrong(f"the batch of step {step} is damaged: {e!r}") from e


def compressed(metadata):
    """Whether the message of a record batch (Message.fbs of Arrow, a flatbuffer) names a compression.

    Pali3 compresses no batch, and pyarrow would make room for any size that a compressed buffer claims."""
    content = memoryview(metadata)

    def number(at, size):
        return int.from_bytes(content[at:at + size], "little", signed=size == 4)

    def field(table, slot):  # the place of a table's field, 0 if it has none
        slots = table - number(table, 4)
        at = number(slots + slot, 2) if slot < number(slots, 2) else 0
        return table + at if at else 0

    header = field(number(0, 4), 8)
    return field(header + number(header, 4), 10) != 0


def wrong(what):
    return RuntimeError(f"pali3 mix --serve: {what}")
