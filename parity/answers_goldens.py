"""Makes the golden files of the answer metrics in evalsuite/metrics from the reference implementations.

    pip install -r parity/requirements-answers.txt
    python parity/answers_goldens.py --repos DIR [--cases 300] [--out evalsuite/metrics/testdata/answers] [GROUP ...]

DIR has clones of the repositories in SOURCES, each under its own name. The committed files have 300 cases a metric; to
compare more, write them elsewhere and point the tests to them:

    python parity/answers_goldens.py --repos DIR --cases 10000 --out /tmp/answers
    ANSWERS_GOLDENS=/tmp/answers go test ./evalsuite/metrics
"""

import argparse
import contextlib
import importlib.util
import io
import json
import math
import pathlib
import random
import re
import sys
import types

SOURCES = {
    "VQA": "GT-Vision-Lab/VQA a013f00",
    "aokvqa": "allenai/aokvqa 83786de",
    "vlm-evaluation": "TRI-ML/vlm-evaluation d9f5896 (VizWiz's vqaEval.py; its backticks were typographic apostrophes)",
    "pix2struct": "google-research/pix2struct 945f27e",
    "Qwen-VL": "QwenLM/Qwen-VL aa00ed0 (infographicsvqa_eval.py of rrc.cvc.uab.es)",
    "denspi": "seominjoon/denspi fdb6017 (SQuAD's evaluate-v1.1.py)",
    "lmms-eval": "EvolvingLMMs-Lab/lmms-eval 75571cf",
    "VLMEvalKit": "open-compass/VLMEvalKit e8e78f0",
    "big_vision": "google-research/big_vision 0127fb6",
}

# ---------------------------------------------------------------------------------------------------------------------
# Texts

WORDS = (
    "yes no Yes YES two 2 zero none ten dog dogs cat red blue left right man woman frisbee tennis umbrella kitchen bathroom water "
    "coca cola pepsi marlboro heineken stop nike adidas samsung toyota boeing united airlines grass wood white black brown orange "
    "skateboard surfing baseball unanswerable unsuitable nothing unknown the a an of in on under behind it's its don't dont isnt "
    "he's hes yall'll somebodys o'clock hadn't've can't cant weve wheres whove couldn'tve dog's Dr. Mr. U.S. St. e.g. A B C D"
).split()
REAL = [
    "ITC Limited", "itc limited", "University of California, San Diego", "Food Safety", "$2,730", "2.730", "1/8/93", "November 11, 1985",
    "T.F. Riehl", "to the left of the dog", "hot dog", "basil leaves", "unanswerable", "black and white", "black & white", "3:45 pm",
    "www.flickr.com", "coca-cola", "coca cola", "coke", "7-eleven", "the new york times", "new york", "New  York", "7 up", "7up", "no. 1",
    "it's a dog", "its a dog", "a dog's bowl", "dogs bowl", "#22", "22", "twenty two", "R. J. Reynolds", "80 mg", "80mg", "0.28", "28%", "28",
    "Germany", "germany ", "[2014, 2015]", "2014", "2014.0", "12,000", "12000", "-5", "−5", "1e3", "1000", "Yes.", "No, it isn't.",
]
NUMBERS = (
    "0 0.0 -0 1 5 5% 5%% 5 % % .5 5. 0.05 5.24 5.25 5.26 95 100 105 105.0001 1,000 1000 977,633 977633 27 27% 27 percent 0.27 1e3 1E-3 1e999 "
    "-1e999 1e-999 inf -inf Infinity nan +nan -nan NaN% inf% 1_000 1__0 _1 1_ 1._5 ١٢ １２ 𝟙𝟚 𝟘 ² ½ Ⅳ 0x10 1e 1e+ e5 +5 --5 +-5 5e5% 12.5 12.50 $5 5$ "
    "١٢% 1٫5 12 1.5.2 3/4 2:30 2015"
).split(" ")
MARKS = list(";/[]\"{}()=+\\_-><@`,?!.'’:*#&%$|~^") + ["...", ", ", " ,", ". ", " .", "--", "- ", "n't", "'s"]
STRANGE = [
    "", " ", "\n", "\t", "\r", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u2003", "\u3000", "\u200b", "\ufeff", "\x00", "\x7f", "é", "e\u0301", "İ", "ı", "ß", "ẞ",
    "Σ", "ΟΔΟΣ", "σ", "ς", "ŉ", "ǰ", "ΐ", "ﬁ", "ﬃ", "ﬅ", "ᾳ", "ᾼ", "ῷ", "և", "犬", "犬が走る", "人", "हिन्दी", "ไทย", "한국어", "مرحبا", "שלום", "😀", "👩‍👩‍👧", "🇩🇪", "Ⅷ", "①", "٣", "𝟛",
    "ｙｅｓ", "Ａ", "（", "，", "。", "—", "–", "“a”", "the–a", "a_the", "1.5", "1,5", "1,,5", ",", ".", "..", "'", "''", "`", "<b>", "&amp;", "\\n", "\\",
]
SCRIPTS = [(0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x5D0, 0x5EA), (0x621, 0x64A), (0x905, 0x939), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2100, 0x218B), (0x3041, 0x30FE), (0x4E00, 0x4E80), (0xFB00, 0xFB17), (0xFF01, 0xFF5E), (0x1F600, 0x1F640)]


