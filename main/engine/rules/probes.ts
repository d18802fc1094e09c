import {
  type BoundarySink,
  boundaryOf,
  changeOf,
  firstChange,
  noteBoundary,
  noteChange,
  type OrderOp,
  timePair,
} from './boundary.ts';
import { toTime } from './coerce.ts';
import { addMonths, nextCalendarStart, parseTerm, timeOfTerm } from './datemath.ts';
import { compareSeconds } from './number-ops.ts';
import type { Probe, Run, Scope } from './scope.ts';
import { isKind, type ListValue, type NowTerm, type TimeValue, timeValue, type Value } from './values.ts';

/** The probe of a comparison: solved for two times, and for a list of times against one. */
export function comparisonProbe(op: OrderOp, left: Run, right: Run): Probe {
  const [leftToTime, rightToTime] = [timeReader(), timeReader()];
  return (scope, sink) => {
    const [a, b] = [left(scope), right(scope)];
    if (isKind(a, 'list')) return listProbe(op, a, rightToTime(b, scope.now), scope, sink);
    // Two texts do not compare as times, whatever they say.
    if (!isKind(a, 'time') && !isKind(b, 'time')) return;
    const [leftTime, rightTime] = [leftToTime(a, scope.now), rightToTime(b, scope.now)];
    if (leftTime !== undefined && rightTime !== undefined)
      pairProbe(op, leftTime, rightTime, scope.now, sink);
  };
}

/** `toTime` for one side of a comparison, mostly the same `now-7d` for each profile: parsing that anew was most of the work. */
function timeReader(): typeof toTime {
  let lastText: Value | undefined;
  let lastTerm: NowTerm | undefined;
  return (value, now) => {
    if (typeof value !== 'string') return toTime(value, now);
    if (value !== lastText) {
      lastText = value;
      lastTerm = MOVING.test(value) ? parseTerm(value) : undefined;
    }
    return lastTerm === undefined ? toTime(value, now) : timeOfTerm(lastTerm, now);
  };
}

const MOVING = /^now./i;

function pairProbe(op: OrderOp, left: TimeValue, right: TimeValue, now: TimeValue, sink: BoundarySink): void {
  const pair = timePair(op, left, right);
  if (pair !== undefined) {
    noteBoundary(sink, boundaryOf(pair, now));
    noteChange(sink, changeOf(pair, now.sec));
  } else if (left.term?.months !== right.term?.months) {
    // Both sides move; within a month their distance stays the same.
    noteInstant(sink, nextCalendarStart(now.sec, 'month'));
  }
}

/** Any element decides, so the last to stop matching, or the first to start, is the one that counts. */
function listProbe(
  op: OrderOp,
  list: ListValue,
  time: TimeValue | undefined,
  { now }: Scope,
  sink: BoundarySink,
): void {
  const times = list.items.filter((item) => isKind(item, 'time'));
  const [first] = times;
  if (time?.term === undefined || first === undefined || times.length < list.items.length) return;
  const latest = op === '>' || op === '>=';
  const extreme = times.reduce((a, b) => (later(a, b) === latest ? a : b), first);
  const pairs = times.flatMap((item) => timePair(op, item, time) ?? []);
  const pair = timePair(op, extreme, time);
  if (pair !== undefined) noteBoundary(sink, boundaryOf(pair, now));
  const holds = (sec: number) => times.some((item) => compareSeconds(op, item.sec, secondsAt(time, sec)));
  noteChange(
    sink,
    firstChange(now.sec, holds, (sec) => earliest(pairs.map((each) => changeOf(each, sec)))),
  );
}

function later(a: TimeValue, b: TimeValue): boolean {
  return a.sec > b.sec || (a.sec === b.sec && a.nano > b.nano);
}

/** The probe of BETWEEN: a time enters the window when its upper end meets it and leaves when its lower end does. */
export function betweenProbe(value: Run, low: Run, high: Run): Probe {
  const [lowToTime, highToTime] = [timeReader(), timeReader()];
  return (scope, sink) => {
    const { now } = scope;
    const time = value(scope);
    if (!isKind(time, 'time')) return;
    const [lower, upper] = [lowToTime(low(scope), now), highToTime(high(scope), now)];
    if (lower === undefined || upper === undefined) return;
    const holds = (sec: number) => {
      const at = secondsAt(time, sec);
      return at > secondsAt(lower, sec) && at < secondsAt(upper, sec);
    };
    const pairs = [timePair('>', time, lower), timePair('<', time, upper)].filter(
      (pair) => pair !== undefined,
    );
    const change = firstChange(now.sec, holds, (sec) => earliest(pairs.map((pair) => changeOf(pair, sec))));
    noteChange(sink, change);
    if (time.term === undefined) noteBoundary(sink, windowBoundary(time, lower, upper, now));
    else if (change !== undefined) noteBoundary(sink, timeValue(change, 0));
  };
}

function windowBoundary(
  time: TimeValue,
  lower: TimeValue,
  upper: TimeValue,
  now: TimeValue,
): TimeValue | undefined {
  const below = later(lower, time) || (lower.term === undefined && !later(time, lower));
  if (below || !later(upper, lower)) return undefined;
  const end = later(upper, time) ? lower : upper;
  // As `<`, which also reports the very instant at which the two meet.
  return end.term === undefined ? undefined : boundaryOf({ fixed: time, term: end.term, op: '<' }, now);
}

function secondsAt(time: TimeValue, nowSec: number): number {
  return time.term === undefined ? time.sec : addMonths(nowSec, time.term.months) + time.term.seconds;
}

function earliest(seconds: readonly (number | undefined)[]): number | undefined {
  return seconds.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);
}

/** Both the boundary and the change of something whose answer changes at this second. */
export function noteInstant(sink: BoundarySink, sec: number | undefined): void {
  if (sec === undefined) return;
  noteBoundary(sink, timeValue(sec, 0));
  noteChange(sink, sec);
}

/** The probe of a function of now that cannot be solved: evaluate again at the next full hour. */
export const hourlyProbe: Probe = ({ now }, sink) => {
  sink.approximate = true;
  noteInstant(sink, nextCalendarStart(now.sec, 'hour'));
};
