"""Scores files in the form of VQA v2.0 with the owner's script and prints the accuracy and the seconds as JSON.

    python bench/vqav2/peer.py CHECKOUT FOLDER

CHECKOUT is one of https://github.com/GT-Vision-Lab/VQA. Its scripts are of Python 2: their print statements are turned
into calls and tabs into spaces; nothing else is changed.
"""

import contextlib
import io
import json
import pathlib
import re
import sys
import time


def load(path, name):
    """Returns a class of a script of Python 2."""
    text = path.read_text(encoding="utf-8").expandtabs(8)
    text = re.sub(r"^(\s*)print (.*)$", r"\1print(\2)", text, flags=re.MULTILINE)
    scope = {"__name__": name}
    exec(compile(text, str(path), "exec"), scope)
    return scope[name]


def main():
    checkout, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    vqa_class = load(checkout / "PythonHelperTools" / "vqaTools" / "vqa.py", "VQA")
    eval_class = load(checkout / "PythonEvaluationTools" / "vqaEvaluation" / "vqaEval.py", "VQAEval")
    with contextlib.redirect_stdout(io.StringIO()):
        vqa = vqa_class(str(folder / "annotations.json"), str(folder / "questions.json"))
        results = vqa.loadRes(str(folder / "predictions.json"), str(folder / "questions.json"))
        began = time.time()
        evaluation = eval_class(vqa, results, n=9)
        evaluation.evaluate()
    print(json.dumps({"seconds": time.time() - began, "accuracy": sum(evaluation.evalQA.values()) / len(evaluation.evalQA)}))


if __name__ == "__main__":
    main()