def text(r):
    kind = r.randrange(10)
    if kind < 2:
        return r.choice(REAL)
    if kind == 2:
        return r.choice(NUMBERS)
    if kind == 3:
        return r.choice(STRANGE)
    if kind < 7:
        joins = r.choice([(" ",), (" ",), (" ", ""), (" ", "  ", ", ", "-", "\n")])
        return "".join(r.choice(WORDS) + r.choice(joins) for _ in range(r.randint(1, 5))).rstrip(" " if r.random() < 0.8 else "")
    if kind == 7:
        return "".join(r.choice(r.choice([WORDS, MARKS, STRANGE, NUMBERS])) + r.choice(["", " "]) for _ in range(r.randint(1, 6)))
    low, high = r.choice(SCRIPTS)
    return "".join(chr(r.randint(low, high)) for _ in range(r.randint(0, 9))).encode("utf-8", "ignore").decode()


def near(r, s):
    """A text like s."""
    for _ in range(r.randint(0, 2)):
        i = r.randint(0, len(s))
        kind = r.randrange(9)
        if kind == 0:
            s = s[:i] + s[i + 1 :]
        elif kind == 1:
            s = s[:i] + r.choice("abeo01 .,'-?") + s[i:]
        elif kind == 2:
            s = s.upper()
        elif kind == 3:
            s = s.title()
        elif kind == 4:
            s = s.replace(" ", "  ")
        elif kind == 5:
            s = r.choice(["the ", "a ", " ", "\n", "A "]) + s
        elif kind == 6:
            s = s + r.choice([".", "!", " ", "\t", "%", "'s", " .", "?"])
        elif kind == 7:
            s = s.replace(" ", r.choice(["-", ",", ", ", "_", ""]))
    return s


def asked(r, fewest=1, most=10):
    """A prediction and people's answers."""
    pool = [text(r) for _ in range(r.randint(1, 4))]
    pool += [near(r, r.choice(pool)) for _ in range(r.randint(0, 3))]
    answers = [r.choice(pool) for _ in range(r.choice([most, most, r.randint(fewest, most)]))]
    return near(r, r.choice(pool)) if r.random() < 0.9 else text(r), answers


def number(r):
    value = r.choice([0, 1, 10, 100, 1000, 0.01]) * r.choice([1, r.random(), r.randint(1, 99), -r.random()])
    return r.choice([str(value), f"{value:.2f}", f"{value:.0f}", f"{value:g}%", f"{value:,.1f}", f" {value:.1f} "])


# ---------------------------------------------------------------------------------------------------------------------
# References


def stub(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    module.__getattr__ = lambda attribute: (lambda *a, **k: (lambda f: f))
    module.__path__ = []
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)
    return module


def load(path, *stubs):
    """Runs one file of a repository; stubs name the modules that it imports and the metric does not need."""
    for name in stubs:
        stub(name)
    name = "reference_" + re.sub(r"\W", "_", str(path))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions(path, *names, **given):
    """Only the named functions and constants of a file whose imports are not at hand."""
    import ast

    tree = ast.parse(pathlib.Path(path).read_text())
    wanted = lambda node: getattr(node, "name", None) in names or isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in names
    tree.body = [ast.ImportFrom("__future__", [ast.alias("annotations")], 0)] + [node for node in tree.body if wanted(node)]
    scope = {"re": re, "math": math, "random": random, **given}
    exec(compile(ast.fix_missing_locations(tree), str(path), "exec"), scope)  # noqa: S102
    return [scope[name] for name in names]


def official_vqa(repos):
    source = (repos / "VQA/PythonEvaluationTools/vqaEvaluation/vqaEval.py").read_text()
    scope = {}
    exec(compile(re.sub(r"^(\s*)print .*$", r"\1pass", source, flags=re.M), "vqaEval.py", "exec"), scope)  # noqa: S102
    scope["VQAEval"].updateProgress = lambda self, progress: None
    return scope["VQAEval"]


