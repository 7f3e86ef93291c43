"""Makes documents with other programs for the tests of ingest/internal/pdf. It needs chromium in the path.

    pip install -r parity/requirements-pdf.txt
    python parity/ingest_pdf.py ingest/internal/pdf/testdata
"""

import pathlib
import subprocess
import sys
import tempfile

import pikepdf
from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Languages</title></head>
<body style="font-family: DejaVu Sans; font-size: 12pt">
<h1>Vögel am Hafen</h1>
<p>A line with a ﬁsh, “quotes” and an emoji-free end.</p>
<p>Чайки над водой.</p>
<p>Γλάροι πάνω από το λιμάνι.</p>
<p dir="rtl">السفينة في الميناء (عام 1985) كبيرة.</p>
<p dir="rtl">שתי ספינות בנמל, 12.5 מטר.</p>
<p>The ship السفينة in the harbour.</p>
</body></html>
"""


def languages(path):
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "page.html")
        page.write_text(PAGE)
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--no-pdf-header-footer", f"--print-to-pdf={path}", page],
                       check=True, stderr=subprocess.DEVNULL)


def report(path):
    """Three pages of 200 by 100 points: text; the same turned and cropped; a drawing without text."""
    canvas = Canvas(str(path), pagesize=(200, 100), invariant=True)
    canvas.setTitle("Harbour report")
    canvas.setAuthor("A. Gull")
    for _ in range(2):
        canvas.setFont("Helvetica", 10)
        canvas.drawString(20, 80, "Harbour")
        canvas.drawString(100, 20, "two ships")
        canvas.showPage()
    canvas.setFillColor(HexColor("#ff0000"))
    canvas.rect(0, 0, 100, 100, stroke=0, fill=1)
    canvas.showPage()
    canvas.save()
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        page = document.pages[1]
        page.Rotate = 90
        page.CropBox = [0, 0, 200, 50]
        document.save(path, deterministic_id=True)


def fonts(path):
    """Pages with Japanese in a font that is missing: most of a page, the recognised text of a scan, and little of a page."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas = Canvas(str(path), pagesize=(200, 100), invariant=True)
    for japanese, latin, mode in ("港の船", "ship", 0), ("港の船", "", 3), ("港", "a ship in the harbour " * 3, 0):
        text = canvas.beginText(20, 50)
        text.setTextRenderMode(mode)
        text.setFont("Helvetica", 5)
        text.textOut(latin)
        text.setFont("HeiseiMin-W3", 10)
        text.textOut(japanese)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()


def locked(of, path, owner, user):
    with pikepdf.open(of) as document:
        document.save(path, encryption=pikepdf.Encryption(owner=owner, user=user))


out = pathlib.Path(sys.argv[1])
languages(out / "languages.pdf")
report(out / "report.pdf")
fonts(out / "fonts.pdf")
locked(out / "report.pdf", out / "locked.pdf", "owner", "user")
locked(out / "report.pdf", out / "readable.pdf", "owner", "")
