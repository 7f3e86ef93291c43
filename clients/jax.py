"""Batches of `pali3 mix --serve` for JAX. Needs jax, pyarrow and numpy."""
import json, socket, pyarrow as pa, jax

def batches(address, step=0, host=0, hosts=1, count=0, put=jax.device_put, **more):
    """Yields (step, {name: array [rows, ...]}) from a step on, without end if count is 0."""
    unix, (name, port) = address.startswith("unix:"), address.rsplit(":", 1)
    s = socket.socket(socket.AF_UNIX) if unix else socket.create_connection((name.strip("[]"), int(port)))
    if unix:
        s.connect(address[5:])
    with s, s.makefile("rb", 1 << 20) as f:
        s.sendall((json.dumps(dict(more, step=step, host=host, hosts=hosts, count=count)) + "\n").encode())
        while True:
            head = json.loads(f.readline() or '{"error": "the server closed the connection"}')
            if "error" in head:
                raise RuntimeError("pali3 mix --serve: " + head["error"])
            if "end" in head:
                return
            table = pa.ipc.open_stream(f).read_all().to_batches()[0]
            tensors = {n: c.to_numpy_ndarray() for n, c in zip(table.schema.names, table.columns) if hasattr(c, "to_numpy_ndarray")}
            yield head["step"], put(tensors)
