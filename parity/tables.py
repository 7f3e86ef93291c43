"""Writes odd tables and the rows that Python's csv, pandas and DuckDB read from them.

    python parity/tables.py OUT [--files 2000] [--seed 19]

It writes OUT/tables.jsonl.gz, with a line for each table: its name and bytes, the dialect for pali3, the intended rows, and
the rows that each of the three reads, if they differ. `PALI3_TABLES=OUT go test ./ingest/tabular -run TestTablesParity` requires
equal rows, or an error that says what to set. `--every N` writes only each Nth table: ingest/tabular/testdata/tables.jsonl.gz.
Requirements: parity/requirements-tables.txt.
"""

import argparse
import base64
import bz2
import csv
import gzip
import io
import json
import os
import random
import tempfile
import warnings

import duckdb
import pandas as pd

WORDS = ["a", "red", "ball", "on the beach", "größer", "猫", "it's", "5\" disk", "\"quoted\"", "one, two", "x;y", "left|right", "tab\there",
         "NaN", "null", "été", "50%", "#1", "back\\slash", "\\\"", "'single'", "=1+1", "\U0001f600"]
LINES = ["first line\nsecond line", "three\n\nlines, \"one\" quoted\nhere"]
DELIMITERS = [",", ";", "|", "\t"]


def caption(r, multiline, plain):
    words = [w for w in WORDS if not plain or not set(w) & set(",;|\t\"\\")]
    text = " ".join(r.choice(words) for _ in range(r.randint(1, 4)))
    if not plain and r.random() < 0.15:
        text = '"' + text
    if multiline and r.random() < 0.3:
        text = r.choice(LINES) + text
    return "" if r.random() < 0.04 else text


def logical(r, multiline, plain):
    names = ["file", "caption"] + r.sample(["lang", "n", "note"], r.randint(0, 2))
    r.shuffle(names)
    make = {"file": lambda i: f"img/{i:03d}.png", "caption": lambda i: caption(r, multiline, plain), "lang": lambda i: r.choice(["en", "de", ""]),
            "n": lambda i: str(r.randint(0, 99)), "note": lambda i: caption(r, False, True)}
    return names, [[make[n](i) for n in names] for i in range(r.randint(2, 9))]


def damaged(r, lines, delimiter):
    """Damages one line of a table that was written line by line, and returns what it did."""
    i = r.randrange(1, len(lines))
    kind = r.choice(["missing", "more", "open", "blank", "cut", "spaces"])
    if kind == "missing":
        lines[i] = lines[i].split(delimiter, 1)[1]
    elif kind == "more":
        lines[i] += delimiter + "more"
    elif kind == "open":
        fields = lines[i].split(delimiter)
        k = r.randrange(len(fields))
        fields[k] = '"' + fields[k]
        lines[i] = delimiter.join(fields)
    elif kind == "blank":
        lines.insert(i, r.choice(["", "   "]))
    elif kind == "cut":
        lines[-1] = lines[-1][:r.randint(1, max(1, len(lines[-1]) - 1))]
    elif kind == "spaces":
        lines[i] = lines[i].replace(delimiter, delimiter + " ")
    return kind


