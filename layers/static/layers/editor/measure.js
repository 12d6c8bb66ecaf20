/** Areas and lengths as the project's coordinate system has them, in the reader's number format. */
import { toUtm } from "../coordinates.js";
import { number } from "../written.js";

const EARTH_M = 6371008.8; // mean radius, IUGG; only where the project does not measure in UTM
const HECTARE_M2 = 10000;
const RADIANS = Math.PI / 180;

/** A function from [longitude, latitude] to metres: UTM, else a plane that touches at the place. */
function plane(projection, [longitude0, latitude0]) {
  if (projection.utmZone) {
    return ([longitude, latitude]) => {
      const { easting, northing } = toUtm(latitude, longitude, projection.utmZone);
      return [easting, northing];
    };
  }
  const narrowing = Math.cos(latitude0 * RADIANS);
  return ([longitude, latitude]) => [(longitude - longitude0) * RADIANS * EARTH_M * narrowing, (latitude - latitude0) * RADIANS * EARTH_M];
}

function length(places) {
  return places.slice(1).reduce((sum, [x, y], index) => sum + Math.hypot(x - places[index][0], y - places[index][1]), 0);
}

function ringArea(places) {
  const [x0, y0] = places[0];
  const twice = places.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = places[(index + 1) % places.length];
    return sum + (x - x0) * (nextY - y0) - (nextX - x0) * (y - y0);
  }, 0);
  return Math.abs(twice) / 2;
}

/** Area [m2] and length [m] of a shape whose coordinates ``project`` turns into metres. */
function measuresOf(geometry, project) {
  const lines = (parts) => parts.map((part) => part.map(project));
  const polygon = (rings) => {
    const [outer, ...holes] = lines(rings);
    return { area_m2: ringArea(outer) - holes.reduce((sum, hole) => sum + ringArea(hole), 0), length_m: [outer, ...holes].reduce((sum, ring) => sum + length(ring), 0) };
  };
  const sum = (parts) => parts.reduce((one, other) => ({ area_m2: one.area_m2 + other.area_m2, length_m: one.length_m + other.length_m }), { area_m2: 0, length_m: 0 });
  const { type, coordinates } = geometry;
  if (type === "Polygon") return polygon(coordinates);
  if (type === "MultiPolygon") return sum(coordinates.map(polygon));
  if (type === "LineString") return { area_m2: 0, length_m: length(coordinates.map(project)) };
  if (type === "MultiLineString") return sum(lines(coordinates).map((part) => ({ area_m2: 0, length_m: length(part) })));
  return { area_m2: 0, length_m: 0 };
}

function firstPlace(coordinates) {
  return typeof coordinates[0] === "number" ? coordinates : firstPlace(coordinates[0]);
}

/** Measures of a shape in longitude and latitude. */
export function measures(geometry, projection) {
  return measuresOf(geometry, plane(projection, firstPlace(geometry.coordinates)));
}

/** Measures of a shape the server gave in metres: the truth, to the last digit. */
export const measuresInMetres = (geometry) => measuresOf(geometry, (place) => place);

/** Measures as a sentence: 1 234,5 m² (0,1235 ha) · 145,2 m. */
export function written({ area_m2: area, length_m: long }) {
  const parts = [];
  if (area) parts.push(`${number(area, { places: 1 })} m² (${number(area / HECTARE_M2, { places: 4 })} ha)`);
  if (long) parts.push(`${number(long, { places: 1 })} m`);
  return parts.join(" · ");
}
