import { md5OfAttributes, md5OfText } from './checksums.ts';
import type { MessageAttribute, Submission } from './message.ts';
import { asObject, type Input, integerMember, listMember, mapMember, textMember } from './request-input.ts';
import { invalidValue, missingParameter, ServiceError } from './service-error.ts';

/** Bytes of UTF-8 that one message, and one whole batch, may have. */
export const MAX_MESSAGE_BYTES = 1_048_576;
export const MAX_BATCH_ENTRIES = 10;
const MAX_ATTRIBUTES = 10;
const MAX_ATTRIBUTE_NAME = 256;
const MAX_NUMBER_DIGITS = 38;
const MAX_DELAY_SECONDS = 900;

// By code unit, surrogates included: isWellFormed finds lone ones. One pattern with the `u` flag is four times slower.
const FORBIDDEN_CHARACTER = /[^\t\n\r -\uFFFD]/;
const ATTRIBUTE_NAME = /^[A-Za-z0-9_.-]+$/;
const RESERVED_PREFIX = /^(?:aws|amazon)\./i;
const DATA_TYPE = /^(?:String|Number|Binary)(?:\..+)?$/;
const NUMBER = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Group and dedup ids: alphanumerics and ASCII punctuation. */
const FIFO_ID = /^[\x21-\x7e]{1,128}$/;
const BATCH_ID = /^[A-Za-z0-9_-]{1,80}$/;

function hasForbiddenCharacter(text: string): boolean {
  return FORBIDDEN_CHARACTER.test(text) || !text.isWellFormed();
}

const invalid = (message: string) => new ServiceError('InvalidParameterValue', message);

/**
 * A Number attribute as SQS hands it on: no zeros before the first digit nor after the last decimal (`01.50` → `1.5`).
 * Null when it is not a number, or has more than 38 significant digits.
 */
export function normaliseNumber(text: string): string | null {
  const match = NUMBER.exec(text);
  if (match === null) {
    return null;
  }
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '');
  const decimals = (match[3] ?? '').replace(/0+$/, '');
  const digits = `${whole}${decimals}`.replace(/^0+/, '');
  if (digits.length > MAX_NUMBER_DIGITS) {
    return null;
  }
  const sign = match[1] === '-' && digits !== '' ? '-' : '';
  const exponent = match[4] === undefined ? '' : `E${match[4]}`;
  return `${sign}${whole}${decimals === '' ? '' : `.${decimals}`}${exponent}`;
}

function checkAttributeName(name: string): void {
  if (name === '' || name.length > MAX_ATTRIBUTE_NAME) {
    throw invalid(`Length of message attribute name must be between 1 and ${MAX_ATTRIBUTE_NAME} bytes.`);
  }
  if (!ATTRIBUTE_NAME.test(name)) {
    throw invalid(
      `Invalid non-alphanumeric character was found in the message attribute name '${name}'. Can only include ` +
        'alphanumeric characters, hyphens, underscores, or dots.',
    );
  }
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..')) {
    throw invalid(`Message attribute name '${name}' cannot start or end with a dot or have successive dots.`);
  }
  if (RESERVED_PREFIX.test(name)) {
    throw invalid(
      `You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved.`,
    );
  }
}

