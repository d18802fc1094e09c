import type { MessageAttribute, Problem } from '../../../preload/contract/message.ts';
import { count } from '../core/count.ts';
import { pointerAt } from './json-locate.ts';
import { allProblems, errorProblem, NO_PROBLEMS, type ProblemPlace, warningProblem } from './problem.ts';

/** Bytes of UTF-8 that a message may have unless its queue's `MaximumMessageSize` is lower. */
export const DEFAULT_LIMIT_BYTES = 1_048_576;
export const MAX_ATTRIBUTES = 10;
const MAX_NAME = 256;
const MAX_NUMBER_DIGITS = 38;
/** "A number can have up to 38 digits of precision, and it can be between 10^-128 and 10^+126" (SQS developer guide). */
const MIN_EXPONENT = -128;
const MAX_EXPONENT = 126;

// Lone surrogates are found by isWellFormed, which is native; a pattern with the u flag is several times slower.
const FORBIDDEN = /[^\t\n\r\u0020-\uFFFD]/;
const NAME = /^[A-Za-z0-9_.-]+$/;
const RESERVED = /^(?:aws|amazon)\./i;
const TYPE = /^(?:String|Number|Binary)(?:\..+)?$/;
const NUMBER = /^[+-]?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const QUEUE_ID = /^[\x21-\x7e]{1,128}$/;

/** An attribute and where it comes from: the form field that chose it and the pointer to its value in the body. */
export type SourcedAttribute = MessageAttribute & ProblemPlace;

/** A message as it would be sent, and what its queue asks for. */
export interface CheckedMessage {
  readonly body: string;
  readonly attributes: readonly SourcedAttribute[];
  /** {@link messageBytes}, when the caller has counted already. */
  readonly bytes?: number;
  /** True for a body built from JSON that was checked: it has no raw control character, so none is searched for. */
  readonly isJson?: boolean;
  readonly limitBytes?: number;
  readonly fifo?: boolean;
  readonly contentBasedDedup?: boolean;
  readonly groupId?: string | undefined;
  readonly dedupId?: string | undefined;
}

/** What an attribute adds to a message's size: name, data type and value in UTF-8 (a Binary value decoded). */
export function attributeCost({ name, type, value }: MessageAttribute): number {
  const encoding = type.startsWith('Binary') ? 'base64' : 'utf8';
  return Buffer.byteLength(name) + Buffer.byteLength(type) + Buffer.byteLength(value, encoding);
}

/** A message's size as SQS counts it: the body and every attribute, in bytes of UTF-8. */
export function messageBytes(body: string, attributes: readonly MessageAttribute[]): number {
  let bytes = Buffer.byteLength(body);
  for (const attribute of attributes) bytes += attributeCost(attribute);
  return bytes;
}

/**
 * Everything that SQS would refuse about one message, before it is sent; the form, the preview, the plan and sending all
 * ask here. Rules: SQS API reference (SendMessage), "Amazon SQS message metadata" and "message quotas".
 */
export function checkMessage(message: CheckedMessage): readonly Problem[] {
  return allProblems(checkBody(message), checkAttributes(message.attributes), checkQueueIds(message));
}

function checkBody(message: CheckedMessage): readonly Problem[] {
  const { body, attributes, limitBytes = DEFAULT_LIMIT_BYTES, isJson = false } = message;
  if (body === '')
    return [errorProblem('BODY_EMPTY', 'The body is empty. SQS takes no message without a body.')];
  const bytes = message.bytes ?? messageBytes(body, attributes);
  const at = isJson && !mayHoldForbidden(body) ? -1 : forbiddenAt(body);
  if (bytes <= limitBytes && at < 0) return NO_PROBLEMS;
  const problems: Problem[] = [];
  if (bytes > limitBytes) {
    problems.push(
      errorProblem(
        'MESSAGE_TOO_LARGE',
        `The message has ${count(bytes)} bytes with its attributes, the queue takes ${count(limitBytes)}. Export fewer fields.`,
        { field: 'exportFields' },
      ),
    );
  }
  if (at >= 0) {
    problems.push(
      errorProblem(
        'BODY_CHARACTER',
        `The body holds ${characterName(body, at)} at character ${at + 1}, which SQS does not take.`,
        { path: pointerAt(body, at) },
      ),
    );
  }
  return problems;
}