class Records:
    def __init__(self, qa):
        self.qa = qa

    def getQuesIds(self):
        return list(self.qa)


def vqa(repos, r, cases):
    """VQA v2, with lists of 2 to 10 answers."""
    rows = [dict(zip(("prediction", "answers"), asked(r, 2))) for _ in range(cases)]
    truth = {i: {"question_type": "what", "answer_type": "other", "answers": [{"answer": a} for a in row["answers"]]} for i, row in enumerate(rows)}
    for i, answers in enumerate(truth.values()):
        for j, answer in enumerate(answers["answers"]):
            answer["answer_id"] = j + 1
    run = official_vqa(repos)(Records(truth), Records({i: {"answer": row["prediction"]} for i, row in enumerate(rows)}), n=15)
    run.evaluate()
    for i, row in enumerate(rows):
        row["vqa"] = run.evalQA[i] / 100
    return rows


def soft(repos, r, cases):
    rows = [dict(zip(("prediction", "answers"), asked(r))) for _ in range(cases)]
    stub("load_aokvqa", load_aokvqa=None)
    eval_aokvqa = load(repos / "aokvqa/evaluation/eval_predictions.py").eval_aokvqa
    source = (repos / "vlm-evaluation/vlm_eval/util/evaluation/vizwiz/eval.py").read_text()
    scope = {}
    source = source.replace("`", "’").replace('"’"', '"`"')
    exec(compile(source, "vizwiz/eval.py", "exec"), scope)  # noqa: S102
    scope["VQAEval"].updateProgress = lambda self, progress: None
    lmms = repos / "lmms-eval/lmms_eval/tasks"
    stub("lmms_eval"), stub("lmms_eval.tasks"), stub("lmms_eval.tasks._task_utils"), stub("lmms_eval.tasks._task_utils.file_utils"), stub("loguru", logger=None)
    sys.modules["lmms_eval.tasks._task_utils.vqa_eval_metric"] = load(lmms / "_task_utils/vqa_eval_metric.py")
    lmms_vqa, textvqa = load(lmms / "vqav2/utils.py"), load(lmms / "textvqa/utils.py")
    okvqa, vizwiz = load(lmms / "ok_vqa/utils.py"), load(lmms / "vizwiz_vqa/utils.py")
    import numpy as np

    punctuation = functions(repos / "VLMEvalKit/vlmeval/smp/misc.py", "process_punctuation")[0]
    stub("vlmeval"), stub("vlmeval.smp", istype=lambda s, t: isinstance(eval(s), t), listinstr=lambda names, s: any(n in s for n in names), process_punctuation=punctuation)
    kit = load(repos / "VLMEvalKit/vlmeval/dataset/utils/vqa_eval.py")
    for row in rows:
        prediction, answers = row["prediction"], row["answers"]
        question = {"q": {"question_id": "q", "difficult_direct_answer": False, "choices": [], "direct_answers": answers}}
        row["soft"] = eval_aokvqa(question, {"q": prediction}) / 100
        run = scope["VQAEval"]({"q": {"answers": [{"answer": a} for a in answers]}}, {"q": {"answer": prediction}}, n=15)
        with contextlib.redirect_stdout(io.StringIO()):
            run.evaluate()
        row["vizwiz"] = run.evalQA["q"] / 100
        row["evalai"] = textvqa.textvqa_process_results({"answers": list(answers), "question_id": 0}, [prediction])["exact_match"]
        for other in (okvqa.ok_vqa_process_results, vizwiz.vizwiz_vqa_process_results):
            assert row["evalai"] == other({"answers": list(answers), "question_id": 0}, [prediction])["exact_match"]
        numbered = [{"answer": a, "answer_id": i} for i, a in enumerate(answers)]
        row["lmms_vqa"] = lmms_vqa.vqav2_process_results({"answers": numbered, "question_id": 0}, [prediction])["exact_match"]
        row["vlmevalkit"] = float(np.mean(kit.process_line({"answer": repr(answers), "prediction": prediction}, "vqa_score")["match"]))
    return rows