function readAttribute(name: string, value: unknown): MessageAttribute {
  const input = asObject(value, name);
  if (listMember(input, 'StringListValues')?.length || listMember(input, 'BinaryListValues')?.length) {
    throw new ServiceError('UnsupportedOperation', 'Message attribute list values are not supported.');
  }
  const dataType = textMember(input, 'DataType') ?? '';
  if (dataType === '') {
    throw invalid(`The message attribute '${name}' must contain a non-empty message attribute type.`);
  }
  if (dataType.length > MAX_ATTRIBUTE_NAME || !DATA_TYPE.test(dataType) || hasForbiddenCharacter(dataType)) {
    throw invalid(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is ` +
        'Binary, Number, and String.',
    );
  }
  const binary = dataType.startsWith('Binary');
  const text = textMember(input, 'StringValue');
  const blob = textMember(input, 'BinaryValue');
  if (binary ? text !== undefined : blob !== undefined) {
    throw invalid(
      `The message attribute '${name}' with type '${dataType}' must use field '${binary ? 'Binary' : 'String'}'.`,
    );
  }
  const content = binary ? blob : text;
  if (content === undefined || content === '') {
    throw invalid(
      `The message attribute '${name}' must contain a non-empty value for message attribute type '${dataType}'.`,
    );
  }
  if (binary ? !BASE64.test(content) : hasForbiddenCharacter(content)) {
    throw binary
      ? new ServiceError('SerializationException', `The binary value of '${name}' is not base64.`)
      : invalid(`The message attribute '${name}' has a value with invalid characters.`);
  }
  return { name, dataType, value: content, binary };
}

function readAttributes(input: Input): MessageAttribute[] {
  const entries = mapMember(input, 'MessageAttributes') ?? [];
  if (entries.length > MAX_ATTRIBUTES) {
    throw invalid(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  }
  return entries.map(([name, value]) => {
    checkAttributeName(name);
    return readAttribute(name, value);
  });
}

function normaliseAttribute(attribute: MessageAttribute): MessageAttribute {
  if (!attribute.dataType.startsWith('Number')) {
    return attribute;
  }
  const value = normaliseNumber(attribute.value);
  if (value === null) {
    throw invalid(`Can't cast the value of message attribute '${attribute.name}' to a number.`);
  }
  return { ...attribute, value };
}

function attributeBytes(attribute: MessageAttribute): number {
  return (
    attribute.name.length +
    Buffer.byteLength(attribute.dataType) +
    Buffer.byteLength(attribute.value, attribute.binary ? 'base64' : 'utf8')
  );
}

function readTraceHeader(input: Input): MessageAttribute | null {
  const entries = mapMember(input, 'MessageSystemAttributes') ?? [];
  const [entry] = entries;
  if (entry === undefined) {
    return null;
  }
  const attribute = readAttribute(entry[0], entry[1]);
  if (entries.length > 1 || attribute.name !== 'AWSTraceHeader' || attribute.dataType !== 'String') {
    throw invalid('The only message system attribute that can be sent is AWSTraceHeader, of type String.');
  }
  return attribute;
}

/** The size of a message before it is known to be acceptable; used for the total of a batch. */
export function submissionBytes(input: Input): number {
  const attributes = mapMember(input, 'MessageAttributes') ?? [];
  let bytes = Buffer.byteLength(textMember(input, 'MessageBody') ?? '');
  for (const [name, value] of attributes) {
    const fields = asObject(value, name);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(textMember(fields, 'DataType') ?? '');
    bytes += Buffer.byteLength(textMember(fields, 'StringValue') ?? '');
    bytes += Buffer.byteLength(textMember(fields, 'BinaryValue') ?? '', 'base64');
  }
  return bytes;
}

export interface QueueRules {
  fifo: boolean;
  contentBasedDeduplication: boolean;
  maximumMessageBytes: number;
}

function readFifoId(input: Input, name: 'MessageGroupId' | 'MessageDeduplicationId'): string | null {
  const id = textMember(input, name);
  if (id !== undefined && !FIFO_ID.test(id)) {
    throw invalidValue(
      name,
      id,
      `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
  }
  return id ?? null;
}

function readDelay(input: Input, rules: QueueRules): number | undefined {
  const delaySeconds = integerMember(input, 'DelaySeconds');
  if (delaySeconds === undefined) {
    return undefined;
  }
  if (delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS) {
    throw invalidValue('DelaySeconds', delaySeconds, 'DelaySeconds must be >= 0 and <= 900.');
  }
  if (rules.fifo && delaySeconds > 0) {
    throw invalidValue(
      'DelaySeconds',
      delaySeconds,
      'The request include parameter that is not valid for this queue type.',
    );
  }
  return delaySeconds;
}

/**
 * Checks one message against every rule of SQS and of its queue, and normalises it. Throws the ServiceError that SQS
 * answers. Sources: SQS API reference (SendMessage), "Amazon SQS message metadata", and the message quotas page.
 */
export function readSubmission(input: Input, rules: QueueRules): Submission {
  const body = textMember(input, 'MessageBody');
  if (body === undefined || body === '') {
    throw missingParameter('MessageBody');
  }
  const groupId = readFifoId(input, 'MessageGroupId');
  if (rules.fifo && groupId === null) {
    throw missingParameter('MessageGroupId');
  }
  const dedupId = readFifoId(input, 'MessageDeduplicationId');
  if (!rules.fifo && dedupId !== null) {
    throw invalidValue(
      'MessageDeduplicationId',
      dedupId,
      'The request include parameter that is not valid for this queue type.',
    );
  }
  if (rules.fifo && dedupId === null && !rules.contentBasedDeduplication) {
    throw invalid(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  const delaySeconds = readDelay(input, rules);
  const sent = readAttributes(input);
  const traceHeader = readTraceHeader(input);
  if (hasForbiddenCharacter(body)) {
    throw new ServiceError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | ' +
        '#x10000 to #x10FFFF',
    );
  }
  const attributes = sent.map(normaliseAttribute);
  const bytes = sent.reduce((sum, attribute) => sum + attributeBytes(attribute), Buffer.byteLength(body));
  if (bytes > rules.maximumMessageBytes) {
    throw invalid(
      `One or more parameters are invalid. Reason: Message must be shorter than ${rules.maximumMessageBytes} bytes.`,
    );
  }
  return {
    content: { body, attributes, traceHeader: traceHeader?.value ?? null },
    bytes,
    delaySeconds,
    groupId,
    dedupId,
    md5OfBody: md5OfText(body),
    md5OfAttributes: md5OfAttributes(sent),
    md5OfSystemAttributes: traceHeader === null ? null : md5OfAttributes([traceHeader]),
  };
}

export interface BatchEntry {
  id: string;
  input: Input;
}

/** Checks what concerns a batch as a whole: number of entries and their ids. `entryType` is the name used in messages. */
export function readBatch(input: Input, entryType: string): BatchEntry[] {
  const list = listMember(input, 'Entries') ?? [];
  if (list.length === 0) {
    throw new ServiceError('EmptyBatchRequest', `There should be at least one ${entryType} in the request.`);
  }
  if (list.length > MAX_BATCH_ENTRIES) {
    throw new ServiceError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${list.length}.`,
    );
  }
  const seen = new Set<string>();
  return list.map((item) => {
    const entry = asObject(item, 'Entries');
    const id = textMember(entry, 'Id') ?? '';
    if (!BATCH_ID.test(id)) {
      throw new ServiceError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 ' +
          'letters long.',
      );
    }
    if (seen.has(id)) {
      throw new ServiceError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    }
    seen.add(id);
    return { id, input: entry };
  });
}