/** The problems of attributes alone: number, names, types and values. */
export function checkAttributes(attributes: readonly SourcedAttribute[]): readonly Problem[] {
  if (attributes.length === 0) return NO_PROBLEMS;
  const problems = checkAttributeCount(attributes.length);
  const seen = new Set<string>();
  for (const attribute of attributes) {
    problems.push(...checkAttributeName(attribute.name, attribute));
    if (seen.has(attribute.name)) {
      problems.push(
        errorProblem(
          'ATTRIBUTE_DUPLICATE',
          `Two attributes are named "${shown(attribute.name)}". Give one of them another name.`,
          attribute,
        ),
      );
    }
    seen.add(attribute.name);
    problems.push(...checkTypeAndValue(attribute));
  }
  return problems;
}

/** At most ten attributes ride on a message. */
export function checkAttributeCount(attributes: number): Problem[] {
  if (attributes <= MAX_ATTRIBUTES) return [];
  return [
    errorProblem(
      'ATTRIBUTE_COUNT',
      `${attributes} attributes are chosen, SQS takes ${MAX_ATTRIBUTES}. Remove ${attributes - MAX_ATTRIBUTES}.`,
      { field: 'attributes' },
    ),
  ];
}

/** Whether SQS takes an attribute's name. */
export function checkAttributeName(name: string, place: ProblemPlace): Problem[] {
  const reason = nameFault(name);
  if (reason === undefined) return [];
  return [errorProblem('ATTRIBUTE_NAME', `The attribute name "${shown(name)}" ${reason}.`, place)];
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > MAX_NAME) return `has ${name.length} characters, SQS takes ${MAX_NAME}`;
  if (!NAME.test(name)) return 'may hold letters A to Z, digits, underscores, hyphens and periods only';
  if (name.startsWith('.') || name.endsWith('.')) return 'may not begin or end with a period';
  if (name.includes('..')) return 'may not hold two periods in a row';
  if (RESERVED.test(name)) return 'begins with "AWS." or "Amazon.", which SQS keeps for itself';
  return undefined;
}

/** The types that are sent by the million, known good without a pattern. */
function isPlainType(type: string): boolean {
  return type === 'String' || type === 'Number';
}

function checkTypeAndValue(attribute: SourcedAttribute): Problem[] {
  const { name, type, value } = attribute;
  const what = `The attribute "${shown(name)}"`;
  if (!isPlainType(type) && (!TYPE.test(type) || type.length > MAX_NAME || forbiddenAt(type) >= 0)) {
    return [
      errorProblem(
        'ATTRIBUTE_TYPE',
        `${what} has the type "${shown(type)}". SQS knows String, Number and Binary, each with an optional label behind a period.`,
        attribute,
      ),
    ];
  }
  if (value === '') {
    return [
      errorProblem('ATTRIBUTE_EMPTY', `${what} has an empty value, which SQS does not take.`, attribute),
    ];
  }
  const at = type.startsWith('Binary') ? -1 : forbiddenAt(value);
  if (at >= 0) {
    return [
      errorProblem(
        'ATTRIBUTE_CHARACTER',
        `${what} holds ${characterName(value, at)} at character ${at + 1}, which SQS does not take.`,
        attribute,
      ),
    ];
  }
  return type.startsWith('Number') ? checkNumber(what, value, attribute) : [];
}

