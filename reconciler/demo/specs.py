"""The demo's specs, from the same scaffold as `reconcile init` writes."""

from __future__ import annotations

from dataclasses import dataclass

from ..scaffold import render
from .camera import Camera

TICKET, CURATED = "DM-1002", "DM-1001"
SITE = "laptop"
PRODUCTS = ("bias", "dark", "flat")
SCALED = """\
# Thresholds are those of DMTN-101, but for two. The overscans of so small sensors tell the noise to 4 % only; and a
# master of five frames adds a tenth to the noise of what it is subtracted from: an observatory takes twenty.
kind: Verification
instrument: {instrument}
thresholds:
  bias: {{READ_NOISE_CONSISTENT: [{{at_most: 0.2}}], NOISE: [{{at_most: 0.2}}]}}
  dark: {{READ_NOISE_CONSISTENT: [{{at_most: 0.2}}], NOISE: [{{at_most: 0.2}}]}}
focal_plane: curated/focal_plane.yaml
"""
WITHOUT_OVERSCAN = """\
# Thresholds are those of DMTN-101. The camera reads no overscan, which two of the tests measure.
kind: Verification
instrument: {instrument}
omitted:
  bias: {{READ_NOISE_CONSISTENT: the camera reads no overscan}}
  dark: {{READ_NOISE_CONSISTENT: the camera reads no overscan}}
"""
IGNORED = "repo/\nraws/\npictures/\nreports/\nseries/\n.reconcile/\n"


@dataclass(frozen=True, slots=True)
class Found:
    """What there are frames for, and the TAI instant at which the day of the first one began."""

    products: tuple[str, ...]
    bands: tuple[str, ...]
    night: str
    simulated: bool = False


def files(camera: Camera, found: Found, where: str, begin: str) -> dict[str, str]:
    """Return path -> text of a small repository of specs for one camera."""
    base = f"specs/{camera.name}"
    common = {"instrument": camera.name, "site": SITE}
    own = ', PROCESSING_CAMERAS: "./pipelines/cameras"' if camera.own else ""
    site = {**common, "pipelines": "./pipelines" if camera.own else "package:processing", "environment": own}
    listed = ", ".join(f"{band}: {name}" for band, name in camera.bands.items())
    return {
        ".gitignore": IGNORED,
        f"sites/{SITE}.yaml": render("site.yaml", site),
        f"{base}/catalog.yaml": render("catalog.yaml", {**common, "detectors": camera.detectors, "bands": listed}),
        f"{base}/chain.yaml": chain(camera, TICKET, CURATED),
        f"{base}/{CURATED}.yaml": render("curated.yaml", {**common, "ticket": CURATED}),
        f"{base}/curated/camera.yaml": camera.path.read_text(encoding="utf-8"),
        f"{base}/{TICKET}.yaml": calibration_set(camera, found, where, begin),
    }


def chain(camera: Camera, *tickets: str) -> str:
    """Return the chain of a camera with these tickets, in search order."""
    members = ", ".join(f"{camera.name}/calib/{ticket}" for ticket in tickets)
    return render("chain.yaml", {"instrument": camera.name, "members": members})


def calibration_set(camera: Camera, found: Found, where: str, begin: str) -> str:
    """Return the calibration set: bias, dark and flats, as far as there are frames."""
    extra = f" and ({where})" if where else ""
    products, bands = found.products, found.bands
    selections = {name: f"exposure.observation_type='{name}'{extra}" for name in products if name != "flat"}
    if "flat" in products:
        selections |= {f"flat-{band}": f"exposure.observation_type='flat'{extra}" for band in bands}
    lines = {
        name: f"  {name}: {{}}" if name != "flat" else f"  flat: {{bands: [{', '.join(bands)}]}}" for name in products
    }
    return render(
        "set.yaml",
        {
            "instrument": camera.name,
            "site": SITE,
            "ticket": TICKET,
            "tag": "demo",
            "purpose": f"{', '.join(products)} of {camera.name}",
            "rerun": "20250207a",
            "selections": "\n".join(f'  {name}: "{text}"' for name, text in selections.items()),
            "products": "\n".join(lines.values()),
            "begin": begin,
            "verified": ", ".join(f"{name}: {{}}" for name in products),
        },
    )
