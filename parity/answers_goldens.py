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
    "MMMU": "MMMU-Benchmark/MMMU bb0b95a",
    "MMStar": "MMStar-Benchmark/MMStar 88f243a",
    "ScienceQA": "lupantech/ScienceQA 2cbf831",
    "LLaVA": "haotian-liu/LLaVA c121f04",
    "POPE": "RUCAIBox/POPE 3df3ba1",
    "RBDash": "RBDash-Team/RBDash ff54973 (MME's eval_tool/calculation.py)",
    "MultimodalOCR": "Yuliang-Liu/MultimodalOCR 794c36d",
    "nlvr": "lil-lab/nlvr 1892484",
    "VCoder": "SHI-Labs/VCoder 4e85ace (GQA's eval.py)",
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


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    module.__getattr__ = lambda attribute: (lambda *a, **k: (lambda f: f))
    module.__path__ = []
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)
    return module


def load(path, *absent):
    """Runs one file of a repository; absent name the modules that it imports and the metric does not need."""
    for name in absent:
        stand_in(name)
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
    stand_in("load_aokvqa", load_aokvqa=None)
    eval_aokvqa = load(repos / "aokvqa/evaluation/eval_predictions.py").eval_aokvqa
    source = (repos / "vlm-evaluation/vlm_eval/util/evaluation/vizwiz/eval.py").read_text()
    scope = {}
    source = source.replace("`", "’").replace('"’"', '"`"')
    exec(compile(source, "vizwiz/eval.py", "exec"), scope)  # noqa: S102
    scope["VQAEval"].updateProgress = lambda self, progress: None
    lmms = repos / "lmms-eval/lmms_eval/tasks"
    stand_in("lmms_eval"), stand_in("lmms_eval.tasks"), stand_in("lmms_eval.tasks._task_utils"), stand_in("lmms_eval.tasks._task_utils.file_utils"), stand_in("loguru", logger=None)
    sys.modules["lmms_eval.tasks._task_utils.vqa_eval_metric"] = load(lmms / "_task_utils/vqa_eval_metric.py")
    lmms_vqa, textvqa = load(lmms / "vqav2/utils.py"), load(lmms / "textvqa/utils.py")
    okvqa, vizwiz = load(lmms / "ok_vqa/utils.py"), load(lmms / "vizwiz_vqa/utils.py")
    import numpy as np

    punctuation = functions(repos / "VLMEvalKit/vlmeval/smp/misc.py", "process_punctuation")[0]
    stand_in("vlmeval"), stand_in("vlmeval.smp", istype=lambda s, t: isinstance(eval(s), t), listinstr=lambda names, s: any(n in s for n in names), process_punctuation=punctuation)
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
    stand_in("pycocoevalcap.tokenizer.ptbtokenizer"), stand_in("pycocoevalcap.cider.cider"), stand_in("pycocoevalcap"), stand_in("pycocoevalcap.tokenizer"), stand_in("pycocoevalcap.cider")
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
    stand_in("pycocoevalcap.tokenizer.ptbtokenizer"), stand_in("pycocoevalcap.cider.cider")
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


# ---------------------------------------------------------------------------------------------------------------------
# Extraction

PHRASES = [
    "{}", "{}.", "({})", "({}).", "{})", "{}:", " {} ", "Answer: {}", "The answer is {}.", "The answer is {}", "the answer is {}.", "The correct answer is **{}**.",
    "The correct answer is ({}).", "Option {}", "option {}", "{}. {t}", "({}) {t}", "{t}", "{t}.", "I think it is {t} because of the colour of the bird.", "I choose {}",
    "Based on the image, the answer is {}. The other options are wrong.", "A man is shown, so the answer would be {}.", "{} and {o}", "It is either {} or {o}.", "not {}, but {o}",
    "The answer is {}. The answer is {o}.", "答案是{}", "정답은 {}입니다", "選{}", "answer is apple", "ANSWER IS {}", "anſwer is {}", "answer İs {}", "Sorry, I can't help with images of people yet.",
    "Cannot determine the answer", "Failed to obtain answer via API {}", "Z", "Z.", "I don't know", "{l}", "{l}.", "{l})", "the answer is {l}.", "({l})", "**{}**", "{}\n\nExplanation: {t}", "\n{}", "[{}]",
    "{{{}}}", "#{}", "'{}'", "\"{}\".", "There are 3 dogs. The answer is {}. Thanks.", "A is wrong, B is wrong, {} is right", "Let me think. {}: {t}", "The man (A) and the woman (B)", "", " ", "...",
]
OPTIONS = ["red", "Blue", "a dog", "the dog", "5", "15", "yes", "no", "", "İstanbul", "straße", "Σ", "north", "North pole", "both A and B", "none of the above", "<image 1>", "$x^2$", "犬"] + REAL