def text_table(r):
    """A table of fields: name, text, dialect for pali3, names, rows, and whether they must be read exactly."""
    style = r.choice(["csv", "csv", "naive", "naive", "pandas"])
    delimiter = r.choice(DELIMITERS)
    end = r.choice(["\n", "\n", "\r\n", "\r"])
    ending = ".tsv" if delimiter == "\t" and r.random() < 0.8 else ".csv"
    told, exact, damage = {}, True, ""
    if style == "naive":
        names, rows = logical(r, False, r.random() < 0.4)
        rows = [[v.replace("\n", " ").replace("\t", " ") for v in row] for row in rows]
        if delimiter != "\t" and r.random() < 0.3:
            told["Quote"] = "none"
        lines = [delimiter.join(row) for row in [names] + rows]
        exact = all(delimiter not in v for row in rows for v in row) and (delimiter == "\t" or told.get("Quote") == "none" or not any('"' in v for row in rows for v in row))
        if r.random() < 0.5:
            damage = damaged(r, lines, delimiter)
        text = end.join(lines) + (end if r.random() < 0.8 else "")
    else:
        names, rows = logical(r, delimiter != "\t" or r.random() < 0.3, False)
        out = io.StringIO()
        if style == "csv":
            quoting = r.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
            csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([names] + rows)
        else:
            pd.DataFrame(rows, columns=names).to_csv(out, sep=delimiter, index=False, lineterminator=end)
        text = out.getvalue()
        if delimiter == "\t":
            told["Quote"] = '"'
        if r.random() < 0.15:
            text, damage = text[:r.randint(len(text) // 2, len(text) - 1)], "cut"
    if r.random() < 0.4:
        told["Delimiter"] = delimiter
    if end == "\r" and any("\n" in v for row in rows for v in row):
        exact = False  # csv.writer does not quote these
    exact = exact and not damage and text.strip() != ""
    return "t" + ending, text, told, delimiter, names, rows, exact, damage


def json_table(r):
    names, rows = logical(r, True, False)
    objects = [{n: v for n, v in zip(names, row)} for row in rows]
    style = r.choice(["lines", "lines", "list", "indented", "columns", "split", "optional", "nan", "concatenated"])
    ending = ".jsonl" if style in ("lines", "optional", "nan") else ".json"
    if style == "optional":
        for o in objects[: r.randint(1, len(objects))]:
            o.pop("caption")
        rows = [[o.get(n, "") for n in names] for o in objects]
    if style == "nan":
        objects[0]["caption"] = r.choice([float("nan"), float("inf"), -float("inf")])
        rows[0][names.index("caption")] = ""
    dump = lambda v, **k: json.dumps(v, ensure_ascii=r.random() < 0.5, **k)
    frame = pd.DataFrame(rows, columns=names)
    text = {"list": lambda: dump(objects), "indented": lambda: dump(objects, indent=r.randint(1, 4)), "columns": lambda: frame.to_json(),
            "split": lambda: frame.to_json(orient="split"), "concatenated": lambda: "\n".join(dump(o, indent=1) for o in objects)}.get(
                style, lambda: "\n".join(dump(o) for o in objects) + "\n")()
    return "t" + ending, text, {}, None, names, rows, True, ""


def by_csv(text, delimiter, quote):
    quoting = {"quoting": csv.QUOTE_NONE} if quote == "none" else {}
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **quoting) if row][1:]


def by_pandas(text, delimiter, quote):
    quoting = {"quoting": csv.QUOTE_NONE} if quote == "none" else {}
    frame = pd.read_csv(io.StringIO(text, newline=""), sep=delimiter, dtype=str, keep_default_na=False, index_col=False, on_bad_lines="error", **quoting)
    return frame.fillna("").values.tolist()


def by_duckdb(text, delimiter, quote):
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as f:
        f.write(text)
        f.flush()
        options = ", quote='', escape=''" if quote == "none" else ""
        rows = duckdb.sql(f"select * from read_csv('{f.name}', delim='{delimiter}', header=true, all_varchar=true{options})").fetchall()
    return [["" if v is None else v for v in row] for row in rows]


def read(by, *arguments):
    try:
        return by(*arguments)
    except Exception:  # what the reader refuses
        return None


def table(r):
    if r.random() < 0.25:
        name, text, told, delimiter, names, rows, exact, damage = json_table(r)
    else:
        name, text, told, delimiter, names, rows, exact, damage = text_table(r)
    others = {}
    if delimiter:
        quote = told.get("Quote") or ("none" if delimiter == "\t" else '"')
        for who, by in (("csv", by_csv), ("pandas", by_pandas), ("duckdb", by_duckdb)):
            got = read(by, text, delimiter, quote)
            if got != rows:
                others[who] = got
    encoding = r.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "windows-1252", "gb18030"])
    if encoding in ("latin-1", "windows-1252"):
        plain = text.encode(encoding, "ignore").decode(encoding)
        if plain != text:
            encoding = "utf-8"
    if encoding not in ("utf-8", "utf-8-sig", "utf-16"):
        told["Encoding"] = encoding
    content = text.encode(encoding)
    if r.random() < 0.15:
        content, name = (gzip.compress(content, mtime=0), name + ".gz") if r.random() < 0.5 else (bz2.compress(content), name + r.choice([".bz2", ""]))
    return {"name": name, "content": base64.b64encode(content).decode(), "told": told, "names": names, "rows": rows, "exact": exact, "damage": damage, "others": others}


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--every", type=int, default=1)
    a = parser.parse_args()
    os.makedirs(a.out, exist_ok=True)
    r = random.Random(a.seed)
    with gzip.GzipFile(os.path.join(a.out, "tables.jsonl.gz"), "wb", mtime=0) as out:
        for i in range(a.files):
            t = table(r)
            if i % a.every == 0:
                out.write((json.dumps(t, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    main()
