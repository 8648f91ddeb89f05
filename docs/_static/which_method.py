"""Draw the flow chart of the page "Which method": ``python docs/_static/which_method.py``.

The chart is narrow, questions on the left and recipes on the right, so that a telephone shows it at
a readable size.
"""

from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape

# A question, and the pairs of a condition and a recipe that follow if the answer is yes.
STEPS = (
    ("Pictures with the sound?", [("no labels needed", "sspl, sacl")]),
    (
        "Two ears of a head?",
        [
            ("labels of this head", "siamese"),
            ("no labels", 'feed_forward( weights="heads")'),
        ],
    ),
    (
        "First-order ambisonics?",
        [
            ("one source", 'ambisonic_histogram( weights="pretrained")'),
            ("several sources", "intensity"),
            ("labels", "ambisonic_crnn"),
        ],
    ),
    (
        "An array, and labels or simulated clips of it?",
        [
            ("still sources", "spectrogram_network, phase_network"),
            ("moving talkers", "ipdnet2"),
        ],
    ),
    ("Noise the same in all channels (hum)?", [("three microphones or more", "mvdr")]),
    ("Sources that fill the band (machines, claps)?", [("", "srp_phat")]),
    (
        "Two sources less than 20° apart?",
        [("uniform line or circle", "esprit"), ("other arrays", "music")],
    ),
    ("Otherwise: any array, speech in rooms and noise", [("the first to try", "masked_srp_phat")]),
)
LEFT, WIDTH, RIGHT = 4, 158, 196
LINE, PAD, GAP = 17, 9, 24
STYLE = """
text { font: 13.5px sans-serif; fill: #1b1f24; }
.code { font: 12.5px monospace; fill: #0b4f8a; }
.note { font-size: 12px; fill: #4a5057; }
.question { fill: #fdf3e1; stroke: #b9770e; stroke-width: 1.3; }
.recipe { fill: #e8f1fa; stroke: #1f6fb4; stroke-width: 1.3; }
.arrow { stroke: #4a5057; stroke-width: 1.3; fill: none; marker-end: url(#head); }
"""


def _lines(text, x, y, kind="", centre=None):
    """Lines of text, the first with its base at y."""
    anchor = "" if centre is None else ' text-anchor="middle"'
    place = x if centre is None else centre
    return [
        f'<text class="{kind}"{anchor} x="{place}" y="{y + i * LINE}">{escape(line)}</text>'
        for i, line in enumerate(text)
    ]


def _answer(condition, recipe):
    return wrap(condition, 26), wrap(recipe, 24)


def draw():
    """Source of the chart."""
    parts, y = [], 6
    for i, (question, answers) in enumerate(STEPS):
        is_last = i == len(STEPS) - 1
        asked = wrap(question, 21)
        blocks = [_answer(*answer) for answer in answers]
        heights = [LINE * (len(a) + len(b)) + 2 * PAD for a, b in blocks]
        right = sum(heights) + 7 * (len(heights) - 1)
        left = LINE * len(asked) + 2 * PAD
        height = max(left, right)
        middle = y + height / 2
        parts += [
            f'<rect class="question" x="{LEFT}" y="{middle - left / 2}" width="{WIDTH}" '
            f'height="{left}" rx="8"/>',
            *_lines(asked, 0, middle - left / 2 + PAD + 13, centre=LEFT + WIDTH / 2),
            f'<path class="arrow" d="M{LEFT + WIDTH} {middle} H{RIGHT - 3}"/>',
        ]
        if not is_last:
            below = LINE * len(wrap(STEPS[i + 1][0], 21)) + 2 * PAD
            following = [_answer(*answer) for answer in STEPS[i + 1][1]]
            tall = sum(LINE * (len(a) + len(b)) + 2 * PAD for a, b in following)
            tall += 7 * (len(following) - 1)
            end = y + height + GAP + (max(below, tall) - below) / 2
            x = LEFT + WIDTH / 2
            parts += [
                f'<path class="arrow" d="M{x} {middle + left / 2} V{end - 3}"/>',
                f'<text class="note" x="{x + 6}" y="{(middle + left / 2 + end) / 2 + 3}">no</text>',
                f'<text class="note" x="{LEFT + WIDTH + 5}" y="{middle - 5}">yes</text>',
            ]
        top = middle - right / 2
        for (condition, recipe), tall in zip(blocks, heights, strict=True):
            parts += [
                f'<rect class="recipe" x="{RIGHT}" y="{top}" width="182" height="{tall}" rx="8"/>',
                *_lines(condition, RIGHT + 9, top + PAD + 12, "note"),
                *_lines(recipe, RIGHT + 9, top + PAD + 12 + LINE * len(condition), "code"),
            ]
            top += tall + 7
        y += height + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 382 {y}" width="560">',
            "<title>Which method for my data?</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" '
            'markerHeight="6" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#4a5057"/></marker>'
            "</defs>",
            f'<rect width="382" height="{y}" fill="white"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw())