def choices(r):
    return [r.choice(OPTIONS) for _ in range(r.choice([2, 3, 4, 4, 4, 5, 6, 8]))]


def response(r, options):
    letter, other = (chr(65 + r.randrange(len(options) + (r.random() < 0.1))) for _ in range(2))
    if r.random() < 0.1:
        return text(r)
    phrase = r.choice(PHRASES).format(letter, t=r.choice(options), o=other, l=letter.lower())
    if r.random() < 0.2:
        phrase = text(r) + r.choice([" ", ". ", "\n", ""]) + phrase
    return near(r, phrase) if r.random() < 0.3 else phrase


class Unparsed(Exception):
    pass


def guess(*_):
    raise Unparsed


def parse(f, *arguments):
    try:
        return f(*arguments)
    except Unparsed:
        return ""


def scienceqa_letter(path, repos):
    """The part of an owner's script that reads a letter, as a function of the response."""
    source = (repos / path).read_text()
    if "LLaVA" in path:
        body = source[source.index("        if pred_text in args.options:") : source.index("        analysis = {")]
        head = "def read(pred_text, prob, args):\n"
        tail = "        return pred_idx\n"
    else:
        body = "        " + source[source.index("pattern = re.compile(r'The answer") : source.index("    return answer, output")].replace("\n    ", "\n        ")
        head = "def read(output, prob, args):\n"
        tail = "        return get_pred_idx(answer, prob['choices'], args.options)\n"
    import textwrap

    scope = {"re": re, "random": types.SimpleNamespace(choice=guess)}
    scope["get_pred_idx"] = functions(repos / path, "get_pred_idx", random=scope["random"])[0]
    exec(head + textwrap.indent(textwrap.dedent(body), "        ") + tail, scope)  # noqa: S102
    options = argparse.Namespace(options=["A", "B", "C", "D", "E"])

    def read(response, choices):
        index = scope["read"](response, {"choices": choices}, options)
        return "" if index < 0 else chr(65 + index)

    return read


