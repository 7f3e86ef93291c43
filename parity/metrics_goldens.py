"""Makes the golden files of evalsuite/metrics from the reference implementations.

    pip install -r parity/requirements-metrics.txt        # and a Java runtime
    python parity/metrics_goldens.py --vqa-eval vqaEval.py --captions captions.jsonl

vqaEval.py is PythonEvaluationTools/vqaEvaluation/vqaEval.py of GT-Vision-Lab/VQA, commit a013f00. It is written for
Python 2, so this script removes its print statements. captions.jsonl has one object per line with "captions": five
captions of a COCO image (here from haotian-liu/LLaVA, Apache-2.0).
Run it with PYTHONUTF8=1 and JAVA_TOOL_OPTIONS=-Dfile.encoding=UTF-8.
"""

import argparse
import json
import pathlib
import random
import re

from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

HARD = """
A man's dog can't run, cannot "jump", and gonna 'twas 'tis wanna lemme gimme gotta.
It's five o'clock; O'Neil & y'all don't DON'T they've we'll you'd I'm won't ain't
The U.S. Open and the U.S.-U.K. match in Washington, D.C. He saw Mr. Smith, Mrs. Jones and Dr. No.
Main St. and 5th Ave. near Blvd. Inc., Co. Ltd., etc.
This is vitamin C.
The next caption decides about the period above
Plan B.
not capital
e.g. i.e. a.m. p.m. Ph.D. No. 5 no. 5 fig. 3 ca. 1900 pp. 12
1/2 1 1/2 3-4 12/25/2010 3.5 3,500 $5 US$5 £5 €5 5% 5¢ 1,000.50 .5 -5 +5 10:30am 1990's '90s
½ of a pizza, 1¼ cups, ⅛ of an inch, x² and H₂O
c++ and C# and f# #1 #hashtag @someone foo@example.com www.example.com http://example.org/a?b=1. example.net
file.jpg photo.PNG, archive.tar.gz
(555) 555-1234 +1 555 123-4567 123.456.7890 555-1234
:) ;-) :P =D ^_^ (>_<) << >> < > -_-
<b>bold</b> <br/> <a href='x y'>link</a> &amp; &lt; &gt; &quot;q&quot; it&apos;s &nbsp; &mdash; caf&eacute; &hellip;
AT&T, R&D, AT&amp;T and Q&A
black-and-white t-shirt, co-ed, twenty-one, pro-life, anti-war, x-ray's, state-of-the-art. U.S.-made
a - b -- c --- d ---- e ----- f – g — h
wait... what.. really.... ok . . . yes . . . . . end…
What?! No!! Yes? no! a;b:c,d
"quoted" 'single' ``latex'' “curly” ‘single’ «guillemets» „low” ‚low‘ it’s can’t n’t
( parens ) [ brackets ] { braces } (nested (ones))
and/or he/she 1\\/2 back\\slash *star* ** a_b __init__ 50+50=100 ~5 ^ |
😀 a dog 🐶🐶 running 🧑🏽‍🚀 ❤️ ☺ ™ © ®
naïve café Ünïcode façade İstanbul ΣΟΦΟΣ Ὀδυσσεύς straße ﬁre
l'homme d'or L'Oréal qu'il c'est Cap'n 'n' rock'n'roll 'em 'til ol' somethin' s'mores Shi'ite
Собака бежит по траве. Кошка, которая спит!
犬が走っている。 猫（ねこ）、 「引用」
一只狗在草地上奔跑。
개가 풀밭을 달리고 있다.
कुत्ता घास पर दौड़ रहा है।
หมากำลังวิ่งบนหญ้า
كلب يجري على العشب، والقط نائم؟
כלב רץ על הדשא, וחתול ישן.
ένας σκύλος τρέχει· Ο ΣΚΥΛΟΣ ΜΟΥ
កុំព្យូទ័រ မြန်မာ ქართული አማርኛ தமிழ் తెలుగు বাংলা
soft\u00adhyphen no\u00a0break zero\u200bwidth wide\u3000space thin\u2009space \ufeffbom
5'6" tall 20x30 mp3 3D 3-D A+ 1st 2nd 1) a) x,y a,b-c J.R.R. Tolkien's

  leading and   inner   spaces  
S&P-500 C.D.s S&Ls U.S.S.R. non-U.S. pty. ltd Pty. Ltd. Ill. La. ore.
-LRB- -RRB- '' ` `` ' " , . ? ! : ; - -- ...
""".strip("\n").split("\n")

PIECES = (
    "a the dog's cannot 'Twas gonna O'Neil don't U.S. U.S Mr. Blvd. Inc. etc. e.g. a.m. Ph.D. No. 5 12 '90s 1/2 3.5 $5 5% #1 @user "
    "c++ foo@bar.com www.foo.com http://x.y/z?q=1 file.jpg 555-1234 :) << > <b> &amp; &quot; AT&T t-shirt pro- - -- --- ... . ! ?! , ; "
    "\" '' ' ` ( ) [ ] / * _ 😀 ❤️ ½ ² “ ” ’ « » – … café Москва 犬 कुत्ता ไทย 한국어 İs ΣΟΦΟΣ A. B. I. About The He 's n't 1st 10:30 5' x,y ca. 1900"
).split(" ")

