# Draws the tables in PAGES, a list of HTML texts, one picture each. Nothing is fetched from anywhere.
import io
import subprocess

from PIL import Image, ImageChops
from weasyprint import CSS, HTML

WIDTH, HEIGHT, MARGIN, DOTS_PER_INCH = 1200, 2400, 8, 96
LOOK = CSS(string=f"""
@page {{ size: {WIDTH}px {HEIGHT}px; margin: {MARGIN}px; background: white }}
html {{ font: 13px "DejaVu Sans", sans-serif; color: #222 }}
table {{ border-collapse: collapse }}
th, td {{ padding: 4px 8px; border: 1px solid #ccc; text-align: right }}
th {{ background: #f3f4f6 }}
""")


def fetch_nothing(address, *_, **__):
    raise ValueError(f"{address[:100]} is not fetched")


for number, page in enumerate(PAGES):
    document = HTML(string=page, url_fetcher=fetch_nothing).render(stylesheets=[LOOK])
    paper = document.copy(document.pages[:1]).write_pdf()
    drawn = subprocess.run(
        ["pdftocairo", "-png", "-singlefile", "-r", str(DOTS_PER_INCH), "-", "-"], input=paper, stdout=subprocess.PIPE, check=True).stdout
    picture = Image.open(io.BytesIO(drawn)).convert("RGB")
    ink = ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).getbbox() or (0, 0, 1, 1)
    left, top, right, bottom = ink
    picture = picture.crop((max(0, left - MARGIN), max(0, top - MARGIN), min(picture.width, right + MARGIN), min(picture.height, bottom + MARGIN)))
    result = io.BytesIO()
    picture.save(result, "PNG", optimize=True)
    display({"image/png": result.getvalue(), "text/plain": f"table {number}"}, raw=True)
    if len(document.pages) > 1:
        print(f"Table {number + 1} goes on below its picture: show fewer rows.")