def choice(repos, r, cases):
    import numpy as np

    mmmu = load(repos / "MMMU/mmmu/utils/eval_utils.py")
    lmms = repos / "lmms-eval/lmms_eval/tasks"
    lmms_mmmu, mcq = load(lmms / "_task_utils/mmmu_mcq_utils.py"), load(lmms / "_task_utils/mcq_extract.py")
    lmms_scienceqa = load(lmms / "scienceqa/utils.py")
    mmmu.random = lmms_mmmu.random = types.SimpleNamespace(choice=guess)
    stand_in("vlmeval"), stand_in("vlmeval.smp"), stand_in("vlmeval.smp.log", get_logger=lambda name: None)
    kit = load(repos / "VLMEvalKit/vlmeval/utils/matching_util.py")
    owner, llava = scienceqa_letter("ScienceQA/models/run_gpt3.py", repos), scienceqa_letter("LLaVA/llava/eval/eval_science_qa.py", repos)
    stand_in("lmms_eval"), stand_in("lmms_eval.filters"), stand_in("lmms_eval.filters.extraction", ExtendedRegexFilter=object)
    ai2d_filter = load(lmms / "ai2d/utils.py").MultiChoiceRegexFilter()
    exact = functions(repos / "lmms-eval/lmms_eval/api/metrics.py", "exact_match_hf_evaluate", np=np, string=__import__("string"))[0]
    stand_in("big_vision"), stand_in("big_vision.evaluators"), stand_in("big_vision.evaluators.common"), stand_in("big_vision.pp"), stand_in("big_vision.pp.tokenizer"), stand_in("big_vision.utils")
    big_vision = load(repos / "big_vision/big_vision/evaluators/proj/paligemma/transfers/science_qa.py").Evaluator.postproc
    rows = []
    for _ in range(cases):
        options = choices(r)
        answer = response(r, options)
        letters = [chr(65 + i) for i in range(len(options))]
        texts = dict(zip(letters, options))
        kit_letter = kit.can_infer(answer, dict(texts))
        rows.append({
            "response": answer,
            "choices": options,
            "mmmu": parse(mmmu.parse_multi_choice_response, answer, letters, texts),
            "lmms_mmmu": parse(lmms_mmmu.parse_mmmu_multi_choice_response, answer, letters, texts),
            "lmms": mcq.extract_mcq_answer(answer, letters),
            "vlmevalkit": kit_letter if kit_letter and kit_letter != "Z" else "",
            "scienceqa": parse(owner, answer, options),
            "llava": parse(llava, answer, options),
            "lmms_scienceqa": "".join(l for i, l in enumerate(letters) if lmms_scienceqa.sqa_process_results({"choices": options, "answer": i}, [answer])["exact_match"]),
            "big_vision_scienceqa": big_vision(None, answer).upper().replace("FAILED", ""),
            "mmstar": "".join(l for l in letters if mmstar_right(repos, answer, l)),
            "lmms_ai2d": "".join(l for l in letters if exact([ai2d_filter.apply([[answer]], [None])[0]], [l], ignore_case=True, ignore_punctuation=True)["exact_match"]),
        })
    return rows


def mmstar_right(repos, predict, answer, cache={}):
    """The owners' comparison, cut out of a function that reads a spreadsheet."""
    if not cache:
        source = (repos / "MMStar/eval/vlmeval/evaluate/mmstar.py").read_text()
        body = source[source.index("        answer = answers.lower()") : source.index("    MMStar_score = {}")]
        body = body.replace("MMStar_score_l2[category][l2_category] += 1", "hits.append(1)")
        exec("def right(predict, answers):\n    hits = []\n    if True:\n" + body + "    return bool(hits)\n", cache)  # noqa: S102
    return cache["right"](predict, answer)


YES_NO = ["yes", "no", "Yes", "No", "YES", "NO", "not", "Not", "nothing", "none", "y", "n", "Y", "N", "y.", "yes,", "no,", "yes.", "No.", "yesterday", "know", "now", "nope", "yeah", "unknown", "a", "the image", "There is", "dog", ".", ",", "!", "1.5", "İ"]


def yesno(repos, r, cases):
    lmms = repos / "lmms-eval/lmms_eval/tasks"
    stand_in("loguru", logger=None)
    mme, pope = load(lmms / "mme/utils.py"), load(lmms / "pope/utils.py")
    punctuation = functions(repos / "VLMEvalKit/vlmeval/smp/misc.py", "process_punctuation")[0]
    kit = functions(repos / "VLMEvalKit/vlmeval/dataset/utils/yorn.py", "YOrN_Extraction", process_punctuation=punctuation)[0]
    owner = (repos / "POPE/evaluate.py").read_text()
    owner = owner[owner.index("for answer in answers:") : owner.index("for i in range(len(label_list)):")]
    mme_owner = functions(repos / "RBDash/rbdash-Eval/MME/eval_tool/calculation.py", "calculate_metrics")[0]()
    rows = []
    for _ in range(cases):
        s = "".join(r.choice(YES_NO) + r.choice([" ", " ", ", ", ". ", ""]) for _ in range(r.randint(1, 5))) if r.random() < 0.7 else r.choice([text(r), r.choice(YES_NO)])
        answers = [{"answer": s}]
        exec(owner, {"answers": answers})  # noqa: S102
        lmms_pope = pope.pope_process_results({"answer": "yes", "question_id": 0}, [s])["pope_accuracy"]["prediction"]
        rows.append({
            "response": s,
            "pope": answers[0]["answer"],
            "lmms": lmms_pope if lmms_pope in ("yes", "no") else "",
            "vlmevalkit": kit(s).lower().replace("unknown", ""),
            "mme": mme_owner.parse_pred_ans(s.lower()).replace("other", ""),
            "lmms_mme": mme.parse_pred_ans(s).replace("other", ""),
        })
    return rows


