"""Writes small benchmark files in the forms of Hugging Face and VLMEvalKit, and what the owners' code scores on them.

    pip install -r parity/requirements-answers.txt -r parity/requirements-benchmarks.txt
    python parity/benchmark_tables.py --repos DIR [--out evalsuite/benchmarks/testdata]

DIR has clones of VLMEvalKit, MMStar, MMMU, ScienceQA and NExT-QA under these names, at the commits in
parity/answers_goldens.py (NExT-QA: doc-doc/NExT-QA 6b92588). The images are made up.
"""

import argparse
import ast
import base64
import contextlib
import copy
import importlib.util
import io
import json
import pathlib
import random
import re
import string
import sys
import types

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
COLOURS = ["red", "blue", "green", "white", "a dog", "the cat", "5", "15"]
REPLIES = ["{}", "{}.", "({})", "The answer is {}.", "Option {}", "{t}", "I think it is {t}.", "{}. {t}", "not sure", "A dog is shown", "Sorry, I can't help with images of people yet.", "{l}", "", "both {} and {o}"]


def functions(path, *names, **given):
    """Only the named functions and constants of a file whose imports are not at hand."""
    tree = ast.parse(pathlib.Path(path).read_text())
    wanted = lambda node: getattr(node, "name", None) in names or isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in names
    tree.body = [node for node in tree.body if wanted(node)]
    scope = {"re": re, "string": string, "pd": pd, "random": random, **given}
    exec(compile(ast.fix_missing_locations(tree), str(path), "exec"), scope)  # noqa: S102
    return [scope[name] for name in names]


def reply(r, options, right):
    letter, other = (string.ascii_uppercase[r.randrange(len(options))] for _ in range(2))
    if r.random() < 0.6:
        letter = right
    return r.choice(REPLIES).format(letter, t=options[string.ascii_uppercase.index(letter)], o=other, l=letter.lower())


def image(rows):
    return pa.array([{"bytes": PNG, "path": f"{n}.png"} for n in range(len(rows))], pa.struct([("bytes", pa.binary()), ("path", pa.string())]))


def mmstar(repos, r, out):
    """MMStar's Parquet file and its owners' evaluation of answers to it."""
    source = (repos / "MMStar/eval/vlmeval/evaluate/mmstar.py").read_text().replace("from vlmeval.smp import *", "")
    names = re.search(r"MMStar_score_l2 = (\{.*?\n    \})", source, re.S).group(1)
    groups = [(category, fine) for category, all in ast.literal_eval(names).items() for fine in all]
    rows = []
    for n in range(90):
        category, fine = groups[n % len(groups)]
        options = r.sample(COLOURS, 4)
        rows.append({"index": n, "question": "Which?\nOptions: " + ", ".join(f"{l}: {t}" for l, t in zip("ABCD", options)), "answer": r.choice("ABCD"), "category": category, "l2_category": fine, "bench": "MMMU", "options": options})
    predictions = {str(row["index"]): reply(r, row["options"], row["answer"]) for row in rows}
    columns = {name: [row[name] for row in rows] for name in ("index", "question", "answer", "category", "l2_category", "bench")}
    columns["image"] = image(rows)
    pq.write_table(pa.table(columns), out / "mmstar.parquet", compression="zstd")
    data = pd.DataFrame([{**row, "prediction": predictions[str(row["index"])]} for row in rows])
    kept = {}
    scope = {"deepcopy": copy.deepcopy, "tqdm": lambda x: x, "get_logger": lambda name: types.SimpleNamespace(info=lambda text: None), "load": lambda path: data, "dump": lambda score, path: kept.update(score)}
    exec(compile(source, "mmstar.py", "exec"), scope)  # noqa: S102
    scope["MMStar_eval"]("x.xlsx")
    fine = {re.fullmatch(r".*\((.*)\)", name).group(1): value for name, value in kept.items() if name.endswith(")")}
    return {"file": "mmstar.parquet", "predictions": predictions, "accuracy": kept["final score"] * 1500 / len(rows), "slices": {"l2_category": fine}}


