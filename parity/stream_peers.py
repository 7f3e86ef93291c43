"""Run the loaders that docs/stream.md compares, and say what each of them keeps.

    pip install -r parity/requirements-stream-peers.txt
    pip install mosaicml-streaming==0.13.0    # by itself: megatron-energon wants an older botocore
    python parity/stream_peers.py            # all, or: grain streaming webdataset energon

Each loader reads the same 1,200 samples, of which a batch of 24 is taken in 12 steps, shuffled by a
seed. A sample is known by its number. "Equal" compares the numbers of each global batch as a set
and in order; hosts are processes or ranks of the loader's own, whose parts are joined.
"""

import io
import json
import multiprocessing
import os
import queue
import socket
import sys
import tarfile
import tempfile
import traceback
from importlib.metadata import version

N, BATCH, STEPS, CUT = 1200, 24, 12, 5


def compare(a, b):
    if not a or not b:
        return "no batches"
    a, b = [[int(x) for x in y] for y in a], [[int(x) for x in y] for y in b]
    if a == b:
        return "equal"
    if [sorted(x) for x in a] == [sorted(x) for x in b]:
        return "the same batches, in another order within"
    if sorted(sum(a, [])) == sorted(sum(b, [])):
        return "the same samples, in other batches"
    both = len(set(sum(a, [])) & set(sum(b, [])))
    return f"DIFFERENT: {both} of {len(sum(a, []))} samples are in both"


def attempt(make):
    try:
        return make()
    except Exception as e:  # what a user would see
        if os.environ.get("TRACE"):
            traceback.print_exc()
        text = str(e).strip().splitlines()
        return f"ERROR {type(e).__name__}: {text[0][:200] if text else ''}"


def joined(parts):
    """Batches of several hosts, joined by step."""
    return [sum((list(p[s]) for p in parts), []) for s in range(min(len(p) for p in parts))]


# ---------------------------------------------------------------- Grain