ENDS = ["so ", "is ", "The answer is ", "final answer ", "therefore ", "=", "x = ", "result ", "could be ", "\n", ". ", ", ", "is is ", "about "]
FIGURES = NUMBERS + "1,234 1,234,567 1,23 1,2345 12,345.67 -1,000 3.14 -2.5 .5 3. 3.14e5 1e-3 2E10 12e 3.5.7 100% $5.00 5kg x2 2x 1/2 ١٢٫٥ 1.005 2.675 0.125 1e400 (24/7)".split()


def mmmu_open(repos, r, cases):
    mmmu = load(repos / "MMMU/mmmu/utils/eval_utils.py")
    rows = []
    for _ in range(cases):
        answers = [r.choice([r.choice(FIGURES), text(r), number(r), r.choice("abcxyz5")]) for _ in range(r.choice([1, 1, 2]))]
        parts = [r.choice([r.choice(ENDS), r.choice(ENDS), r.choice(FIGURES), text(r), r.choice(answers), r.choice(answers)]) + r.choice(["", " ", ""]) for _ in range(r.randint(1, 6))]
        s = "".join(parts)
        rows.append({"response": s, "answers": answers, "right": mmmu.eval_open(answers, mmmu.parse_open_response(s)), "numbers": mmmu.extract_numbers(s)})
    return rows


def short(repos, r, cases):
    """Whole texts: counting, containment, equality."""
    import numpy as np

    stand_in("loguru", logger=None), stand_in("lmms_eval"), stand_in("lmms_eval.tasks"), stand_in("lmms_eval.tasks._task_utils"), stand_in("lmms_eval.tasks._task_utils.file_utils")
    stand_in("lmms_eval.filters"), stand_in("lmms_eval.filters.extraction", ExtendedRegexFilter=object), stand_in("lmms_eval.filters.transformation", MapFilter=object)
    lmms = repos / "lmms-eval/lmms_eval/tasks"
    sys.modules["lmms_eval.tasks._task_utils.mcq_extract"] = load(lmms / "_task_utils/mcq_extract.py")
    lmms_ocr, realworld = load(lmms / "ocrbench/utils.py"), load(lmms / "realworldqa/utils.py")
    exact = functions(repos / "lmms-eval/lmms_eval/api/metrics.py", "exact_match_hf_evaluate", np=np, string=__import__("string"))[0]
    owner = (repos / "MultimodalOCR/OCRBench/example.py").read_text()
    owner = owner[owner.index("        data[i]['result'] = 0") : owner.index("    save_json(data, os.path.join(args.output_folder,f")]
    stand_in("big_vision"), stand_in("big_vision.evaluators"), stand_in("big_vision.evaluators.common"), stand_in("big_vision.pp"), stand_in("big_vision.pp.tokenizer"), stand_in("big_vision.utils")
    tally = load(repos / "big_vision/big_vision/evaluators/proj/paligemma/transfers/tallyqa.py")._number_word_to_numeral
    kit_count = load(repos / "VLMEvalKit/vlmeval/dataset/utils/tallyqa.py").extract_count_from_prediction
    stand_in("vlmeval"), stand_in("vlmeval.smp", istype=lambda s, t: isinstance(eval(s), t), listinstr=None, process_punctuation=None)
    kit = load(repos / "VLMEvalKit/vlmeval/dataset/utils/vqa_eval.py")
    counts = ["zero", "One", "two", "TWENTY", "none", "eleven", "0", "1", "2", "12", "20", "21", "05", "3.5", "-4", "½", "２", "two dogs", "There are three.", "about 12 or 13"]

    def ocr(name, s, answers):
        data = [{"predict": s, "result": 0}]
        scope = {"data": data, "i": 0, "answers": list(answers), "dataset_name": name, "predict": s}
        exec("if True:\n" + owner, scope)  # noqa: S102
        return bool(data[0]["result"])

    rows = []
    for _ in range(cases):
        s, answers = asked(r, 1, 3)
        if r.random() < 0.3:
            s = text(r) + r.choice(["", " ", "\n"]) + r.choice(answers)
        if r.random() < 0.3:
            s, answers[0] = (r.choice(counts) for _ in range(2))
        letter = r.choice(["A", "b", "C ", "D", answers[0], answers[0]])
        reply = response(r, ["red", "blue", "green", "dog"]) if r.random() < 0.6 else s
        count = kit_count(s)
        rows.append({
            "prediction": s,
            "answers": answers,
            "ocrbench": ocr("textVQA", s, answers),
            "formula": ocr("HME100k", s, answers),
            "lmms_ocrbench": bool(lmms_ocr.ocrbench_process_results({"answer": answers, "dataset": "x", "question_type": ""}, [s])["ocrbench_accuracy"]["score"]),
            "lmms_same": any(bool(exact([s], [a], ignore_case=True, ignore_punctuation=True)["exact_match"]) for a in answers),
            "vlmevalkit_same": max(kit.process_line({"answer": repr(answers), "prediction": s}, "accuracy")["match"]) == 1,
            "tally": tally(s) == tally(answers[0]),
            "vlmevalkit_count": "" if count is None else str(count),
            "realworld": {"response": reply, "answer": letter, "right": bool(realworld.realworldqa_process_results({"answer": letter}, [reply])["exact_match"])},
        })
    return rows