function checkNumber(what: string, value: string, place: ProblemPlace): Problem[] {
  const match = NUMBER.exec(value);
  if (match === null) {
    return [
      errorProblem(
        'ATTRIBUTE_NUMBER',
        `${what} is of type Number, "${shown(value)}" is not a number.`,
        place,
      ),
    ];
  }
  const [, whole = '', decimals = '', exponentText = '0'] = match;
  const digits = (whole + decimals).replace(/^0+/, '').replace(/0+$/, '');
  if (digits.length > MAX_NUMBER_DIGITS) {
    return [
      errorProblem(
        'ATTRIBUTE_NUMBER',
        `${what} has ${digits.length} digits, a Number takes ${MAX_NUMBER_DIGITS}. Choose the type String.`,
        place,
      ),
    ];
  }
  const leading = (whole + decimals).search(/[1-9]/);
  const magnitude = whole.length - 1 - leading + Number(exponentText);
  if (leading >= 0 && (magnitude < MIN_EXPONENT || magnitude > MAX_EXPONENT)) {
    return [
      errorProblem(
        'ATTRIBUTE_NUMBER',
        `${what} is beyond what a Number takes, 10^${MIN_EXPONENT} to 10^${MAX_EXPONENT}. Choose the type String.`,
        place,
      ),
    ];
  }
  if (/^[+-]?0\d/.test(value) || decimals.endsWith('0')) {
    return [
      warningProblem(
        'ATTRIBUTE_NUMBER_ZEROS',
        `${what} is the Number ${shown(value)}; SQS strips leading and trailing zeros. Choose the type String to keep them.`,
        place,
      ),
    ];
  }
  return [];
}

function checkQueueIds({
  fifo = false,
  contentBasedDedup = false,
  groupId,
  dedupId,
}: CheckedMessage): readonly Problem[] {
  if (!fifo && groupId === undefined && dedupId === undefined) return NO_PROBLEMS;
  const problems: Problem[] = [];
  if (fifo && groupId === undefined) {
    problems.push(
      errorProblem('GROUP_ID_MISSING', 'A FIFO queue needs a group id for every message.', {
        field: 'groupIdField',
      }),
    );
  }
  if (groupId !== undefined && !isQueueId(groupId)) {
    problems.push(errorProblem('GROUP_ID', queueIdRule('group id', groupId), { field: 'groupIdField' }));
  }
  if (fifo && dedupId === undefined && !contentBasedDedup) {
    problems.push(
      errorProblem(
        'DEDUP_ID_MISSING',
        'A FIFO queue without content-based deduplication needs a dedup id for every message.',
      ),
    );
  }
  if (dedupId !== undefined && !isQueueId(dedupId)) {
    problems.push(errorProblem('DEDUP_ID', queueIdRule('dedup id', dedupId)));
  }
  return problems;
}

/** True when a text can be a group id or a dedup id: 1 to 128 alphanumerics and ASCII punctuation. */
export function isQueueId(text: string): boolean {
  return QUEUE_ID.test(text);
}

function queueIdRule(what: string, value: string): string {
  return `The ${what} "${shown(value)}" must have 1 to 128 ASCII letters, digits and punctuation, without spaces.`;
}

/** Offset of the first character outside `#x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF`, or -1. */
function forbiddenAt(text: string): number {
  const control = FORBIDDEN.test(text) ? text.search(FORBIDDEN) : -1;
  if (text.isWellFormed()) return control;
  // U+FFFD takes the place of a lone surrogate and has its length, so the first difference is the place.
  const mended = text.toWellFormed();
  let lone = 0;
  while (text.charCodeAt(lone) === mended.charCodeAt(lone)) lone += 1;
  return control < 0 ? lone : Math.min(control, lone);
}

/** What JSON text can hold of the forbidden characters: three native searches, where the pattern reads every character. */
function mayHoldForbidden(json: string): boolean {
  return !json.isWellFormed() || json.includes('\ufffe') || json.includes('\uffff');
}

function characterName(text: string, at: number): string {
  const code = text.charCodeAt(at);
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return code >= 0xd800 && code < 0xe000 ? `half of a surrogate pair (${name})` : `the character ${name}`;
}

/** Short and printable, for a message. */
function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
