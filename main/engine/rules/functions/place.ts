import { BlockList, isIP } from 'node:net';
import { toFloat, toInt, toText, toTime } from '../coerce.ts';
import { isKind, listItems, type Value } from '../values.ts';
import { arg, type Call, type FunctionTable, fn } from './spec.ts';

const EARTH_RADIUS_KM = 6371.0088;
const DAY = 86_400;

type Point = readonly [latitude: number, longitude: number];

/** A place from `"lat,lon"`, a list of two numbers, or a map with `lat` and `lon` (also `latitude`, `lng`, `longitude`). */
function pointOf(value: Value): Point | undefined {
  if (isKind(value, 'map')) {
    const read = (...names: string[]) =>
      toFloat(names.map((name) => value.entries.get(name)).find((v) => v !== undefined));
    return pointFrom(read('lat', 'latitude'), read('lon', 'lng', 'longitude'));
  }
  const parts = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : listItems(value);
  return parts?.length === 2 ? pointFrom(toFloat(parts[0]), toFloat(parts[1])) : undefined;
}

function pointFrom(latitude: number | undefined, longitude: number | undefined): Point | undefined {
  if (latitude === undefined || longitude === undefined) return undefined;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : undefined;
}

/** Great-circle distance in kilometres (haversine). */
function distanceKm([lat1, lon1]: Point, [lat2, lon2]: Point): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const h =
    Math.sin(radians(lat2 - lat1) / 2) ** 2 +
    Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(radians(lon2 - lon1) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** `geodistance(field, "lat,lon", km)`: the place in the field lies within so many kilometres. */
function geoDistance(args: readonly Value[]): Value | undefined {
  const [from, to, km] = [pointOf(arg(args, 0)), pointOf(arg(args, 1)), toFloat(arg(args, 2))];
  return from === undefined || to === undefined || km === undefined ? undefined : distanceKm(from, to) <= km;
}

interface Window {
  readonly seconds: readonly number[];
  readonly count: number;
  readonly length: number;
}

function windowOf(args: readonly Value[], call: Pick<Call, 'now'>): Window | undefined {
  const value = arg(args, 0);
  const [count, days] = [toInt(arg(args, 1)), toFloat(arg(args, 2))];
  if (value === null || count === undefined || days === undefined || !Number.isFinite(days)) return undefined;
  const items = isKind(value, 'map') ? [...value.entries.values()] : (listItems(value) ?? [value]);
  const times = items.map((item) => toTime(item, call.now));
  const seconds = times.flatMap((time) => (time === undefined ? [] : [time.sec]));
  return seconds.length < items.length
    ? undefined
    : { seconds, count: Number(count), length: Math.round(days * DAY) };
}

/** `timewindow(field, count, days)`: the field has at least so many times within the last days, now included. */
function timeWindow(args: readonly Value[], call: Call): Value | undefined {
  const window = windowOf(args, call);
  if (window === undefined) return undefined;
  const after = call.now.sec - window.length;
  return window.seconds.filter((sec) => sec > after && sec <= call.now.sec).length >= window.count;
}

/** A time enters the window when it is reached and leaves it after its length. */
function nextWindowChange(args: readonly Value[], nowSec: number): number | undefined {
  const window = windowOf(args, { now: { kind: 'time', sec: nowSec, nano: 0, term: undefined } });
  if (window === undefined) return undefined;
  let next: number | undefined;
  for (const sec of window.seconds.flatMap((sec) => [sec, sec + window.length])) {
    if (sec > nowSec && (next === undefined || sec < next)) next = sec;
  }
  return next;
}

/** `ipfilter(ip, "network/bits")` for IPv4 and IPv6. */
function ipFilter(args: readonly Value[]): Value | undefined {
  const [ip, cidr] = [toText(arg(args, 0)), toText(arg(args, 1))];
  if (ip === undefined || cidr === undefined) return undefined;
  const [network = '', bits = ''] = cidr.split('/');
  const [family, networkFamily] = [isIP(ip), isIP(network)];
  const widest = networkFamily === 6 ? 128 : 32;
  if (family === 0 || networkFamily === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > widest)
    return undefined;
  if (family !== networkFamily) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(ip, type);
}

export const PLACE: FunctionTable = {
  geodistance: fn(3, 3, geoDistance),
  timewindow: fn(3, 3, timeWindow, { kind: 'own', nextChange: nextWindowChange }),
  ipfilter: fn(2, 2, ipFilter),
};