def anls(repos, r, cases):
    rows = [dict(zip(("prediction", "answers"), asked(r, 1, 4))) for _ in range(cases)]
    stub("pycocoevalcap.tokenizer.ptbtokenizer"), stub("pycocoevalcap.cider.cider"), stub("pycocoevalcap"), stub("pycocoevalcap.tokenizer"), stub("pycocoevalcap.cider")
    pix2struct = load(repos / "pix2struct/pix2struct/metrics.py")
    server = load(repos / "Qwen-VL/eval_mm/infographicsvqa_eval.py")
    distance, lmms = functions(repos / "lmms-eval/lmms_eval/api/metrics.py", "levenshtein_distance", "anls", register_metric=lambda **k: lambda f: f)
    from unittest import mock

    for row in rows:
        truth = {"data": [{"questionId": 1, "question": "", "answers": row["answers"]}]}
        files = iter([truth, [{"questionId": 1, "answer": row["prediction"]}]])
        with mock.patch.object(server.json, "load", lambda f: next(files)), mock.patch.object(server, "open", lambda *a: None, create=True):
            row["anls"] = float(server.evaluate_method("", "", argparse.Namespace(answer_types=False, anls_threshold=0.5))["result"]["score"])
        assert row["anls"] == lmms(row["answers"], [row["prediction"]])["anls"]
        if all(max(len(a), len(row["prediction"])) > 0 for a in row["answers"]):
            row["pix2struct"] = pix2struct.aggregate_metrics([row["answers"]], [row["prediction"]], pix2struct.anls_metric, lambda v: v.lower()) / 100
    return rows


def relaxed(repos, r, cases):
    stub("pycocoevalcap.tokenizer.ptbtokenizer"), stub("pycocoevalcap.cider.cider")
    pix2struct = load(repos / "pix2struct/pix2struct/metrics.py")
    lmms = load(repos / "lmms-eval/lmms_eval/tasks/chartqa/utils.py")
    rows = []
    for _ in range(cases):
        answer = r.choice([number, number, lambda r: r.choice(NUMBERS), text])(r)
        try:
            value = float(answer.rstrip("%"))
            prediction = f"{value * r.choice([0.949, 0.95, 0.951, 1, 1.049, 1.05, 1.051, r.uniform(0.9, 1.1)])}"
            prediction += "%" if answer.endswith("%") and r.random() < 0.8 else ""
        except ValueError:
            prediction = near(r, answer)
        if r.random() < 0.3:
            prediction = r.choice([answer, near(r, answer), r.choice(NUMBERS), text(r), number(r)])
        row = {"prediction": prediction, "answer": answer, "relaxed": pix2struct.relaxed_correctness(answer, prediction)}
        assert row["relaxed"] == lmms.relaxed_correctness(prediction, answer)
        rows.append(row)
    return rows


def squad(repos, r, cases):
    reference = load(repos / "denspi/evaluate-v1.1.py")
    rows = [dict(zip(("prediction", "answers"), asked(r, 1, 4))) for _ in range(cases)]
    for row in rows:
        row["f1"] = float(reference.metric_max_over_ground_truths(reference.f1_score, row["prediction"], row["answers"]))
        row["exact"] = float(reference.metric_max_over_ground_truths(reference.exact_match_score, row["prediction"], row["answers"]))
        row["normalized"] = reference.normalize_answer(row["prediction"])
    return rows


def unanswerable(repos, r, cases):
    from sklearn.metrics import average_precision_score, f1_score
    import numpy as np

    rows = []
    for _ in range(max(60, cases // 10)):
        n = r.randint(1, 30)
        answerable = [r.random() < r.choice([0.2, 0.7, 1]) for _ in range(n)]
        predicted = [r.choice([0, 0.5, 1, 0.25, r.random(), round(r.random(), 1)]) for _ in range(n)]
        labels, scores = 1 - np.array(answerable, int), 1.0 - np.array(predicted)
        rows.append({"answerable": answerable, "predicted": predicted, "average_precision": float(average_precision_score(labels, scores)), "f1": float(f1_score(labels, scores > 0.5))})
    return rows


def casing(repos, r, cases):
    """Every letter whose lower or upper case has another length, and random texts."""
    letters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    texts = [c for c in letters if len(c.upper()) > 1 or len(c.lower()) > 1] + [text(r) for _ in range(cases // 3)]
    return [{"text": t, "lower": t.lower(), "upper_length": len(t.upper()), "float": python_float(t)} for t in texts + NUMBERS]


def python_float(t):
    try:
        return repr(float(t))
    except ValueError:
        return ""


GROUPS = [vqa, soft, anls, relaxed, squad, unanswerable, casing]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repos", required=True, type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("evalsuite/metrics/testdata/answers"))
    parser.add_argument("groups", nargs="*")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for group in GROUPS:
        if args.groups and group.__name__ not in args.groups:
            continue
        rows = group(args.repos, random.Random(f"{group.__name__} 20261129"), args.cases)
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (args.out / f"{group.__name__}.json").write_text(f"[\n{lines}\n]\n")
        print(group.__name__, len(rows))


main()
