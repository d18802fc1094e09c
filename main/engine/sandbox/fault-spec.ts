import { SegueError } from '../core/errors.ts';

/**
 * Which faults the sandbox injects, and how often. Every rate is a share of requests from 0 to 1, of batch entries where
 * it says so. Absent means never.
 */
export interface FaultSpec {
  /** Makes the faults repeatable: the same requests in the same order meet the same faults. */
  seed?: number;
  /** Answered RequestThrottled, nothing stored. */
  throttle?: number;
  /** Answered KmsThrottled, nothing stored. */
  kms?: number;
  /** Answered 500 or 503, nothing stored. */
  error?: number;
  /** Answered 500 after the request was carried out. */
  errorAfter?: number;
  /** Share of batch entries that fail with `SenderFault: false`. */
  partial?: number;
  /** Share of batch entries that fail with `SenderFault: true`. */
  partialSender?: number;
  /** The reply is held back; the request has been carried out by then. */
  delay?: { ms: number; rate: number };
  /** Carried out, then the connection is closed before the reply. */
  drop?: number;
  /** The connection is reset before the request is carried out. */
  reset?: number;
  /** Carried out, and the reply has a wrong MD5 of one body. */
  md5?: number;
  /** Which operations: `send` (SendMessage and its batch, the default), `receive` (receive, delete, visibility), `all`. */
  on?: FaultTarget;
}

export type FaultTarget = 'send' | 'receive' | 'all';

type RateName =
  | 'throttle'
  | 'kms'
  | 'error'
  | 'errorAfter'
  | 'partial'
  | 'partialSender'
  | 'drop'
  | 'reset'
  | 'md5';

const RATES: ReadonlyMap<string, RateName> = new Map([
  ['throttle', 'throttle'],
  ['kms', 'kms'],
  ['error', 'error'],
  ['error-after', 'errorAfter'],
  ['partial', 'partial'],
  ['partial-sender', 'partialSender'],
  ['drop', 'drop'],
  ['reset', 'reset'],
  ['md5', 'md5'],
]);
const KNOWN = [...RATES.keys(), 'delay', 'on', 'seed'].join(', ');
const RATE = /^(?:0(?:\.\d+)?|1(?:\.0+)?|\.\d+)$/;
const DELAY = /^(\d{1,6})(ms|s)(?:@(.+))?$/;
const MAX_DELAY_MS = 600_000;

/**
 * Reads a fault specification from text: `name=value` joined by commas, for example
 * `throttle=0.1,error=0.05,partial=0.1,delay=50ms@0.2,drop=0.01,reset=0.01,md5=0.01,seed=7`.
 *
 * - `throttle`, `kms`, `error`, `error-after`, `drop`, `reset`, `md5`: share of requests, 0 to 1
 * - `partial`, `partial-sender`: share of the entries of batches, 0 to 1
 * - `delay`: a time in `ms` or `s`, with `@` and a share of requests, all when left out
 * - `on`: `send` (default), `receive` or `all`
 * - `seed`: a whole number that makes the faults repeatable
 *
 * See FaultSpec for what each does. Throws SegueError USAGE, with the number and text of the part that is wrong.
 */
export function parseFaultSpec(text: string): FaultSpec {
  const spec: FaultSpec = {};
  const seen = new Set<string>();
  for (const [index, part] of text.split(',').entries()) {
    const wrong = (reason: string) =>
      new SegueError('USAGE', `Fault specification, part ${index + 1} ('${part.trim()}'): ${reason}.`, {
        part: index + 1,
        text: part.trim(),
      });
    if (part.trim() === '' && text.trim() === '') {
      return spec;
    }
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim();
    const value = part.slice(at + 1).trim();
    if (at === -1) {
      throw wrong('expected name=value');
    }
    if (seen.has(name)) {
      throw wrong(`${name} is given twice`);
    }
    seen.add(name);
    readPart(spec, name, value, wrong);
  }
  return spec;
}

function readPart(spec: FaultSpec, name: string, value: string, wrong: (reason: string) => SegueError): void {
  const readRate = (rate: string) => {
    if (!RATE.test(rate)) {
      throw wrong('expected a share from 0 to 1');
    }
    return Number(rate);
  };
  const rateName = RATES.get(name);
  if (rateName !== undefined) {
    spec[rateName] = readRate(value);
    return;
  }
  switch (name) {
    case 'delay': {
      const match = DELAY.exec(value);
      const ms = Number(match?.[1]) * (match?.[2] === 's' ? 1000 : 1);
      if (match === null || ms > MAX_DELAY_MS) {
        throw wrong('expected a time such as 50ms or 2s, at most 600s, optionally with @ and a share');
      }
      spec.delay = { ms, rate: match[3] === undefined ? 1 : readRate(match[3]) };
      return;
    }
    case 'on':
      if (value !== 'send' && value !== 'receive' && value !== 'all') {
        throw wrong('expected send, receive or all');
      }
      spec.on = value;
      return;
    case 'seed':
      if (!/^\d{1,15}$/.test(value)) {
        throw wrong('expected a whole number');
      }
      spec.seed = Number(value);
      return;
    default:
      throw wrong(`unknown name '${name}', known are ${KNOWN}`);
  }
}