def grain_report():
    import grain

    def dataset(kind):
        base = grain.MapDataset.source(list(range(N))).seed(3).shuffle()
        if kind == "mixture":
            other = grain.MapDataset.source(list(range(N, 2 * N))).seed(4).shuffle()
            base = grain.MapDataset.mix([base, other], weights=[0.7, 0.3])
        if kind == "filter":
            base = base.filter(lambda x: x % 5 != 0)
        if kind == "bad":
            base = base.map(decode)
        return base.repeat()

    def elastic(kind, hosts, steps, workers=0, states=None):
        parts, after = [], []
        for h in range(hosts):
            it = iter(grain.experimental.ElasticIterator(
                dataset(kind), BATCH, grain.sharding.ShardOptions(h, hosts),
                multiprocessing_options=grain.MultiprocessingOptions(num_workers=workers) if workers else None))
            if states:
                it.set_state(states[min(h, len(states) - 1)])
            parts.append([[int(x) for x in next(it)] for _ in range(steps)])
            after.append(it.get_state())
        # Elastic hosts take every H-th sample: interleave them again.
        whole = [[p[s][i] for i in range(BATCH // hosts) for p in parts] for s in range(steps)]
        return whole, after

    def plain(kind, workers, steps, state=None, late=False):
        ds = dataset(kind).to_iter_dataset()
        if not late:
            ds = ds.batch(BATCH)
        if workers:
            ds = ds.mp_prefetch(grain.MultiprocessingOptions(num_workers=workers))
        if late:
            ds = ds.batch(BATCH)
        it = iter(ds)
        if state:
            it.set_state(state)
        return [[int(x) for x in next(it)] for _ in range(steps)], it.get_state()

    def packed(cut):
        import numpy as np
        ds = grain.MapDataset.source(list(range(N))).seed(3).shuffle().map(lambda i: {"x": np.full(1 + i % 7, i)}).to_iter_dataset()
        it = iter(grain.experimental.FirstFitPackIterDataset(ds, length_struct={"x": 16}, num_packing_bins=8))
        rows = []
        for step in range(40):
            if step == cut:
                state = it.get_state()
                it = iter(grain.experimental.FirstFitPackIterDataset(ds, length_struct={"x": 16}, num_packing_bins=8))
                it.set_state(state)
            row = next(it)
            rows.append(np.asarray(row["x"]).tolist())
        return rows

    straight, _ = elastic("plain", 1, STEPS)
    print("workers 0 2 4, IterDataset:", [attempt(lambda w=w: compare(plain("plain", w, STEPS)[0], plain("plain", 0, STEPS)[0])) for w in (0, 2, 4)])
    print("workers 2 4, IterDataset, batched behind the workers:",
          [attempt(lambda w=w: compare(plain("plain", w, STEPS, late=True)[0], straight)) for w in (2, 4)])
    print("workers 2 4, ElasticIterator:", [attempt(lambda w=w: compare(elastic("plain", 1, STEPS, w)[0], straight)) for w in (2, 4)])

    def resumed(kind, before, after, w=0):
        first, states = elastic(kind, before, CUT, w)
        rest, _ = elastic(kind, after, STEPS - CUT, w, states)
        return compare(first + rest, elastic(kind, 1, STEPS)[0])

    for kind in ("plain", "mixture", "filter"):
        print(f"{kind}: resume 1 -> 1, 2 -> 4, 4 -> 1, 2 -> 5 hosts:",
              [attempt(lambda a=a, b=b: resumed(kind, a, b)) for a, b in ((1, 1), (2, 4), (4, 1), (2, 5))])
    print("filter, IterDataset, resume on one host:", attempt(lambda: resume_plain(plain)))
    print("undecodable sample:", attempt(lambda: elastic("bad", 1, 60)[0][0]))
    print("packing, resume on one host:", attempt(lambda: compare(packed(17), packed(-1))))


def resume_plain(plain):
    first, state = plain("filter", 0, CUT)
    rest, _ = plain("filter", 0, STEPS - CUT, state)
    return compare(first + rest, plain("filter", 0, STEPS)[0])


def decode(x):
    if x == 7:
        raise ValueError("sample 7 cannot be decoded")
    return x


# ---------------------------------------------------------------- MosaicML Streaming

def torch_list(values):
    import torch
    return torch.tensor(list(values))  # the loader counts the rows of tensors


def numbers(samples):
    return torch_list(int(s["n"]) for s in samples)


def decoded_numbers(samples):
    return torch_list(decode(int(s["n"])) for s in samples)


def streaming_rank(rank, world, port, where, workers, state, steps, canonical, kind, out):
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(world), LOCAL_RANK=str(rank), LOCAL_WORLD_SIZE=str(world),
                      MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    try:
        import torch.distributed as dist
        from streaming import Stream, StreamingDataLoader, StreamingDataset
        if world > 1:
            dist.init_process_group("gloo", rank=rank, world_size=world)
        kwargs = dict(shuffle=True, shuffle_seed=3, batch_size=BATCH // world, num_canonical_nodes=canonical)
        if kind == "mixture":
            ds = StreamingDataset(streams=[Stream(local=where + "/mds", proportion=0.7), Stream(local=where + "/mds2", proportion=0.3)], **kwargs)
        else:
            ds = StreamingDataset(local=where + "/mds", **kwargs)
        loader = StreamingDataLoader(ds, batch_size=BATCH // world, num_workers=workers,
                                     collate_fn=decoded_numbers if kind == "bad" else numbers)
        if state:
            loader.load_state_dict(state)
        batches = []
        for b in loader:
            batches.append([int(x) for x in b])
            if len(batches) == steps:
                break
        out.put((rank, batches, loader.state_dict(), ""))
    except Exception as e:
        out.put((rank, [], None, f"{type(e).__name__}: {e}"))
    out.close()
    out.join_thread()
    os._exit(0)  # its worker processes would be waited for


def streaming_run(where, hosts, steps, workers=0, state=None, canonical=1, kind="plain"):
    from streaming.base.util import clean_stale_shared_memory
    clean_stale_shared_memory()  # of ranks that ended at once
    context, ranks = multiprocessing.get_context("spawn"), []
    out = context.Queue()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    for r in range(hosts):
        p = context.Process(target=streaming_rank, args=(r, hosts, port, where, workers, state, steps, canonical, kind, out))
        p.start()
        ranks.append(p)
    try:
        found = sorted([out.get(timeout=240) for _ in ranks], key=lambda x: x[0])
    except queue.Empty:
        raise RuntimeError("the ranks gave nothing within 240 s") from None
    finally:
        for p in ranks:
            p.join(1)
            if p.is_alive():
                p.kill()
    if found[0][3]:
        raise RuntimeError(found[0][3])
    return joined([f[1] for f in found]), found[0][2]


def streaming_report(where):
    from streaming import MDSWriter
    for name, first in (("mds", 0), ("mds2", N)):
        with MDSWriter(out=f"{where}/{name}", columns={"n": "int"}, size_limit=2000) as w:
            for i in range(N):
                w.write({"n": first + i})
    straight, _ = streaming_run(where, 1, STEPS)
    print("workers 0 1 2 4:", [attempt(lambda w=w: compare(streaming_run(where, 1, STEPS, w)[0], straight)) for w in (0, 1, 2, 4)])

    def resumed(kind, before, after):
        want, _ = streaming_run(where, before, STEPS, kind=kind)
        first, state = streaming_run(where, before, CUT, kind=kind)
        rest, _ = streaming_run(where, after, STEPS - CUT, state=state, kind=kind)
        return compare(first + rest, want)

    for kind in ("plain", "mixture"):
        print(f"{kind}: resume 1 -> 1, 1 -> 2, 2 -> 1 hosts:",
              [attempt(lambda a=a, b=b: resumed(kind, a, b)) for a, b in ((1, 1), (1, 2), (2, 1))])
    print("undecodable sample:", attempt(lambda: streaming_run(where, 1, 50, kind="bad")[0][0]))


# ---------------------------------------------------------------- tars, for two loaders

def write_tars(folder, first):
    os.makedirs(folder, exist_ok=True)
    for shard in range(12):
        with tarfile.open(f"{folder}/shard-{shard:03d}.tar", "w") as tar:
            for i in range(shard * N // 12, (shard + 1) * N // 12):
                content = json.dumps({"n": first + i}).encode()
                info = tarfile.TarInfo(f"{first + i:06d}.json")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


def webdataset_report(where):
    import webdataset as wds

    def made(workers, hosts=1, kind="plain", steps=STEPS, start=0):
        parts = []
        for h in range(hosts):
            os.environ.update(RANK=str(h), WORLD_SIZE=str(hosts))
            def number(s):
                n = json.loads(s["json"])["n"]
                return decode(n) if kind == "bad" else n
            ds = wds.WebDataset(where + "/tars/shard-{000..011}.tar", shardshuffle=12, seed=3, nodesplitter=wds.split_by_node).shuffle(100, seed=3)
            ds = ds.map(number, handler=wds.warn_and_continue if kind == "bad-handled" else wds.reraise_exception)
            if kind == "filter":
                ds = ds.select(lambda n: n % 5 != 0)
            loader = wds.WebLoader(ds.batched(BATCH // hosts, collation_fn=list), batch_size=None, num_workers=workers)
            parts.append([list(map(int, b)) for b, _ in zip(loader, range(start + steps))][start:])
        return joined(parts)

    straight = made(0)
    print("twice the same:", attempt(lambda: compare(made(0), straight)))
    print("workers 1 2 4:", [attempt(lambda w=w: compare(made(w), straight)) for w in (1, 2, 4)])
    print("hosts 2 4:", [attempt(lambda h=h: compare(made(0, h), straight)) for h in (2, 4)])
    print("saved state:", "none" if not hasattr(wds.WebDataset, "state_dict") else "there is one")
    print("undecodable sample:", attempt(lambda: made(0, kind="bad", steps=60)[0]))


def energon_report(where):
    from megatron.energon import (DefaultTaskEncoder, WorkerConfig, get_savable_loader, get_train_dataset, Cooker, Sample, basic_sample_keys, edataclass, stateless)
    import subprocess
    for name in ("tars", "tars2"):
        subprocess.run([sys.executable, "-m", "megatron.energon.cli.main", "prepare", f"{where}/{name}", "--non-interactive",
                        "--split-parts", "train:.*", "--force-overwrite"], check=True, capture_output=True)
        with open(f"{where}/{name}/.nv-meta/dataset.yaml", "w") as f:
            f.write("__module__: megatron.energon\n__class__: CrudeWebdataset\n")
    with open(f"{where}/mixture.yaml", "w") as f:
        f.write("__module__: megatron.energon\n__class__: MetadatasetV2\nsplits:\n  train:\n    blend:\n"
                f"      - {{weight: 0.7, path: {where}/tars}}\n      - {{weight: 0.3, path: {where}/tars2}}\n")

    @edataclass
    class One(Sample):
        n: int

    def encoder(kind):
        @stateless
        def cook(sample):
            n = (sample["json"] if isinstance(sample["json"], dict) else json.loads(sample["json"]))["n"]
            return One(**basic_sample_keys(sample), n=decode(n) if kind == "bad" else n)

        class Encoder(DefaultTaskEncoder):
            cookers = [Cooker(cook)]

            def batch(self, samples):
                return [s.n for s in samples]

        return Encoder()

    def made(hosts, workers, steps, states=None, kind="plain"):
        parts, after = [], []
        for h in range(hosts):
            ds = get_train_dataset(where + ("/mixture.yaml" if kind == "mixture" else "/tars"), batch_size=BATCH // hosts,
                                   worker_config=WorkerConfig(rank=h, world_size=hosts, num_workers=workers, seed_offset=3),
                                   shuffle_buffer_size=100, max_samples_per_sequence=50, task_encoder=encoder(kind))
            loader = get_savable_loader(ds, checkpoint_every_sec=0, checkpoint_every_min_n_samples=1)
            if states:
                loader.restore_state_rank(states[h])
            it = iter(loader)
            parts.append([list(map(int, next(it))) for _ in range(steps)])
            after.append(loader.save_state_rank())
            del it, loader
        return joined(parts), after

    straight, _ = made(1, 0, STEPS)
    print("workers 0 1 2 4:", [attempt(lambda w=w: compare(made(1, w, STEPS)[0], straight)) for w in (0, 1, 2, 4)])
    print("world x workers kept, 1x4 2x2 4x1:", [attempt(lambda h=h, w=w: compare(made(h, w, STEPS)[0], made(1, 4, STEPS)[0])) for h, w in ((2, 2), (4, 1))])

    def resumed(kind, before, after, workers):
        want, _ = made(before, workers, STEPS, kind=kind)
        first, states = made(before, workers, CUT, kind=kind)
        rest, _ = made(after, workers, STEPS - CUT, states, kind=kind)
        return compare(first + rest, want)

    for kind in ("plain", "mixture"):
        print(f"{kind}: resume 1 -> 1, 2 -> 2, 2 -> 1, 2 -> 4 hosts, 1 worker:",
              [attempt(lambda a=a, b=b: resumed(kind, a, b, 1)) for a, b in ((1, 1), (2, 2), (2, 1), (2, 4))])
    print("undecodable sample:", attempt(lambda: compare(made(1, 0, STEPS, kind="bad")[0], straight)))


def main():
    names = sys.argv[1:] or ["grain", "streaming", "webdataset", "energon"]
    packages = {"grain": "grain", "streaming": "mosaicml-streaming", "webdataset": "webdataset", "energon": "megatron-energon"}
    with tempfile.TemporaryDirectory() as where:
        write_tars(where + "/tars", 0)
        write_tars(where + "/tars2", N)
        for name in names:
            print(f"== {packages[name]} {version(packages[name])}")
            if name == "grain":
                result = attempt(grain_report)
            else:
                result = attempt(lambda: globals()[name + "_report"](where))
            if result:
                print(result)


if __name__ == "__main__":
    main()
