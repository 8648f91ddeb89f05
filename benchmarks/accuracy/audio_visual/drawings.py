"""Drawn frames of 16:9: a dog by a house, a piano in a room, a car on a street."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

_WIDTH, _HEIGHT = 1280, 720


def _ground(rng, color, noise, *, top=0):
    """Noisy surface from the row ``top`` to the bottom of the frame."""
    grain = rng.normal(0, noise, (_HEIGHT - top, _WIDTH, 1)) + np.array(color)
    return Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))


def _frame(rng, wall, floor, horizon):
    """Frame of two surfaces, each of color and noise, and what draws on it."""
    frame = _ground(rng, *wall)
    frame.paste(_ground(rng, *floor, top=horizon), (0, horizon))
    return frame, ImageDraw.Draw(frame)


def draw_dog(rng):
    """Draw a dog on grass, left of a house.

    Parameters
    ----------
    rng : Generator
        Noise of the surfaces.

    Returns
    -------
    frame : PIL.Image.Image
        1280 x 720, RGB.
    """
    frame, draw = _frame(rng, ((150, 190, 235), 6), ((80, 140, 60), 22), 460)
    draw.rectangle((760, 180, 1160, 500), fill=(180, 90, 70))
    draw.polygon([(730, 180), (960, 60), (1190, 180)], fill=(110, 50, 40))
    for x in (810, 1010):
        window = (x, 240, x + 90, 330)
        draw.rectangle(window, fill=(220, 230, 240), outline=(60, 40, 30), width=6)
    brown = (125, 82, 45)
    for body in ((230, 420, 480, 560), (430, 350, 560, 470), (530, 400, 600, 450)):
        draw.ellipse(body, fill=brown)
    for x in (260, 310, 400, 440):
        draw.rectangle((x, 530, x + 28, 640), fill=brown)
    draw.line((235, 460, 170, 380), fill=brown, width=22)
    draw.polygon([(450, 360), (440, 280), (490, 350)], fill=(90, 55, 30))
    draw.ellipse((510, 385, 528, 403), fill=(10, 10, 10))
    return frame.filter(ImageFilter.GaussianBlur(1.5))


def draw_piano(rng):
    """Draw a piano in a room, left of a window and a red stool; as :func:`draw_dog`."""
    frame, draw = _frame(rng, ((200, 185, 160), 5), ((120, 80, 50), 14), 520)
    draw.rectangle((150, 300, 700, 620), fill=(25, 22, 22))
    draw.rectangle((130, 430, 720, 480), fill=(30, 26, 26))
    for key in range(30):
        x = 140 + 19 * key
        draw.rectangle((x, 440, x + 16, 475), fill=(245, 242, 235))
    for key in range(29):
        x = 152 + 19 * key
        if key % 7 not in (2, 6):
            draw.rectangle((x, 440, x + 9, 460), fill=(15, 15, 15))
    wood = (90, 60, 40)
    draw.rectangle((900, 120, 1150, 380), fill=(150, 200, 240), outline=wood, width=14)
    draw.line((1025, 120, 1025, 380), fill=wood, width=10)
    draw.ellipse((950, 480, 1100, 640), fill=(150, 50, 60))
    return frame.filter(ImageFilter.GaussianBlur(1.2))


def draw_car(rng):
    """Draw a red car on a street, before a row of houses; as :func:`draw_dog`."""
    frame, draw = _frame(rng, ((170, 200, 230), 6), ((90, 90, 95), 12), 440)
    for x in range(0, _WIDTH, 180):
        _draw_house(draw, rng, x)
    for x in range(40, _WIDTH, 200):
        draw.rectangle((x, 600, x + 100, 612), fill=(235, 235, 235))
    draw.rounded_rectangle((680, 480, 1060, 580), 30, fill=(190, 20, 25))
    draw.polygon([(750, 485), (800, 420), (950, 420), (1000, 485)], fill=(170, 15, 20))
    for pane in (
        [(775, 482), (812, 432), (870, 432), (870, 482)],
        [(885, 482), (885, 432), (940, 432), (975, 482)],
    ):
        draw.polygon(pane, fill=(190, 220, 240))
    for x in (760, 960):
        draw.ellipse((x - 42, 540, x + 42, 624), fill=(20, 20, 20))
        draw.ellipse((x - 18, 564, x + 18, 600), fill=(170, 170, 175))
    return frame.filter(ImageFilter.GaussianBlur(1.5))


def _draw_house(draw, rng, x):
    top = 440 - int(rng.integers(120, 300))
    draw.rectangle((x, top, x + 160, 440), fill=tuple(rng.integers(90, 190, 3).tolist()))
    for y in range(top + 20, 420, 50):
        for left in range(x + 15, x + 140, 45):
            draw.rectangle((left, y, left + 22, y + 28), fill=(230, 225, 190))
