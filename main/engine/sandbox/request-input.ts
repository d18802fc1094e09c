import { ServiceError } from './service-error.ts';

/** A JSON object that came from the network: every member is unknown until read through one of the functions below. */
export type Input = Readonly<Record<string, unknown>>;

function wrongType(name: string, expected: string): ServiceError {
  return new ServiceError('SerializationException', `The member ${name} is not ${expected}.`);
}

function member(input: Input, name: string): unknown {
  return input[name] ?? undefined;
}

export function asObject(value: unknown, name: string): Input {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(name, 'an object');
  }
  return value as Input;
}

/** The member as text, or undefined when absent or null. Throws SerializationException for another type. */
export function textMember(input: Input, name: string): string | undefined {
  const value = member(input, name);
  if (value === undefined || typeof value === 'string') {
    return value;
  }
  throw wrongType(name, 'a string');
}

/** The member as a whole number, or undefined when absent or null. */
export function integerMember(input: Input, name: string): number | undefined {
  const value = member(input, name);
  if (value === undefined || Number.isSafeInteger(value)) {
    return value as number | undefined;
  }
  throw wrongType(name, 'an integer');
}

export function listMember(input: Input, name: string): readonly unknown[] | undefined {
  const value = member(input, name);
  if (value === undefined || Array.isArray(value)) {
    return value;
  }
  throw wrongType(name, 'a list');
}

export function textListMember(input: Input, name: string): readonly string[] {
  const list = listMember(input, name) ?? [];
  return list.map((item) => {
    if (typeof item !== 'string') {
      throw wrongType(name, 'a list of strings');
    }
    return item;
  });
}

export function mapMember(input: Input, name: string): ReadonlyArray<readonly [string, unknown]> | undefined {
  const value = member(input, name);
  return value === undefined ? undefined : Object.entries(asObject(value, name));
}
