"""Writes a tiny T5 of transformers with random weights, and what it says by every way of decoding.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/decode_goldens.py

It writes models/decode/testdata/, which the Go tests read. Greedy decoding, its limits, and the filters of sampling are
transformers' own. The two beam searches are written here after their sources, which batch and pad what is one loop here:
T5X's t5x/decoding.py (beam_search) and big_vision's trainers/proj/paligemma/predict_fns.py (_beam_decode). Two pairs of
pieces have equal weights, so that there are ties.
"""

import copy
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import GenerationConfig, T5Config, T5ForConditionalGeneration
from transformers.generation import logits_process as filters

OUT = pathlib.Path(__file__).resolve().parent.parent / "models" / "decode" / "testdata"
VOCAB, EOS, SAMPLES, PROMPT = 48, 1, 4, 9
TIES = ((6, 7), (10, 11))


def model():
    config = T5Config(vocab_size=VOCAB, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_decoder_layers=2, num_heads=2,
                      feed_forward_proj="gated-silu", tie_word_embeddings=False, dropout_rate=0.0,
                      relative_attention_num_buckets=8, relative_attention_max_distance=12, decoder_start_token_id=0)
    m = T5ForConditionalGeneration(config)
    m.lm_head.weight = torch.nn.Parameter(torch.empty(VOCAB, 16))
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, p in sorted(m.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            p.copy_(1 + 0.1 * noise if "layer_norm" in name else noise * (0.6 if "lm_head" in name else 0.25))
        m.lm_head.weight[EOS] = 1.3 * torch.randn(16, generator=torch.Generator().manual_seed(22))  # answers end here and there
        for a, b in TIES:
            m.shared.weight[b] = m.shared.weight[a]
            m.lm_head.weight[a] *= 1.4
            m.lm_head.weight[b] = m.lm_head.weight[a]
    return m.eval()


class LogProbabilities:
    """The log probabilities of what follows an answer's beginning, in float64. Each is computed alone, so that ties are
    exact."""

    def __init__(self, m, ids):
        self.m, self.ids, self.known = copy.deepcopy(m).double(), ids, {}

    def __call__(self, sample, said):
        if (sample, said) not in self.known:
            ids = self.ids[sample:sample + 1]
            logits = self.m(input_ids=ids, attention_mask=(ids > 0).long(),
                            decoder_input_ids=torch.tensor([(0,) + said])).logits[0, -1]
            self.known[sample, said] = torch.log_softmax(logits.double(), -1).tolist()
        return self.known[sample, said]

    def of(self, sample, said):
        """The log probabilities of the ids of an answer."""
        return [self(sample, said[:i])[id] for i, id in enumerate(said)]


def top(candidates, k, score):
    """lax.top_k: of equal ones the first comes first."""
    return sorted(candidates, key=lambda c: -score(c))[:k]


def t5x_beams(logp, sample, beams, alpha, length):
    def penalty(n):
        return ((5 + n) / 6) ** alpha

    live, ended = [(0.0, ())], []
    for i in range(length):
        if len(ended) == beams and ended[-1][0] > live[0][0] / penalty(length + 1):  # max_decode_len += 1
            break
        candidates = [(total + p, said + (id,)) for total, said in live for id, p in enumerate(logp(sample, said))]
        candidates = top(candidates, 2 * beams, lambda c: c[0])
        live = [c for c in candidates if c[1][-1] != EOS][:beams]
        ended += [(total / penalty(i + 1), said) for total, said in candidates if said[-1] == EOS]
        ended = top(ended, beams, lambda c: c[0])
    return ended if ended else live


def bigvision_beams(logp, sample, beams, length):
    live, best = [(0.0, ())], None
    for _ in range(length):
        for total, said in live:
            now = (total + logp(sample, said)[EOS], said + (EOS,))
            if best is None or now[0] > best[0]:
                best = now
        candidates = []
        for total, said in live:
            likeliest = top(enumerate(logp(sample, said)), beams + 1, lambda c: c[1])
            candidates += [(total + p, said + (id,)) for id, p in likeliest if id != EOS]
        live = top(candidates, beams, lambda c: c[0])
        if live[0][0] < best[0]:
            break
    return [best]


def searches(logp):
    cases = []
    for beams in (2, 3, 4, 8):
        for length in (3, 8, 14):
            for alpha in (0.0, 0.6, 1.0, 2.5):
                cases.append(dict(rule="t5x", beams=beams, alpha=alpha, length=length))
            cases.append(dict(rule="bigvision", beams=beams, alpha=0.0, length=length))
    for case in cases:
        case["answers"] = []
        for sample in range(SAMPLES):
            if case["rule"] == "t5x":
                found = t5x_beams(logp, sample, case["beams"], case["alpha"], case["length"])
            else:
                found = bigvision_beams(logp, sample, case["beams"], case["length"])
            case["answers"].append([dict(ids=said, score=score, logps=logp.of(sample, said)) for score, said in found])
    return cases


def greedy(m, ids, logp):
    trie = [(3, 4), (3, 5, 9), (20,), (30, 31, 32), (30, 31, 33)]

    def next_of(said):
        said = tuple(said)
        out = {t[len(said)] for t in trie if t[:len(said)] == said and len(t) > len(said)}
        return sorted(out | ({EOS} if said in trie else set())) or [EOS]

    cases = [
        dict(length=14), dict(length=5), dict(length=14, min_length=6), dict(length=14, penalty=1.3),
        dict(length=14, penalty=0.6), dict(length=10, penalty=1.8, min_length=4), dict(length=14, ends=[1, 5, 9, 17]),
        dict(length=12, prefix=[13, 2]), dict(length=14, one_of=trie),
    ]
    for case in cases:
        rule = GenerationConfig(
            max_new_tokens=case["length"] - len(case.get("prefix", [])), num_beams=1, do_sample=False, use_cache=True,
            eos_token_id=case.get("ends", [EOS]), pad_token_id=0, decoder_start_token_id=0,
            min_new_tokens=case.get("min_length"), repetition_penalty=case.get("penalty", 1.0))
        more = {}
        if "prefix" in case:
            more["decoder_input_ids"] = torch.tensor([[0] + case["prefix"]]).repeat(SAMPLES, 1)
        if "one_of" in case:
            more["prefix_allowed_tokens_fn"] = lambda _, said: next_of(said.tolist()[1:])
        out = m.generate(ids, attention_mask=(ids > 0).long(), generation_config=rule, **more)
        case["answers"] = []
        for sample, row in enumerate(out.tolist()):
            said = row[1:]
            ends = [i for i, id in enumerate(said) if id in case.get("ends", [EOS])]
            said = tuple(said[:ends[0] + 1] if ends else said)
            case["answers"].append([dict(ids=said, logps=logp.of(sample, said))])
    return cases


def sampling():
    """Probabilities after transformers' filters, in the order in which generate applies them."""
    cases = []
    generator = torch.Generator().manual_seed(9)
    for temperature, k, p, least in ((1.0, 0, 0, 0), (0.7, 0, 0, 0), (2.0, 5, 0, 0), (1.0, 0, 0.8, 0), (0.5, 0, 0.95, 0),
                                     (1.3, 7, 0.6, 0), (1.0, 0, 0, 0.2), (1.5, 12, 0.9, 0.05), (1.0, 1, 0.5, 0.5)):
        logits = 3 * torch.randn(1, 30, generator=generator)
        scores = filters.TemperatureLogitsWarper(temperature)(None, logits)
        if k:
            scores = filters.TopKLogitsWarper(k)(None, scores)
        if p:
            scores = filters.TopPLogitsWarper(p)(None, scores)
        if least:
            scores = filters.MinPLogitsWarper(least)(None, scores)
        cases.append(dict(temperature=temperature, top_k=k, top_p=p, min_p=least, logits=logits[0].tolist(),
                          probabilities=torch.softmax(scores.double(), -1)[0].tolist()))
    return cases


def rounded(x):
    if isinstance(x, dict):
        return {k: rounded(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [rounded(v) for v in x]
    return float(f"{x:.9g}") if isinstance(x, float) else x


def main():
    torch.set_num_threads(1)
    m = model()
    ids = torch.randint(2, VOCAB, (SAMPLES, PROMPT), generator=torch.Generator().manual_seed(5))
    ids[1, 6:], ids[3, 3:] = 0, 0
    OUT.mkdir(parents=True, exist_ok=True)
    save_file({k: v.detach().contiguous() for k, v in m.named_parameters()}, OUT / "t5.safetensors", {"format": "pt"})
    with torch.inference_mode():
        logp = LogProbabilities(m, ids)
        found = dict(prompts=ids.tolist(), greedy=greedy(m, ids, logp), beams=searches(logp), sampling=sampling())
    text = json.dumps(rounded(found), separators=(",", ":")).replace('{"rule"', '\n{"rule"').replace('{"length"', '\n{"length"')
    (OUT / "decoded.json").write_text(text + "\n")


main()
