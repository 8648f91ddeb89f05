import io
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sslearn.utils import check_image, read_image

Image = pytest.importorskip("PIL.Image")

RGB = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def save(path, pixels, mode=None, **kwargs):
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path, **kwargs)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp"])
def test_pixels_are_those_written(tmp_path, suffix):
    path = save(tmp_path / f"a.{suffix}", RGB, **({"lossless": True} if suffix == "webp" else {}))
    for given in (path, str(path)):
        image = read_image(given)
        assert image.dtype == np.uint8
        assert image.flags.writeable
        assert_array_equal(image, RGB)


def test_jpeg_is_close(tmp_path):
    smooth = np.broadcast_to(np.linspace(0, 255, 64).astype(np.uint8)[:, None], (64, 48))
    image = read_image(save(tmp_path / "a.jpg", np.stack([smooth] * 3, axis=-1), quality=95))
    assert image.shape == (64, 48, 3)
    assert np.abs(image[..., 0].astype(int) - smooth).max() < 8


@pytest.mark.parametrize(("mode", "suffix"), [("L", "png"), ("1", "png"), ("L", "jpg")])
def test_gray_has_three_equal_channels(tmp_path, mode, suffix):
    pixels = np.repeat(np.repeat(RGB[..., :1], 8, axis=0), 8, axis=1).repeat(3, axis=2)
    image = read_image(save(tmp_path / f"a.{suffix}", pixels, mode))
    assert image.shape == (48, 40, 3)
    assert_array_equal(image[..., 0], image[..., 1])
    assert_array_equal(image[..., 0], image[..., 2])


def test_palette(tmp_path):
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 1] = 255, 0, 0
    for name in ("a.png", "a.gif"):
        assert_array_equal(read_image(save(tmp_path / name, pixels, "P")), pixels)


def test_cmyk(tmp_path):
    image = read_image(save(tmp_path / "a.tif", RGB, "CMYK"))
    # Without black, CMYK is the complement of RGB.
    assert_array_equal(image, RGB)


def test_what_is_transparent_is_white(tmp_path):
    alpha = np.full((6, 5, 1), 255, np.uint8)
    alpha[0, 0], alpha[0, 1] = 0, 51
    rgba = np.concatenate([RGB, alpha], axis=2)
    image = read_image(save(tmp_path / "a.png", rgba))
    expected = RGB.copy()
    expected[0, 0] = 255
    assert_array_equal(
        np.delete(image.reshape(-1, 3), 1, 0), np.delete(expected.reshape(-1, 3), 1, 0)
    )
    blended = 0.2 * RGB[0, 1] + 0.8 * 255
    assert np.abs(image[0, 1] - blended).max() <= 1


def test_transparency_of_a_palette_is_white(tmp_path):
    image = Image.fromarray(np.uint8([[0, 1]]), "P")
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.save(tmp_path / "a.png", transparency=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(tmp_path / "a.png").tolist() == [[[255, 255, 255], [0, 0, 255]]]


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, RGB),
        (2, RGB[:, ::-1]),
        (3, RGB[::-1, ::-1]),
        (6, np.rot90(RGB, -1)),
        (8, np.rot90(RGB)),
    ],
)
def test_pictures_are_upright(tmp_path, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.png", RGB, exif=exif)
    assert_array_equal(read_image(path), upright)


def truncated(format, **kwargs):
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, format, **kwargs)
    return buffer.getvalue()[: buffer.tell() // 2]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, FileNotFoundError, "does not exist or is no file"),
        (b"", OSError, "is empty"),
        (bytes(range(256)) * 20, OSError, "no readable picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), OSError, "no readable picture"),
        (truncated("JPEG"), OSError, "no readable picture: .*truncated"),
        (truncated("PNG"), OSError, "no readable picture: .*truncated"),
        (truncated("BMP"), OSError, "no readable picture: .*truncated"),
        (truncated("WEBP"), OSError, "no readable picture"),
        (truncated("TIFF"), OSError, "no readable picture"),
        (truncated("GIF"), OSError, "no readable picture"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, error, message):
    path = tmp_path / "bad.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=rf"bad\.jpg.*{message}"):
        read_image(path)


def test_a_bomb_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(OSError, match=r"a\.png.*no readable picture: Image size \(30 pixels\)"):
        read_image(save(tmp_path / "a.png", RGB))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_more_than_8_bits_are_not_cut(tmp_path, dtype):
    path = save(tmp_path / "deep.tif", np.full((4, 4), 300, dtype))
    with pytest.raises(ValueError, match=r"deep\.tif.*8 bits per sample.*mode '[IF].*Scale it"):
        read_image(path)


def test_no_path():
    with pytest.raises(TypeError, match="path must be a str or a Path; got 5"):
        read_image(5)


def test_good_arrays_are_returned_as_they_are():
    for image in (RGB, RGB[::-1], RGB[:, ::2], np.zeros((3, 4, 3), np.uint8)):
        assert check_image(image) is image


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (RGB / 255, TypeError, r"got dtype float64. .*np.round\(255 \* image\).astype\(np.uint8\)"),
        (RGB.astype(np.uint16), TypeError, r"got dtype uint16.*\(image // 257\).astype"),
        (RGB.astype(int), TypeError, r"got dtype int64.*image.astype\(np.uint8\)"),
        (RGB > 9, TypeError, "got dtype bool"),
        (RGB.astype(complex), TypeError, "got dtype complex128. Convert it"),
        (RGB[..., 0], ValueError, r"\(height, width, 3\); got \(6, 5\).*np.stack\(\[image\] \* 3"),
        (RGB[..., :1], ValueError, r"got \(6, 5, 1\).*np.repeat\(image, 3, axis=-1\)"),
        (np.dstack([RGB, RGB[..., 0]]), ValueError, r"got \(6, 5, 4\).*image\[..., :3\]"),
        (np.moveaxis(RGB, 2, 0), ValueError, r"got \(3, 6, 5\).*np.moveaxis\(image, 0, -1\)"),
        (RGB[None], ValueError, r"got \(1, 6, 5, 3\).*list\(images\)"),
        (RGB.ravel(), ValueError, r"got \(90,\)\.$"),
        (RGB[:0], ValueError, r"have pixels; got shape \(0, 5, 3\)"),
        (RGB.tolist(), TypeError, r"got a list. Did you mean np.asarray\(image\)"),
        (Image.fromarray(RGB), TypeError, r"got a Image. Did you mean np.asarray\(image\)"),
        (None, TypeError, "got a NoneType"),
    ],
)
def test_bad_arrays_get_their_cure(image, error, message):
    with pytest.raises(error, match=f"^The first must .*{message}"):
        check_image(image, name="The first")
