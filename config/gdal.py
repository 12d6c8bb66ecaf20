"""Point Django at the GDAL and GEOS inside the wheels, and close GDAL's dangerous doors.

The system's GDAL may be years older than the wheels'. Drivers that follow references to other
files or to the network are skipped before GDAL loads: a VRT renamed ``.gpkg`` must not read
``/etc/passwd``.
"""

import os
import sys
from pathlib import Path

REFERENCE_FOLLOWING_DRIVERS = (
    "VRT,OGR_VRT,WMS,WMTS,WCS,WFS,OAPIF,CSW,HTTP,GDALG,STACTA,STACIT,PLMosaic,PLScenes,"
    "EEDA,EEDAI,NGW,CARTO,Elastic,Carto,DAAS,OGCAPI,ESRIJSON,AmigoCloud,GTI,TileDB,Zarr"
)


def _wheel_library(package: str, pattern: str) -> str | None:
    """Return the newest shared library of a wheel, or None outside wheels."""
    module = sys.modules[package]
    site = Path(str(module.__file__)).parent.parent
    found = sorted((site / f"{package}.libs").glob(pattern))
    return str(found[-1]) if found else None


def configure() -> dict[str, str]:
    """Set GDAL's options, load the wheels and return Django's library paths.

    Returns
    -------
    dict
        ``GDAL_LIBRARY_PATH`` and ``GEOS_LIBRARY_PATH`` where the wheels carry them.
    """
    os.environ.setdefault("OGR_SKIP", REFERENCE_FOLLOWING_DRIVERS)
    os.environ.setdefault("GDAL_SKIP", REFERENCE_FOLLOWING_DRIVERS)
    os.environ.setdefault("CPL_CURL_ENABLE_VSIMEM", "NO")
    os.environ.setdefault("GDAL_HTTP_MAX_RETRY", "0")
    os.environ.setdefault("PROJ_NETWORK", "OFF")
    # GDAL warns on stderr of every driver to skip that a wheel never had; rasterio and pyogrio hear
    # of errors by handlers of their own, which this does not touch.
    os.environ.setdefault("CPL_LOG", os.devnull)
    import rasterio  # noqa: F401, PLC0415 - first, so that its GDAL is the one in the process
    import shapely  # noqa: F401, PLC0415

    libraries = {
        "GDAL_LIBRARY_PATH": _wheel_library("rasterio", "libgdal*.so*"),
        "GEOS_LIBRARY_PATH": _wheel_library("shapely", "libgeos_c*.so*"),
    }
    return {name: path for name, path in libraries.items() if path}
