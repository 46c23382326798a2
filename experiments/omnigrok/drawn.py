"""Landscapes as the pictures of the public code show them: blurred over cells, enlarged, and cut along rows of pixels.

Numbers that were read off those pictures are compared with ours only after the same steps.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import gaussian_filter

from grok_jax.analysis.claims import NotMeasured

BLUR = 1.0  # standard deviation of the code's Gaussian filter, in cells
ENLARGED = 10  # pixels for each cell
ROUNDING = 1e-4  # share by which a point of our grids may differ from one of the code's
PATH = "place"  # axis of a path over the plane

Points = Mapping[str, Sequence[float] | np.ndarray]


def at_points(z: Real[xr.DataArray, "..."], points: Points) -> Real[xr.DataArray, "..."]:
    """Returns z at the given points of its axes, in their order.

    Args:
      z: a landscape over these axes and others.
      points: for each axis its points.

    Raises:
      NotMeasured: z lacks an axis or one of its points.
    """
    for axis, wanted in points.items():
        if axis not in z.dims:
            raise NotMeasured(f"needs the axis {axis}")
        there = np.asarray(z[axis].values, float)
        at = [int(np.abs(there - point).argmin()) for point in wanted]
        missing = [point for point, i in zip(wanted, at, strict=True) if not np.isclose(there[i], point, ROUNDING)]
        if missing:
            raise NotMeasured(f"no run with {axis} = {missing[0]:g}")
        z = z.isel({axis: at})
    return z


def blurred(z: Real[xr.DataArray, "..."], points: Points) -> Float[xr.DataArray, "..."]:
    """Returns z at the points of the code's grid, blurred along its axes; edges are reflected.

    Raises:
      NotMeasured: z lacks one of the points.
    """
    z = at_points(z, points)
    widths = [BLUR if axis in points else 0 for axis in z.dims]
    return z.copy(data=gaussian_filter(z.values.astype(np.float64), widths, mode="reflect"))


def row_of_pixels(z: Float[xr.DataArray, "..."], axis: str, row: int) -> Float[xr.DataArray, "..."]:
    """Returns the slice of z that a row of pixels of the enlarged picture shows: a mixture of two cells.

    Pixel r lies at cell (r + ½) / ENLARGED - ½; beyond the centers of the outer cells it has their values.
    """
    last = z.sizes[axis] - 1
    at = np.clip((row + 0.5) / ENLARGED - 0.5, 0, last)
    low = min(int(at), last - 1)
    cells = [z.isel({axis: i}, drop=True) for i in (low, low + 1)]
    return (1 - (at - low)) * cells[0] + (at - low) * cells[1]


def along_path(
    z: Float[xr.DataArray, "..."], axes: tuple[str, str], corners: Sequence[tuple[float, float]], points: Sequence[int]
) -> Float[xr.DataArray, "..."]:
    """Returns z along straight lines between points of a plane, by cubic interpolation.

    Args:
      z: a landscape over both axes and perhaps 'seed'.
      axes: names of the two axes.
      corners: the points.
      points: how many points each line has.

    Returns:
      z over PATH, which counts the points from 0, in place of both axes.
    """
    ends = np.concatenate([[0], np.cumsum(points)])
    place = np.arange(ends[-1] + 1)
    first, second = (np.interp(place, ends, [corner[i] for corner in corners]) for i in (0, 1))
    x, y = (z[axis].values for axis in axes)

    def follow(plane: np.ndarray) -> np.ndarray:
        known = np.isfinite(plane).all()
        return RectBivariateSpline(x, y, plane).ev(first, second) if known else np.full(place.size, np.nan)

    found = xr.apply_ufunc(follow, z, input_core_dims=[list(axes)], output_core_dims=[[PATH]], vectorize=True)
    return found.assign_coords({PATH: place})
