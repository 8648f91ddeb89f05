"""Find what a built page cuts: ``python docs/check_widths.py docs/_build/html --width 390``.

Each page is opened in a headless Chromium at the given width, inside a frame, because a window
cannot be as narrow as a telephone. Elements that reach beyond the page without a scroll bar of
their own, and lines of code that are cut, are printed. The exit code is 1 if there are any.
"""

import argparse
import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROBE = """<script>addEventListener("load", () => setTimeout(() => {
  const width = document.documentElement.clientWidth, wide = [], cut = [];
  const scrolls = (e) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      const overflow = getComputedStyle(p).overflowX;
      if (overflow !== "visible") return overflow === "auto" || overflow === "scroll";
    }
    return false;
  };
  document.querySelectorAll("main *").forEach((e) => {
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.right <= width + 1 || scrolls(e)) return;
    if (e.closest("mjx-assistive-mml, .visually-hidden")) return;
    wide.push(e.tagName + " " + Math.round(box.right) + ": " + e.textContent.trim().slice(0, 50));
  });
  document.querySelectorAll("main pre").forEach((e) => {
    if (e.scrollWidth > e.clientWidth + 1) cut.push(e.textContent.trim().slice(0, 50));
  });
  parent.postMessage(JSON.stringify([...wide.slice(0, 5), ...cut.slice(0, 5)]), "*");
}, 300))</script></head>"""
FRAME = """<body style="margin: 0"><script>
addEventListener("message", (e) => (document.title = "FOUND" + e.data));
</script><iframe src="{page}" width="{width}" height="1200" style="border: 0"></iframe></body>"""


def check(page, width, browser):
    """What a page cuts, as a list of texts; None if the browser gave no result."""
    inner, outer = (page.with_name(f"_{kind}_{page.name}") for kind in ("inner", "outer"))
    inner.write_text(page.read_text().replace("</head>", PROBE, 1))
    outer.write_text(FRAME.format(page=inner.name, width=width))
    try:
        with tempfile.TemporaryDirectory() as profile:
            command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
            command += [f"--user-data-dir={profile}", f"--window-size={max(width + 200, 800)},1300"]
            command += ["--virtual-time-budget=4000", outer.resolve().as_uri()]
            found = subprocess.run(command, capture_output=True, text=True, timeout=90).stdout
    finally:
        inner.unlink()
        outer.unlink()
    match = re.search(r"<title>FOUND(.*?)</title>", found, re.DOTALL)
    return json.loads(html.unescape(match[1])) if match else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of built pages")
    parser.add_argument("pages", nargs="*", help="pages in it; all but the sources if none")
    parser.add_argument("--width", type=int, default=390)
    parser.add_argument("--browser", default="chromium")
    options = parser.parse_args()
    pages = [options.folder / page for page in options.pages] or [
        page
        for page in sorted(options.folder.rglob("*.html"))
        if "_modules" not in page.parts and "_static" not in page.parts
    ]
    n_bad = 0
    for page in pages:
        found = check(page, options.width, options.browser)
        if found != []:
            n_bad += 1
            print(page.relative_to(options.folder), found or "no result", flush=True)
    print(f"{n_bad} of {len(pages)} pages cut something at {options.width} pixels")
    return int(n_bad > 0)


if __name__ == "__main__":
    sys.exit(main())