def mmbench(repos, r, out):
    """MMBench's TSV with rotations, whose images are references, and VLMEvalKit's circular evaluation without a judge."""
    matching = repos / "VLMEvalKit/vlmeval/utils/matching_util.py"
    for name in ("vlmeval", "vlmeval.smp", "vlmeval.smp.log"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["vlmeval.smp.log"].get_logger = lambda name: None
    scope = {}
    exec(compile(matching.read_text(), "matching_util.py", "exec"), scope)  # noqa: S102
    prefetch = functions(repos / "VLMEvalKit/vlmeval/dataset/utils/multiple_choice.py", "build_choices", "prefetch_answer", "prefetch_circular_group", can_infer=scope["can_infer"])[2]
    rows = []
    for n in range(40):
        options, size = r.sample(COLOURS, 4), r.choice([2, 3, 4])
        options, category = options[:size], r.choice(["ocr", "color"])
        for k in range(size):
            rolled = options[k:] + options[:k]
            rows.append({"index": n + k * 1_000_000, "question": "Which?", **{l: rolled[i] if i < size else None for i, l in enumerate("ABCD")}, "answer": "ABCD"[rolled.index(options[0])], "category": category, "image": base64.b64encode(PNG).decode() if k == 0 else str(n)})
    table = pd.DataFrame(rows)
    table.to_csv(out / "mmbench.tsv", sep="\t", index=False)
    easy = {row["index"] % 1_000_000: r.random() < 0.5 for row in rows}
    said = [row["answer"] if easy[row["index"] % 1_000_000] else reply(r, [row[l] for l in "ABCD" if row[l]], row["answer"]) for row in rows]
    table["prediction"], table["GT"], table["group"] = said, table["answer"], table["index"] % 1_000_000
    hits, by = [], {}
    for _, group in table.groupby("group"):
        result = prefetch(group)
        hits.append(result["hit"] if result else 0)
        by.setdefault(group.iloc[0]["category"], []).append(hits[-1])
    mean = lambda values: sum(values) / len(values)
    return {"file": "mmbench.tsv", "predictions": dict(zip(map(str, table["index"]), said)), "accuracy_circular": mean(hits), "slices": {"category": {name: mean(values) for name, values in by.items()}}}


def mmmu(repos, r, out):
    """MMMU's Parquet file and its owners' evaluation, with no answer where they draw one."""
    class Unparsed(Exception):
        pass

    def guess(*_):
        raise Unparsed

    sys.path.insert(0, str(repos / "MMMU/mmmu"))
    spec = importlib.util.spec_from_file_location("mmmu_eval", repos / "MMMU/mmmu/utils/eval_utils.py")
    owner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(owner)
    owner.random = types.SimpleNamespace(choice=guess)
    domains = functions(repos / "MMMU/mmmu/utils/data_utils.py", "DOMAIN_CAT2SUB_CAT")[0]
    rows, said, right = [], {}, {}
    for n, subject in enumerate(s for all in domains.values() for s in all for _ in range(2)):
        ident, options = f"validation_{subject}_{n}", r.sample(COLOURS + ["it's", 'a "b"'], r.choice([2, 4, 5]))
        if r.random() < 0.25:
            answer = r.choice(["3", "['7', 'seven']", "0.25", "Paris"])
            gold = ast.literal_eval(answer) if answer.startswith("[") else answer
            rows.append({"id": ident, "question": "How many <image 1>?", "options": "[]", "answer": answer, "question_type": "open"})
            said[ident] = r.choice(["So it is 3.", "seven", "= 0.25", "paris", "I do not know"])
            right[subject, ident] = bool(owner.eval_open(gold, owner.parse_open_response(said[ident])))
        else:
            answer = string.ascii_uppercase[r.randrange(len(options))]
            rows.append({"id": ident, "question": "Which <image 1>?", "options": repr(options), "answer": answer, "question_type": "multiple-choice"})
            said[ident] = reply(r, options, answer)
            letters = list(string.ascii_uppercase[: len(options)])
            try:
                right[subject, ident] = owner.parse_multi_choice_response(said[ident], letters, dict(zip(letters, options))) == answer
            except Unparsed:
                right[subject, ident] = False
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns["subfield"], columns["topic_difficulty"], columns["image_1"] = ["x"] * len(rows), [r.choice(["Easy", "Hard"]) for _ in rows], image(rows)
    pq.write_table(pa.table(columns), out / "mmmu.parquet", compression="zstd")
    mean = lambda values: sum(values) / len(values)
    by = {domain: mean([ok for (subject, _), ok in right.items() if subject in all]) for domain, all in domains.items()}
    return {"file": "mmmu.parquet", "predictions": said, "accuracy": mean(list(right.values())), "slices": {"discipline": by}}


def nextqa(repos, r, out):
    """NExT-QA's CSV and its owners' eval_mc.py."""
    rows, said = [], {}
    for n in range(80):
        options = r.sample(COLOURS, 5)
        rows.append({"video": 4010 + n // 3, "frame_count": 300, "width": 640, "height": 480, "question": "why, then?", "answer": r.randrange(5), "qid": n, "type": ["CW", "CH", "TN", "TC", "TP", "DC", "DL", "DO"][n % 8], **{f"a{i}": t for i, t in enumerate(options)}})
        said[f"{rows[-1]['video']}_{n}"] = options[rows[-1]["answer"]] if r.random() < 0.6 else r.choice(options)
    table = pd.DataFrame(rows)
    table.to_csv(out / "nextqa.csv", index=False)
    preds = {f"{row['video']}_{row['qid']}": {"answer": row["answer"], "prediction": [row[f"a{i}"] for i in range(5)].index(said[f"{row['video']}_{row['qid']}"])} for row in rows}
    scope = {}
    source = (repos / "NExT-QA/eval_mc.py").read_text().replace("from utils import load_file", "").split("def main")[0]
    exec(compile(source, "eval_mc.py", "exec"), scope)  # noqa: S102
    scope["load_file"] = lambda path: table if path == "csv" else preds
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        scope["accuracy_metric"]("csv", "json")
    names, values, overall = printed.getvalue().strip().split("\n")
    scores = dict(zip(names.split(), map(float, values.split())))
    codes = {"Why": "CW", "How": "CH", "Bef&Aft": "TN", "When": "TC", "Cnt": "DC", "Loc": "DL", "Other": "DO"}
    return {"file": "nextqa.csv", "predictions": said, "rounded": True, "accuracy": float(overall.split()[1]) / 100,
            "slices": {"type": {codes[n]: v / 100 for n, v in scores.items() if n in codes}, "group": {n[-1]: v / 100 for n, v in scores.items() if n.startswith("Acc_")}}}


def scienceqa(repos, r, out):
    """ScienceQA's problems.json and the groups of its owners' evaluate_acc.py."""
    problems, said, results = {}, {}, {}
    for n in range(120):
        options = r.sample(COLOURS, r.choice([2, 3, 4]))
        problems[str(n)] = {"question": "Which?", "choices": options, "answer": r.randrange(len(options)), "hint": r.choice(["", "A text."]), "image": r.choice([None, "image.png"]), "split": "test",
                            "subject": r.choice(["natural science", "social science", "language science"]), "grade": f"grade{r.randint(1, 12)}", "topic": r.choice(["physics", "verbs"])}
        results[str(n)] = problems[str(n)]["answer"] if r.random() < 0.6 else r.randrange(len(options))
        said[str(n)] = f"The answer is {string.ascii_uppercase[results[str(n)]]}."
    (out / "problems.json").write_text(json.dumps(problems))
    source = (repos / "ScienceQA/tools/evaluate_acc.py").read_text().replace("assert num == 4241", "")
    scope = {"__name__": "evaluate_acc"}
    exec(compile(source, "evaluate_acc.py", "exec"), scope)  # noqa: S102
    files = iter([{"results": results}, problems])
    scope["json"] = types.SimpleNamespace(load=lambda f: next(files))
    scope["open"] = lambda *a: None
    scores = {name[4:]: float(value) / 100 for name, value in scope["get_scores"]("", "").items()}
    return {"file": "problems.json", "predictions": said, "rounded": True, "accuracy": scores["average"], "slices": {
        "subject": {f"{name} science": scores[name] for name in ("natural", "social", "language")},
        "context": {"text": scores["has_text"], "image": scores["has_image"], "none": scores["no_context"]},
        "grades": {"grade 1 to 6": scores["grade_1_6"], "grade 7 to 12": scores["grade_7_12"]}, "topic": {"physics": scores["physics"], "verbs": scores["verbs"]}}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repos", required=True, type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("evalsuite/benchmarks/testdata"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    results = {f.__name__: f(args.repos, random.Random(f.__name__), args.out) for f in (mmstar, mmbench, mmmu, nextqa, scienceqa)}
    (args.out / "scores.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n")


main()