ANSWERS = (
    "yes no Yes YES yes. 2 two Two none zero ten 10 the dog a dog an apple dog dogs dont don't Dont wont isnt it's its Im hed've "
    "3.5 .5 5. 1,000 1,000.5 12:30 12:30pm $5 50% t-shirt t shirt tshirt black-and-white black and white red/white red, white red,white "
    "(red) \"red\" [red] what? what ? no! no ! a/c w/o hot dog hot-dog hotdog u.s. u.s.a. St. st St east-west x-ray 7-up 7up "
    "İstanbul ΣΟΦΟΣ café Müller's men's mens somebodys yall'll o'clock oclock 5 o'clock 5 oclock  spaced   out  new\nline tab\tbed "
    "a the an one thing 1 thing ... -- _ ` @home c++ <b> {x} 😀 ١٢ １２ ²"
).split(" ")


def pieces(r, choices, low, high, joins=(" ",)):
    return "".join(r.choice(choices) + r.choice(joins) for _ in range(r.randint(low, high))).rstrip()


def tokenize(captions):
    """A list of captions in the form that the reference reads: one text."""
    keyed = {i: [{"caption": c}] for i, c in enumerate(captions)}
    return [tokens[0] for tokens in PTBTokenizer().tokenize(keyed).values()]


def cider(images):
    gts = {i: [{"caption": c} for c in image["references"]] for i, image in enumerate(images)}
    res = {i: [{"caption": image["candidate"]}] for i, image in enumerate(images)}
    mean, scores = Cider().compute_score(PTBTokenizer().tokenize(gts), PTBTokenizer().tokenize(res))
    for image, score in zip(images, scores):
        image["score"] = float(score)
    return {"score": float(mean), "images": images}


def corpora(coco, r):
    near = []
    for captions in coco:
        words = captions[0].split()
        kind = r.randrange(4)
        if kind == 0:
            candidate = captions[0]
        elif kind == 1:
            candidate = " ".join(w for w in words if r.random() < 0.7)
        elif kind == 2:
            candidate = " ".join(words + r.choice(coco)[0].split()[:4])
        else:
            candidate = r.choice(coco)[0].upper()
        near.append({"candidate": candidate, "references": captions[1:]})
    languages = [
        {"candidate": c, "references": refs}
        for c, refs in [
            ("犬 が 走る", ["犬が走る。", "犬 が 草の上を 走る"]),
            ("कुत्ता घास पर", ["कुत्ता घास पर दौड़ रहा है", "एक कुत्ता घास पर"]),
            ("собака бежит", ["Собака бежит по траве.", "Собака!"]),
            ("كلب يجري", ["كلب يجري على العشب", "كلب"]),
            ("a dog runs 1 1/2 miles", ["A dog runs 1 1/2 miles", "the dog"]),
            ("", ["an empty candidate", "nothing"]),
            ("dog dog dog dog", ["a dog", "dog"]),
            ("one reference", ["one reference only"]),
            ("😀", ["a smiling face", "😀 grinning"]),
        ]
    ]
    alone = [{"candidate": "a dog", "references": ["a dog", "the dog"]}]
    return {"coco": cider(near), "languages": cider(languages), "one image": cider(alone)}


def official(path):
    source = pathlib.Path(path).read_text()
    source = re.sub(r"^(\s*)print .*$", r"\1pass", source, flags=re.M)
    module = {}
    exec(compile(source, path, "exec"), module)  # noqa: S102
    module["VQAEval"].updateProgress = lambda self, progress: None
    return module["VQAEval"]


class Records:
    def __init__(self, qa):
        self.qa = qa

    def getQuesIds(self):
        return list(self.qa)


def vqa(path, r):
    records = []
    for _ in range(500):
        pool = [pieces(r, ANSWERS, 1, r.choice([1, 1, 2, 3]), (" ", " ", "", ", ")) for _ in range(r.randint(1, 4))]
        answers = [r.choice(pool) for _ in range(10)]
        prediction = r.choice(pool + [r.choice(ANSWERS)])
        if r.random() < 0.2:
            prediction = prediction.upper()
        records.append({"prediction": prediction, "answers": answers, "type": r.choice(["yes/no", "number", "other"])})
    evaluator = official(path)
    truth = {
        i: {
            "question_type": "what",
            "answer_type": record["type"],
            "answers": [{"answer": a, "answer_confidence": "yes", "answer_id": j + 1} for j, a in enumerate(record["answers"])],
        }
        for i, record in enumerate(records)
    }
    run = evaluator(Records(truth), Records({i: {"answer": record["prediction"]} for i, record in enumerate(records)}), n=12)
    run.evaluate()
    for i, record in enumerate(records):
        record["accuracy"] = run.evalQA[i]
    texts = sorted(set(ANSWERS) | set(run.contractions) | {"." * 40 + "a", "a. b. 5. 5.5"})
    texts += [pieces(r, ANSWERS + list(";/[]\"{}()=+\\_-><@`,?!."), 1, 6, (" ", "")) for _ in range(300)]
    normalized = [{"text": t, "normalized": run.processDigitArticle(run.processPunctuation(t))} for t in texts]
    return {
        "overall": run.accuracy["overall"],
        "answer_type": run.accuracy["perAnswerType"],
        "answers": records,
        "normalized": normalized,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vqa-eval", required=True)
    parser.add_argument("--captions", required=True)
    parser.add_argument("--out", default="evalsuite/metrics/testdata")
    args = parser.parse_args()
    r = random.Random(20241124)
    with open(args.captions) as f:
        coco = [json.loads(line)["captions"] for line in f][:40]
    captions = [c for image in coco for c in image] + HARD
    captions += [pieces(r, PIECES, 1, 9, (" ", " ", "", ",")) for _ in range(300)]
    tokens = [{"caption": c, "tokens": t} for c, t in zip(captions, tokenize(captions))]
    for name, golden in [("ptb", tokens), ("cider", corpora(coco, r)), ("vqa", vqa(args.vqa_eval, r))]:
        path = pathlib.Path(args.out) / f"{name}.json"
        path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")


main()
