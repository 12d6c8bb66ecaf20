/** Coordinates of a place: latitude and longitude, and UTM where the city measures in UTM. */

// WGS 84 ellipsoid and UTM constants (EPSG:7030, EPSG:9807).
const SEMI_MAJOR_M = 6378137.0;
const FLATTENING = 1 / 298.257223563;
const SCALE = 0.9996;
const FALSE_EASTING_M = 500000;
const FALSE_NORTHING_SOUTH_M = 10000000;

/**
 * Easting and northing [m] in a UTM zone (negative: southern hemisphere).
 * Krüger series to the third order of n: exact to a millimetre within a zone.
 * Karney (2011), Transverse Mercator with an accuracy of a few nanometers, eq. 7-11 and 35.
 */
export function toUtm(latitude, longitude, zone) {
  const n = FLATTENING / (2 - FLATTENING);
  const radius = (SEMI_MAJOR_M / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64);
  const alpha = [n / 2 - (2 * n ** 2) / 3 + (5 * n ** 3) / 16, (13 * n ** 2) / 48 - (3 * n ** 3) / 5, (61 * n ** 3) / 240];
  const phi = (latitude * Math.PI) / 180;
  const lambda = ((longitude - (Math.abs(zone) * 6 - 183)) * Math.PI) / 180;
  const e = (2 * Math.sqrt(n)) / (1 + n);
  const t = Math.sinh(Math.atanh(Math.sin(phi)) - e * Math.atanh(e * Math.sin(phi)));
  const xi = Math.atan2(t, Math.cos(lambda));
  const eta = Math.atanh(Math.sin(lambda) / Math.sqrt(1 + t * t));
  let x = eta;
  let y = xi;
  alpha.forEach((a, index) => {
    const k = 2 * (index + 1);
    x += a * Math.cos(k * xi) * Math.sinh(k * eta);
    y += a * Math.sin(k * xi) * Math.cosh(k * eta);
  });
  return {
    easting: FALSE_EASTING_M + SCALE * radius * x,
    northing: (zone < 0 ? FALSE_NORTHING_SOUTH_M : 0) + SCALE * radius * y,
  };
}

function text(latlng, projection) {
  const degrees = `${latlng.lat.toFixed(5)}°, ${latlng.lng.toFixed(5)}°`;
  if (!projection.utmZone) return degrees;
  const { easting, northing } = toUtm(latlng.lat, latlng.lng, projection.utmZone);
  const zone = `${Math.abs(projection.utmZone)}${projection.utmZone < 0 ? "S" : "N"}`;
  return `UTM ${zone}  ${easting.toFixed(0)} E  ${northing.toFixed(0)} N  ·  ${degrees}`;
}

/** A line at the foot of the map with the coordinates under the pointer, else of the centre. */
export function addCoordinates(map, projection, title) {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    const line = L.DomUtil.create("output", "coordinates");
    line.setAttribute("aria-label", title);
    const write = (latlng) => {
      line.textContent = text(latlng, projection);
    };
    map.on("mousemove", (event) => write(event.latlng));
    map.on("viewreset moveend", () => write(map.getCenter()));
    return line;
  };
  control.addTo(map);
}
