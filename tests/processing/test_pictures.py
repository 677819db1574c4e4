"""Pictures are asserted by what they show: pixels of the PNG, texts of the figure."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from processing import camera_files
from processing.camera import CameraError
from processing.defect_boxes import Box, Defects, Origin, Reason
from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.effects.charge_transfer import AmplifierTransfer, ChargeTransfer, Transfer, charge_transfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.linearizer import SplineLinearizer
from processing.effects.photon_transfer import PhotonTransfer
from processing.frame import Frame, bit
from processing.pictures.binning import Binned, binned, cells
from processing.pictures.drawing import KINDS, figures, pictures
from processing.pictures.figure import Picture, PictureError, Subject, png, stretch

CAMERA = camera_files.find("LSSTComCam")
AMPLIFIERS = tuple(a.name for a in CAMERA.detector(0).amplifiers)
ALL = tuple(d.id for d in CAMERA.detectors)
N = len(AMPLIFIERS)
BLACK = (0, 0, 0)


def frame(level: float = 100.0, *, unit: str = "adu", shape: tuple[int, int] = (64, 128)) -> Frame:
    """A noisy image without a bad pixel."""
    image = np.random.default_rng(7).normal(level, 0.02 * level, shape).astype(np.float32)
    return Frame(image, np.ones_like(image), np.zeros(shape, np.int16), unit, {})


def masked(given: Frame, rows: slice, columns: slice) -> Frame:
    """The same with bad pixels, of a value that would blind the stretch."""
    image, mask = given.image.copy(), given.mask.copy()
    image[rows, columns], mask[rows, columns] = 1e9, bit("BAD")
    return Frame(image, given.variance, mask, given.unit, {})


def transfers(*, measured: bool) -> ChargeTransfer:
    """Two amplifiers, the second of which could not be measured."""
    signal = np.geomspace(1e3, 1e5, 4)
    trails = [(signal, 2e-6 + 1e-3 / signal, 1e-6 + 0 * signal)] * N
    models = [AmplifierTransfer(Transfer(2e-6, 1e-3), Transfer(1e-6))] * N
    return charge_transfer(AMPLIFIERS, models, measured=trails if measured else (), flags=("no light", *[""] * (N - 1)))


def crosstalk() -> Crosstalk:
    """One source that one victim sees."""
    matrix = np.zeros((N, N))
    matrix[3, 5] = 2e-4
    return Crosstalk(amplifiers=AMPLIFIERS, coefficients=matrix)


def linearizer() -> SplineLinearizer:
    """A bend of 10 ADU; the first amplifier is not known."""
    nodes = np.tile(np.linspace(0, 6e4, 8), (N, 1))
    values = 10 * np.sin(nodes / 2e4)
    nodes[0], values[0] = np.nan, np.nan
    return SplineLinearizer(amplifiers=AMPLIFIERS, nodes=nodes, values=values)


def photon_transfer() -> PhotonTransfer:
    """One gain and all turn-offs are not known."""
    gain = np.linspace(1.6, 1.7, N)
    gain[3] = np.nan
    unknown = np.full(N, np.nan)
    return PhotonTransfer(
        amplifiers=AMPLIFIERS, gain=gain, read_noise=np.full(N, 7.0), a00=np.full(N, -3e-6), turn_off=unknown,
        model="FULLCOVARIANCE",
    )  # fmt: skip


def kernel() -> BrighterFatterKernel:
    """Alike for all amplifiers."""
    one = np.full((5, 5), 1e-7)
    one[2, 2] = -1e-6
    return BrighterFatterKernel(amplifiers=AMPLIFIERS, kernels=np.tile(one, (N, 1, 1)))


def defects(*boxes: Box) -> Defects:
    """Defects of a small sensor."""
    return Defects(boxes, (64, 128))


HOT = Box(20, 10, 8, 8, Reason.HOT, Origin.DARK)
LOST = Box(60, 30, 16, 16, Reason.NO_DATA, Origin.FLAT)

PRODUCTS: dict[str, tuple[Callable[[], object], set[str], set[str]]] = {
    "bias": (frame, {"Mosaic8", "Mosaic64"}, {"bias / adu (median ± 3 × 0.741 IQR)"}),
    "dark": (lambda: frame(unit="adu/s"), {"Mosaic8", "Mosaic64"}, {"dark / adu/s (median ± 3 × 0.741 IQR)"}),
    "flat": (
        lambda: frame(1, unit=""),
        {"Mosaic8", "Mosaic64"},
        {"flat / relative response (median ± 3 × 0.741 IQR)", "relative response", "cells of 8 × 8 pixels"},
    ),
    "defects": (lambda: defects(HOT, LOST), {"Mosaic"}, {"why", "seen in", "HOT: 576 pixels", "FLAT: 2304 pixels"}),
    "cti": (
        lambda: transfers(measured=True),
        {"Trails"},
        {"signal / electron", "charge left behind per transfer (relative)"},
    ),
    "crosstalk": (
        crosstalk,
        {"Matrices"},
        {
            "source amplifier",
            "victim amplifier",
            "signal seen per signal in the source, relative (smallest to largest)",
        },
    ),
    "linearizer": (linearizer, {"Curves"}, {"signal above the overscan level / adu", "correction / adu"}),
    "ptc": (
        photon_transfer,
        {"Amplifiers"},
        {"gain / (electron/adu)", "read noise / electron", "a00 / (1/electron)", "turn-off / adu"},
    ),
    "bfk": (
        kernel,
        {"Kernels"},
        {"row / pixel", "column / pixel", "mean kernel / (1/electron) (smallest to largest)"},
    ),
}
"""Of each product: one of a detector, the names of its pictures, and labels that one of them must have."""


def drawn(product: str, found: Mapping[int, object], **more: Any) -> dict[str, Figure]:
    """The figures of products by detector."""
    return figures(Subject(CAMERA, product, **more), found.items())


def texts(figure: Figure) -> set[str]:
    """All that stands in a figure."""
    return {text.get_text() for text in figure.findobj(Text)}


def pixels(picture: Picture) -> Any:
    """The PNG as (rows, columns, 3) of 0 to 255."""
    return np.rint(imread(io.BytesIO(picture.png))[..., :3] * 255).astype(np.uint8)


def png_of(product: str, found: Mapping[int, object], end: str) -> Any:
    """The pixels of a picture."""
    return pixels(png(drawn(product, found)[end]))


def count(image: Any, colour: tuple[int, int, int]) -> int:
    """Pixels of exactly this colour."""
    return int(np.count_nonzero((image == np.array(colour)).all(axis=-1)))


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_is_drawn_under_its_names_with_labels_and_units(product: str) -> None:
    make, names, labels = PRODUCTS[product]
    made = drawn(product, {number: make() for number in ALL})
    assert set(made) == names
    assert labels <= texts(next(iter(made.values())))


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_title_names_product_camera_filter_source_and_how_many_detectors(product: str) -> None:
    found = {number: PRODUCTS[product][0]() for number in (0, 4, 8)}
    for figure in drawn(product, found, physical_filter="r_03", source="some/run").values():
        assert f"{product} of LSSTComCam, r_03: 3 of 9 detectors" in texts(figure)
        assert "some/run" in texts(figure)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_png_has_the_size_of_its_figure_and_shows_something(product: str) -> None:
    found = {number: PRODUCTS[product][0]() for number in (0, 1)}
    for figure in drawn(product, found).values():
        image = pixels(png(figure))
        width, height = figure.get_size_inches() * figure.dpi
        assert image.shape[:2] == pytest.approx((height, width), abs=1)
        assert len(np.unique(image @ np.array([1, 256, 65536]))) > 20


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_detectors_that_are_shown_are_named(product: str) -> None:
    said = texts(next(iter(drawn(product, {4: PRODUCTS[product][0]()}).values())))
    assert "R22_S11" in said


@pytest.mark.parametrize("end", ["Mosaic8", "Mosaic64"])
def test_masked_pixels_are_black_and_nothing_else_is(end: str) -> None:
    clean = {number: frame() for number in ALL}
    assert count(png_of("bias", clean, end), BLACK) == 0
    bad = clean | {4: masked(clean[4], slice(0, 64), slice(0, 64))}
    shown = png_of("bias", bad, end)
    assert count(shown, BLACK) > 1000


@pytest.mark.parametrize("product", ["dark", "flat", "cti", "linearizer", "ptc", "bfk"])
def test_no_picture_of_what_was_measured_has_black_in_it(product: str) -> None:
    found = {number: PRODUCTS[product][0]() for number in (0, 4)}
    for picture in pictures(Subject(CAMERA, product), found.items()).values():
        assert count(pixels(picture), BLACK) == 0


def test_what_is_masked_does_not_move_the_stretch() -> None:
    good = {number: frame() for number in ALL}
    bad = good | {4: masked(good[4], slice(0, 8), slice(0, 8))}
    ranges = []
    for found in (good, bad):
        (first, *_) = drawn("bias", found)["Mosaic8"].axes[0].images
        ranges.append((first.norm.vmin, first.norm.vmax))
    assert ranges[0] == pytest.approx(ranges[1], rel=0.01)


def test_masked_pixels_are_counted_in_the_caption() -> None:
    found = {4: masked(frame(), slice(0, 8), slice(0, 8))}
    said = " ".join(texts(drawn("bias", found)["Mosaic8"]))
    assert "masked or not a number are 64 of 8192 pixels (0.78%)" in said


def test_a_brighter_detector_is_lighter_in_grey_too() -> None:
    figure = drawn("bias", {0: frame(100), 8: frame(104)})["Mosaic64"]
    image = pixels(png(figure)).astype(float) @ np.array([0.299, 0.587, 0.114])
    axes = figure.axes[0]
    height, levels = image.shape[0], []
    for shown in axes.images:
        left, right, low, high = shown.get_extent()
        x, y = axes.transData.transform(((left + right) / 2, (low + high) / 2))
        levels.append(image[int(height - y), int(x)])
    assert levels[1] > levels[0] + 10


def test_detectors_that_are_missing_are_said_to_be() -> None:
    figure = drawn("bias", {0: frame(), 4: frame()})["Mosaic8"]
    said = [text.get_text() for text in figure.findobj(Text)]
    assert said.count("missing") == 7
    assert {d.name for d in CAMERA.detectors} <= set(said)


def test_every_cell_of_a_mosaic_has_a_pixel_of_the_picture() -> None:
    figure = drawn("bias", dict.fromkeys(ALL, frame(shape=(2000, 2000))))["Mosaic8"]
    axes = figure.axes[0]
    across = figure.get_size_inches()[0] * figure.dpi * axes.get_position().width
    assert across >= axes.get_xlim()[1] >= 750


def test_a_mosaic_that_would_be_too_large_is_binned_further_and_says_so() -> None:
    wide = Binned(np.ones((2, 1300), np.float32), np.ones((2, 1300), np.int32), 2600, 8, "adu")
    from processing.pictures.mosaic import mosaic

    assert any("cells of 16 × 16 pixels" in text for text in texts(mosaic(Subject(CAMERA, "bias"), {0: wide, 2: wide})))


def test_a_defect_has_the_colour_of_its_reason_and_of_its_origin() -> None:
    image = png_of("defects", {4: defects(HOT)}, "Mosaic")
    orange = (0xD5, 0x5E, 0x00)
    legend = count(png_of("defects", {4: defects()}, "Mosaic"), orange)
    assert count(image, orange) > legend + 50
    assert count(image, BLACK) == legend_of_black()


def legend_of_black() -> int:
    """Black pixels of the legend alone."""
    return count(png_of("defects", {4: defects()}, "Mosaic"), BLACK)


def test_what_has_no_data_is_black_in_the_map_of_defects() -> None:
    assert count(png_of("defects", {4: defects(LOST)}, "Mosaic"), BLACK) > legend_of_black() + 100


def test_defects_of_all_detectors_add_up_in_the_legend() -> None:
    said = texts(drawn("defects", {0: defects(HOT), 4: defects(HOT, LOST)})["Mosaic"])
    assert {"HOT: 128 pixels", "NO_DATA: 256 pixels", "DARK: 128 pixels", "COLD: 0 pixels"} <= said
    assert any(text.startswith("384 pixels are defects") for text in said)


def test_trails_that_were_measured_are_drawn_as_measured() -> None:
    axes = drawn("cti", {0: transfers(measured=True)})["Trails"].axes[0]
    serial, parallel = (each.get_segments() for each in axes.collections)
    assert len(serial) == len(parallel) == N
    assert serial[0][:, 0] == pytest.approx(np.geomspace(1e3, 1e5, 4))
    assert serial[0][0, 1] == pytest.approx(3e-6)


def test_without_measurement_the_model_is_drawn_and_said_to_be_one() -> None:
    figure = drawn("cti", {0: transfers(measured=False)})["Trails"]
    assert "not measured: model" in texts(figure)
    serial = figure.axes[0].collections[0].get_segments()[0]
    assert serial[-1] == pytest.approx([1e5, 2e-6 + 1e-3 / 1e5])


def test_amplifiers_without_a_model_are_counted() -> None:
    said = " ".join(texts(drawn("cti", {0: transfers(measured=True)})["Trails"]))
    assert "1 of 16 amplifiers have no model" in said


def test_the_diagonal_of_a_crosstalk_matrix_is_black() -> None:
    found = {4: crosstalk()}
    shown = np.ma.getmaskarray(drawn("crosstalk", found)["Matrices"].axes[0].images[0].get_array())
    assert np.array_equal(shown, np.eye(N, dtype=bool))
    assert count(png_of("crosstalk", found, "Matrices"), BLACK) > 500


def test_what_is_not_known_of_amplifiers_is_said() -> None:
    assert {"1 of 16 not known", "nothing known"} <= texts(drawn("ptc", {0: photon_transfer()})["Amplifiers"])
    said = " ".join(texts(drawn("linearizer", {0: linearizer()})["Curves"]))
    assert "the curves of 1 amplifiers are not known" in said


def degenerate() -> Iterator[Any]:
    """Products in which there is nothing to see, and what the picture must say of it."""
    everything = slice(None)
    yield pytest.param("bias", masked(frame(), everything, everything), "no pixel is unmasked", id="all masked")
    yield pytest.param("flat", masked(frame(1, unit=""), everything, everything), "no pixel is unmasked", id="flat")
    flat = frame()
    constant = Frame(np.full_like(flat.image, 5), flat.variance, flat.mask, "adu", {})
    yield pytest.param("bias", constant, "constant: all values are 5", id="constant")
    nothing = Frame(np.full_like(flat.image, np.nan), flat.variance, flat.mask, "adu", {})
    yield pytest.param("dark", nothing, "no pixel is unmasked", id="not a number")
    two = np.where(np.arange(128) < 16, 2, 1) * np.ones_like(flat.image)
    mostly = Frame(two.astype(np.float32), flat.variance, flat.mask, "adu", {})
    yield pytest.param("bias", mostly, "more than half are equal", id="mostly constant")
    yield pytest.param("bias", frame(shape=(1, 1)), "constant", id="one pixel")
    yield pytest.param("defects", defects(), "no pixel is a defect", id="no defects")
    all_of_it = Box(0, 0, 128, 64, Reason.COLD, Origin.FLAT)
    yield pytest.param("defects", defects(all_of_it), "8192 pixels are defects", id="all defects")
    none = Crosstalk(amplifiers=AMPLIFIERS, coefficients=np.zeros((N, N)))
    yield pytest.param("crosstalk", none, "constant: all values are 0", id="no crosstalk")
    unknown = BrighterFatterKernel(amplifiers=AMPLIFIERS, kernels=np.full((N, 3, 3), np.nan))
    yield pytest.param("bfk", unknown, "nothing known", id="no kernel")
    nodes = np.full((N, 3), np.nan)
    curves = SplineLinearizer(amplifiers=AMPLIFIERS, nodes=nodes, values=nodes)
    yield pytest.param("linearizer", curves, "nothing known", id="no curve")
    still = charge_transfer(AMPLIFIERS, [AmplifierTransfer()] * N)
    yield pytest.param("cti", still, "not measured: model", id="perfect transfer")


@pytest.mark.parametrize(("product", "value", "said"), list(degenerate()))
def test_nothing_to_see_is_drawn_and_said(product: str, value: object, said: str) -> None:
    subject = Subject(CAMERA, product)
    made = figures(subject, [(4, value)]).values()
    assert any(said in text for figure in made for text in texts(figure))
    assert all(pixels(png(figure)).std() > 0 for figure in made)


def test_the_camera_of_one_detector_is_drawn() -> None:
    camera = camera_files.find("SBIG-STL-1001E")
    made = figures(Subject(camera, "bias"), [(0, frame())])
    assert "bias of SBIG-STL-1001E: 1 of 1 detectors" in texts(made["Mosaic8"])


def test_sensors_of_different_size_stand_in_one_mosaic() -> None:
    camera = camera_files.find("LSSTCam")
    made = figures(Subject(camera, "bias"), [(0, frame(shape=(40, 64))), (94, frame(shape=(48, 80)))])
    figure = made["Mosaic8"]
    assert "bias of LSSTCam: 2 of 189 detectors" in texts(figure)
    assert [image.get_array().shape for image in figure.axes[0].images] == [(5, 8), (6, 10)]


def test_no_detectors_and_unknown_ones_are_refused() -> None:
    with pytest.raises(PictureError, match=r"bias: .*found: none"):
        drawn("bias", {})
    with pytest.raises(CameraError, match="has no detector 12"):
        drawn("bias", {12: frame()})


def test_products_of_two_kinds_are_not_drawn_together() -> None:
    with pytest.raises(PictureError, match="products of one kind, found: Defects, Frame"):
        drawn("bias", {0: frame(), 1: defects()})


def test_a_thing_that_nobody_can_draw_is_named() -> None:
    with pytest.raises(PictureError, match=r"bias is a str: .*known: Frame, Defects"):
        drawn("bias", {0: "a bias"})


def test_the_table_of_kinds_names_each_type_once() -> None:
    assert len({kind.product for kind in KINDS}) == len(KINDS)


def test_a_picture_is_a_png() -> None:
    with pytest.raises(PictureError, match="no PNG image"):
        Picture(b"GIF89a")


def test_drawing_changes_no_product() -> None:
    product = masked(frame(), slice(0, 8), slice(0, 8))
    before = [product.image.copy(), product.mask.copy()]
    drawn("bias", {0: product})
    assert np.array_equal(before[0], product.image)
    assert np.array_equal(before[1], product.mask)


@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    n=st.integers(1, 9),
    again=st.integers(1, 5),
    seed=st.integers(0, 2**16),
)
def test_cells_hold_the_mean_of_their_good_pixels_however_they_are_made(
    rows: int, columns: int, n: int, again: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    image = rng.normal(10, 1, (rows, columns)).astype(np.float32)
    mask = np.where(rng.random((rows, columns)) < 0.3, bit("BAD"), 0).astype(np.int16)
    given = Frame(image, np.ones_like(image), mask, "adu", {})
    at_once, in_steps = binned(given, n * again), binned(given, n).by(again)
    assert np.array_equal(at_once.good, in_steps.good)
    assert np.allclose(at_once.image, in_steps.image, rtol=1e-5, equal_nan=True)
    assert at_once.masked == np.count_nonzero(mask)
    first = image[: n * again, : n * again][mask[: n * again, : n * again] == 0]
    expected = first.mean() if first.size else np.nan
    assert at_once.image[0, 0] == pytest.approx(expected, rel=1e-5, nan_ok=True)


def test_cells_at_the_edge_are_narrower() -> None:
    assert cells(np.ones((5, 7), int), 4, np.add).tolist() == [[16, 12], [4, 3]]


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=50))
def test_a_stretch_always_has_an_extent(values: list[float]) -> None:
    chosen = stretch(np.array(values))
    assert chosen.low < chosen.high