def mme(repos, r, cases):
    import tempfile

    path = repos / "RBDash/rbdash-Eval/MME/eval_tool/calculation.py"
    owner = load(path)
    rows = []
    for _ in range(max(3, cases // 1000)):
        answers, right = {}, []
        for category in sum(owner.eval_type_dict.values(), []):
            lines = []
            for image in range(r.randint(3, 12)):
                for _ in range(2):
                    truth, said = r.choice(["yes", "no"]), r.choice(["Yes", "No", "yes.", "not", "maybe"])
                    lines.append(f"{image}.jpg\t?\t{truth.title()}\t{said}\n")
                    right.append({"category": category, "image": str(image), "truth": truth, "response": said})
            answers[category] = lines
        with tempfile.TemporaryDirectory() as folder:
            for category, lines in answers.items():
                pathlib.Path(folder, category + ".txt").write_text("".join(lines))
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                owner.calculate_metrics().process_result(folder)
        totals = [float(x) for x in re.findall(r"total score: ([\d.]+)", printed.getvalue())]
        scores = {name: float(score) for name, score in re.findall(r"(\w+)  score: ([\d.]+)", printed.getvalue())}
        rows.append({"answers": right, "perception": totals[0], "cognition": totals[1], "scores": scores})
    return rows


def pope(repos, r, cases):
    owner = (repos / "POPE/evaluate.py").read_text()
    rows = []
    for _ in range(max(20, cases // 100)):
        pairs = [(r.choice(["yes", "no"]), r.choice(YES_NO)) for _ in range(r.randint(20, 60))]
        pairs += [("yes", "yes")]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            source = owner[owner.index("for answer in answers:") :]
            exec(source, {"answers": [{"answer": s} for _, s in pairs], "label_list": [t for t, _ in pairs]})  # noqa: S102
        values = [float(v) for v in re.findall(r": ([\d.]+)", printed.getvalue())]
        rows.append({"truths": [t for t, _ in pairs], "responses": [s for _, s in pairs], "accuracy": values[0], "precision": values[1], "recall": values[2], "f1": values[3], "yes_ratio": values[4]})
    return rows


def gqa(repos, r, cases):
    import subprocess
    import tempfile

    vocabulary = ["yes", "no", "red", "blue", "dog", "left", "color", "material", "wood"]
    rows = []
    for _ in range(max(3, cases // 1000)):
        ids = [f"{i:08d}" for i in range(60)]
        questions = {
            i: {
                "question": " ".join(r.choice(["Is", "the", "dog", "red"]) for _ in range(r.randint(3, 9))) + "?",
                "answer": r.choice(vocabulary),
                "isBalanced": r.random() < 0.6,
                "imageId": "1",
                "types": {"structural": r.choice(["query", "verify", "logical", "compare", "choose"]), "semantic": r.choice(["attr", "rel", "obj", "cat", "global"]), "detailed": r.choice(["relS", "twoCommon", "exist"])},
                "groups": {"global": r.choice([None, "color", "furniture", "animal"]), "local": None},
                "semantic": [{"operation": r.choice(["select", "exist", "query", "choose name", "verify color"]), "argument": r.choice(["dog (1)", "?", "name", "color"]), "dependencies": []} for _ in range(r.randint(1, 5))],
                "entailed": r.sample(ids, r.randint(0, 4)),
            }
            for i in ids
        }
        predictions = {i: q["answer"] if r.random() < 0.6 else r.choice(vocabulary) for i, q in questions.items()}
        options = {i: {"valid": r.sample(vocabulary, 5), "plausible": r.sample(vocabulary, 3)} for i in ids}
        source = (repos / "VCoder/playground/data/eval/gqa/data/eval/eval.py").read_text() + "\nprint('JSON' + json.dumps({'scores': scores, 'd': scores['distribution']}))\n"
        with tempfile.TemporaryDirectory() as folder:
            write = lambda name, value: pathlib.Path(folder, name).write_text(json.dumps(value))
            write("val_questions.json", questions), write("val_choices.json", options), write("val_sceneGraphs.json", {})
            write("val_predictions.json", [{"questionId": i, "prediction": p} for i, p in predictions.items()])
            pathlib.Path(folder, "eval.py").write_text(source), pathlib.Path(folder, "tqdm.py").write_text("tqdm = lambda x: x\n")
            run = subprocess.run([sys.executable, "eval.py", "--consistency"], cwd=folder, capture_output=True, text=True, check=True)
        scores = json.loads(run.stdout.split("JSON")[1])["scores"]
        for question in questions.values():
            del question["imageId"]
        rows.append({"questions": questions, "predictions": predictions, "choices": options, "scores": scores})
    return rows


def nlvr(repos, r, cases):
    """NLVR's and NLVR2's own scripts on files in their format."""
    import subprocess
    import tempfile

    rows = []
    for name, script in (("nlvr", "nlvr/metrics_images.py"), ("nlvr2", "nlvr2/eval/metrics.py")):
        for _ in range(4):
            examples, predictions = [], []
            say = lambda label: r.choice([label, label, label, label.lower(), label.upper(), "True", "false", "maybe", ""])
            for sentence in range(12):
                for image in range(r.randint(1, 4)):
                    label = r.choice(["True", "False"])
                    if name == "nlvr":
                        examples.append({"sentence": "s", "identifier": f"{sentence}-{image}", "label": label.lower(), "directory": "0"})
                        predictions += [f"dev-{sentence}-{image}-{k}.png,{say(label)}" for k in range(6)]
                    else:
                        examples.append({"sentence": "s", "identifier": f"dev-{sentence}-{image}-{sentence % 2}", "label": label})
                        predictions.append(f"dev-{sentence}-{image}-{sentence % 2},{say(label)}")
            r.shuffle(predictions)
            with tempfile.TemporaryDirectory() as folder:
                said, right = pathlib.Path(folder, "p.csv"), pathlib.Path(folder, "dev.json")
                said.write_text("\n".join(predictions) + "\n")
                right.write_text("\n".join(json.dumps(e) for e in examples) + "\n")
                printed = subprocess.run([sys.executable, repos / "nlvr" / script, said, right], capture_output=True, text=True, check=True).stdout
            accuracy, consistency = (float(line.split("=")[1]) for line in printed.split())
            rows.append({"name": name, "examples": examples, "predictions": predictions, "accuracy": accuracy, "consistency": consistency})
    return rows


# ---------------------------------------------------------------------------------------------------------------------
# Texts of several words

PROSE = (
    "The quick brown fox jumps over the lazy dog. A man's hat, $3.50 (about 1,000.5) and e.g. U.S.A.! don't well-known 10-20 3-D it's 'quoted' \"said\" & &amp; &quot;x&quot; "
    "<skipped> http://x.y/z?a=b 50% #1 @user ... -- — – “curly” ‘q’ «g» ¿Qué? ¡Sí! naïve café Straße Москва, город. 犬が走る。 你好，世界！ 2024年5月 ３．５ 한국어 문장. مرحبا، بالعالم؟ "
    "→ ∑ x² ½ € £5 ¥100 😀 a/b c_d e*f g+h i=j k~l m^n o`p [q] {r} s|t u;v w:x 1.2.3 ,5 5, .5 5. 7,8,9"
).split(" ")


def prose(r):
    return "".join(r.choice(PROSE if r.random() < 0.9 else STRANGE) + r.choice([" ", " ", " ", "", "  ", "\t"]) for _ in range(r.randint(0, 14)))


def corpora(repos, r, cases):
    """Corpora of texts with one to three references each."""
    import jiwer
    import sacrebleu

    rows = []
    for _ in range(max(40, cases // 20)):
        candidates, references = [], []
        for _ in range(r.randint(1, 6)):
            reference = prose(r)
            words = reference.split(" ")
            r.random() < 0.5 and r.shuffle(words)
            candidates.append(" ".join(w for w in words if r.random() < 0.85) if r.random() < 0.8 else prose(r))
            references.append([reference] + [near(r, r.choice([reference, prose(r)])) for _ in range(2)])
        streams = list(zip(*references))
        bleu = {name: sacrebleu.BLEU(tokenize=name).corpus_score(candidates, streams).score / 100 for name in ("13a", "intl", "char", "zh", "none")}
        first = [x[0] for x in references]
        rows.append({
            "candidates": candidates,
            "references": references,
            "bleu": bleu,
            "chrf": sacrebleu.CHRF().corpus_score(candidates, streams).score / 100,
            "chrf_plus": sacrebleu.CHRF(word_order=2).corpus_score(candidates, streams).score / 100,
            "wer": float(jiwer.process_words(first, candidates).wer),
            "cer": float(jiwer.process_characters(first, candidates).cer),
        })
    return rows


def tokens(repos, r, cases):
    import sacrebleu

    tokenizers = {name: sacrebleu.BLEU(tokenize=name)._preprocess_segment for name in ("13a", "intl", "char", "zh", "none")}
    texts = [r.choice([prose, text])(r) for _ in range(cases)] + [chr(c) for c in (0x2000, 0x2001, 0x2A6D, 0x2A6E, 0x2F80, 0x20000, 0x2FDF, 0x3041)]
    return [{"text": t, "tokens": {name: f(t) for name, f in tokenizers.items()}} for t in texts]


def calibration(repos, r, cases):
    """The formula of Guo et al. written with NumPy, after gpleiss/temperature_scaling."""
    import numpy as np

    rows = []
    for _ in range(max(40, cases // 20)):
        n, bins = r.randint(1, 40), r.choice([1, 5, 10, 15])
        confidences = np.array([r.choice([r.random(), round(r.random(), 1), 1.0, 0.2]) for _ in range(n)])
        right = np.array([r.random() < c for c in confidences])
        edges, ece = np.linspace(0, 1, bins + 1), 0.0
        for low, high in zip(edges[:-1], edges[1:]):
            inside = (confidences > low) & (confidences <= high)
            if inside.any():
                ece += abs(confidences[inside].mean() - right[inside].mean()) * inside.mean()
        rows.append({"confidences": confidences.tolist(), "right": right.tolist(), "bins": bins, "ece": float(ece)})
    return rows


GROUPS = [vqa, soft, anls, relaxed, squad, unanswerable, casing, choice, yesno, mmmu_open, short, mme, pope, gqa, nlvr, corpora, tokens, calibration]


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
