import { addMonths, monthIndexOf, monthStart, timeOfTerm } from './datemath.ts';
import { compareSeconds } from './number-ops.ts';
import { type NowTerm, type TimeValue, timeValue } from './values.ts';

/**
 * When a comparison with a time that moves with now changes. Two notions, both needed:
 *
 * - the **boundary** (FILTERQL.md, 9): the time at which the two sides meet, as the reference engine reports it, also when
 *   that is this very instant; none for `==` and `!=`;
 * - the **change**: the first whole second after now at which the answer is another one, because times compare in whole
 *   seconds. A strict `<` changes one second after its boundary.
 *
 * A term in months shifts by another number of days in each month, and runs back where a month's last days overflow. So
 * both are looked for month by month, within which the term is a plain shift.
 */
export type OrderOp = '==' | '!=' | '>' | '>=' | '<' | '<=';

const FLIPPED: Readonly<Record<OrderOp, OrderOp>> = {
  '==': '==',
  '!=': '!=',
  '>': '<',
  '>=': '<=',
  '<': '>',
  '<=': '>=',
};

/** One side of a comparison: a fixed time, or one with a term. */
export interface TimePair {
  readonly fixed: TimeValue;
  readonly term: NowTerm;
  /** The operator with the fixed time on the left. */
  readonly op: OrderOp;
}

/** Sorts `left op right` into fixed and moving side; undefined when neither or both move. */
export function timePair(op: OrderOp, left: TimeValue, right: TimeValue): TimePair | undefined {
  if (left.term === undefined && right.term !== undefined) return { fixed: left, term: right.term, op };
  if (left.term !== undefined && right.term === undefined)
    return { fixed: right, term: left.term, op: FLIPPED[op] };
  return undefined;
}

/** The boundary of `fixed op now+term` from `now` on; undefined when the answer is settled for good. */
export function boundaryOf({ fixed, term, op }: TimePair, now: TimeValue): TimeValue | undefined {
  const moving = timeOfTerm(term, now);
  if (moving === undefined || op === '==' || op === '!=') return undefined;
  const wantsLater = op === '>' || op === '>=';
  const order = fixed.sec - moving.sec || fixed.nano - moving.nano;
  if (term.months === 0) {
    const settled = wantsLater ? order <= 0 : order < 0;
    return settled ? undefined : timeValue(fixed.sec - term.seconds, fixed.nano);
  }
  if (order === 0 && !wantsLater) return timeValue(now.sec, now.nano);
  return meetingByMonth(fixed, term, now, wantsLater ? order > 0 : order >= 0);
}

/** The first instant after now at which `fixed` is no longer ahead of the moving side, or is again, as `ahead` says. */
function meetingByMonth(
  fixed: TimeValue,
  term: NowTerm,
  now: TimeValue,
  ahead: boolean,
): TimeValue | undefined {
  for (const month of monthsFrom(now.sec, fixed.sec, term.months)) {
    if (month.start > now.sec && fixed.sec > month.start - month.shift !== ahead)
      return timeValue(month.start, 0);
    const meets = fixed.sec + month.shift;
    const later = meets > now.sec || (meets === now.sec && fixed.nano > now.nano);
    if (ahead && later && meets >= month.start && meets < month.end) return timeValue(meets, fixed.nano);
  }
  return undefined;
}

/** The first whole second after `nowSec` at which `fixed op now+term` has another answer. */
export function changeOf({ fixed, term, op }: TimePair, nowSec: number): number | undefined {
  const holds = (sec: number) => compareSeconds(op, fixed.sec, addMonths(sec, term.months) + term.seconds);
  const before = holds(nowSec);
  if (term.months === 0) {
    const meets = fixed.sec - term.seconds;
    if (meets > nowSec && holds(meets) !== before) return meets;
    return meets + 1 > nowSec && holds(meets + 1) !== before ? meets + 1 : undefined;
  }
  const candidates = (shift: number) => [fixed.sec + shift, fixed.sec + shift + 1];
  for (const month of monthsFrom(nowSec, fixed.sec, term.months)) {
    const inside = [month.start, ...candidates(month.shift)].filter(
      (sec) => sec >= month.start && sec < month.end,
    );
    const change = inside.sort((a, b) => a - b).find((sec) => sec > nowSec && holds(sec) !== before);
    if (change !== undefined) return change;
  }
  return undefined;
}

interface Month {
  readonly start: number;
  readonly end: number;
  /** Seconds that a time in this month loses by the term. */
  readonly shift: number;
}

/** The months in which now plus the term can meet a time: from now's own, or the first that reaches it, to the last. */
function* monthsFrom(nowSec: number, fixedSec: number, months: number): Generator<Month> {
  const longest = 32 * 86_400;
  const own = monthIndexOf(nowSec);
  const reaching = monthIndexOf(fixedSec - longest) - months;
  const beyond = (index: number) => monthStart(index + months) > fixedSec + 1;
  for (let index = Math.max(own, reaching); index === own || !beyond(index - 1); index++) {
    const start = monthStart(index);
    const end = monthStart(index + 1);
    if (Number.isNaN(end)) return;
    yield { start, end, shift: start - monthStart(index + months) };
  }
}

/** What has been found about one rule and one profile; the earliest of each wins. */
export interface BoundarySink {
  boundary: TimeValue | undefined;
  changeSec: number | undefined;
  /** Set when a function of now cannot be solved and the rule has to be evaluated again at the next hour. */
  approximate: boolean;
}

export function newSink(): BoundarySink {
  return { boundary: undefined, changeSec: undefined, approximate: false };
}

export function noteBoundary(sink: BoundarySink, time: TimeValue | undefined): void {
  if (time === undefined) return;
  const { boundary } = sink;
  if (boundary === undefined || (time.sec - boundary.sec || time.nano - boundary.nano) < 0)
    sink.boundary = time;
}

export function noteChange(sink: BoundarySink, sec: number | undefined): void {
  if (sec !== undefined && (sink.changeSec === undefined || sec < sink.changeSec)) sink.changeSec = sec;
}

/**
 * The first second after `nowSec` at which `holds` changes, among the times that `next` proposes one after the other. Ends
 * after `MAX_STEPS` proposals with the last of them, which is early but never late.
 */
export function firstChange(
  nowSec: number,
  holds: (sec: number) => unknown,
  next: (sec: number) => number | undefined,
): number | undefined {
  const before = holds(nowSec);
  let sec = next(nowSec);
  for (let step = 0; sec !== undefined && step < MAX_STEPS; step++) {
    if (holds(sec) !== before) return sec;
    sec = next(sec);
  }
  return sec;
}

const MAX_STEPS = 1000;
