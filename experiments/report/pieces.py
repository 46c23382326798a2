"""What the page keeps of a finished run besides its claims: a picture, curves, and which run they are of.

<out>/pictures/<piece>.webp    the run's figure.png, made smaller
<out>/checks/<piece>.webp      its curves with the authors' numbers, if there are any
<out>/curves/<piece>.js        the curves, and the date and revision of the run, as a script that a page can load
"""

import functools
import json
import re
from pathlib import Path
from typing import Any

import xarray as xr
from PIL import Image

from experiments.catalogue import run_name
from experiments.evidence_entries import as_image, drawn_checks, run_of
from experiments.report.curves import curves_of
from grok_jax import results
from grok_jax.analysis.claims import as_json
from grok_jax.errors import naming

PICTURES, CHECKS, CURVES = "pictures", "checks", "curves"
WIDTH, QUALITY = 1600, 72  # of a picture: twice the pixels of the widest place that the page has for it
DPI = 110  # of the curves with the authors' numbers
CALL = "keepCurves"  # the function of the page's script that takes the curves


def keep(out: Path, folder: Path, figure: str, preset: str) -> None:
    """Writes the pieces of a finished run.

    Args:
      out: the folder of the page.
      folder: the run's folder.
      figure, preset: what was run.

    Raises:
      UserError: results.nc or figure.png is missing or damaged.
    """
    name, dataset = run_name(figure, preset), results.load_dataset(folder)
    with naming(f"reading {folder / 'figure.png'}"), Image.open(folder / "figure.png") as image:
        picture = image.convert("RGB")
    if picture.width > WIDTH:
        picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
    checks = _checks(figure, dataset)
    piece = {"run": run_of(folder, dataset), "size": picture.size, "curves": curves_of(dataset)}
    piece |= {"checks": checks.size if checks else None}
    text = f"{CALL}({json.dumps(name)}, {json.dumps(as_json(piece), ensure_ascii=False, separators=(',', ':'))})\n"
    for part in (PICTURES, CURVES, *([CHECKS] if checks else [])):
        (out / part).mkdir(parents=True, exist_ok=True)
    (out / CHECKS / f"{name}.webp").unlink(missing_ok=True)
    for part, shown in ((PICTURES, picture), (CHECKS, checks)):
        if shown:
            put = out / part / f"{name}.webp"
            results.write_whole(put, functools.partial(shown.save, format="webp", quality=QUALITY, method=6))
    results.write_whole(out / CURVES / f"{name}.js", lambda partial: partial.write_text(text, "utf-8"))


def _checks(figure: str, dataset: xr.Dataset) -> Image.Image | None:
    """The curves of a run with the authors' numbers on them."""
    drawn = drawn_checks(figure, dataset)
    if drawn is None:
        return None
    return as_image(drawn, DPI)


def read(out: Path) -> dict[str, dict[str, Any]]:
    """Returns the pieces in the folder of a page: name -> {"run", "size", "curves", "checks"}.

    "size" and "checks" are the sizes of its two pictures in pixels, None for a picture that there is not.

    Raises:
      UserError: a file of curves is damaged, or a picture of it is missing.
    """
    found = {}
    for file in sorted((out / CURVES).glob("*.js")):
        with naming(f"reading {file}, which must be unchanged since this command wrote it,"):
            text = re.fullmatch(rf'{CALL}\("{re.escape(file.stem)}", (.*)\)\n', file.read_text("utf-8"))[1]
            piece = json.loads(text)
            found[file.stem] = {part: piece[part] for part in ("run", "size", "curves")}
            found[file.stem]["checks"] = piece.get("checks")  # files of curves from before it had them lack it
            for folder in (PICTURES, *([CHECKS] if piece.get("checks") else [])):
                (out / folder / f"{file.stem}.webp").stat()
    return found
