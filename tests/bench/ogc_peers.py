"""Other servers of OGC API Features on the same table: tipg and pygeoapi, in their own venv.

They are fetched once into ``var/bench-peers`` by exact version; without a network there are none.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from config import cluster
from tests.city import _free_port

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "var" / "bench-peers" / "features"
PACKAGES = ("tipg==1.6.1", "pygeoapi==0.24.0", "uvicorn==0.54.0", "gunicorn==27.0.1",
            "psycopg2-binary==2.9.13", "geoalchemy2==0.20.0")  # fmt: skip
STARTS_WITHIN_S = 90.0
PYGEOAPI = """
server:
  bind: {{host: 127.0.0.1, port: {port}}}
  url: http://127.0.0.1:{port}
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  languages: [en-US]
  limits: {{default_items: 1000, max_items: 10000}}
  map: {{url: "http://127.0.0.1/", attribution: none}}
logging: {{level: ERROR}}
metadata:
  identification:
    title: bench
    description: bench
    keywords: [bench]
    keywords_type: theme
    terms_of_service: none
    url: http://127.0.0.1
  license: {{name: none, url: "http://127.0.0.1"}}
  provider: {{name: bench, url: "http://127.0.0.1"}}
  contact: {{name: bench}}
resources:
  buildings:
    type: collection
    title: buildings
    description: buildings
    keywords: [bench]
    extents: {{spatial: {{bbox: [102, 8, 108, 15], crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}}}
    links: []
    providers:
      - type: feature
        name: PostgreSQL
        data: {{host: "{host}", port: {database_port}, dbname: "{name}", user: "{user}",
               password: "{password}", search_path: [peers, public]}}
        id_field: stable_id
        table: buildings
        geom_field: geometry
        storage_crs: http://www.opengis.net/def/crs/EPSG/0/32648
        crs: ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
"""


def peers_python():
    """Return the Python of the peers' venv, made and filled if need be; None without a network."""
    python = VENV / "bin" / "python"
    mark = VENV / "holds"
    if mark.is_file() and mark.read_text() == " ".join(PACKAGES):
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    install = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
    if subprocess.run(install, check=False, stdout=sys.stderr).returncode:
        return None
    mark.write_text(" ".join(PACKAGES))
    return python


@contextmanager
def _serving(command, environment, address):
    server = subprocess.Popen(
        command, env=os.environ | environment, stdout=sys.stderr, stderr=sys.stderr
    )
    deadline = time.monotonic() + STARTS_WITHIN_S
    try:
        while not _answers(address):
            if server.poll() is not None or time.monotonic() > deadline:
                raise ConnectionError(address)
            time.sleep(0.3)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _answers(address):
    try:
        with urllib.request.urlopen(address, timeout=30):
            return True
    except urllib.error.HTTPError:
        return False
    except OSError:
        return False


@contextmanager
def tipg(python, database):
    """Serve the table with tipg; yield the address of a page, to be given limit and offset."""
    server, port = cluster.database_settings(), _free_port()
    account = server["USER"] + (f":{server['PASSWORD']}" if server["PASSWORD"] else "")
    host = quote(server["HOST"] or "localhost", safe="")
    address = f"postgresql://{account}@{host}:{server['PORT'] or 5432}/{database}"
    environment = {"DATABASE_URL": address, "TIPG_DB_SCHEMAS": '["peers"]'}
    items = f"http://127.0.0.1:{port}/collections/peers.buildings/items?f=geojson"
    command = [
        python,
        "-m",
        "uvicorn",
        "tipg.main:app",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    with _serving(command, environment, f"{items}&limit=1"):
        yield items


@contextmanager
def pygeoapi(python, database, folder):
    """Serve the table with pygeoapi; yield the address of a page, to be given limit and offset."""
    server, port = cluster.database_settings(), _free_port()
    config, openapi = folder / "pygeoapi.yml", folder / "openapi.yml"
    config.write_text(
        PYGEOAPI.format(
            port=port,
            host=server["HOST"],
            database_port=server["PORT"] or 5432,
            name=database,
            user=server["USER"],
            password=server["PASSWORD"] or "",
        )
    )
    environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    made = [python.parent / "pygeoapi", "openapi", "generate", config, "--output-file", openapi]
    subprocess.run(made, env=os.environ | environment, check=True, stdout=sys.stderr)
    items = f"http://127.0.0.1:{port}/collections/buildings/items?f=json"
    command = [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "error",
               "pygeoapi.flask_app:APP"]  # fmt: skip
    with _serving(command, environment, f"{items}&limit=1"):
        yield items
