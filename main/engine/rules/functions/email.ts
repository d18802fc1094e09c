import { plainText, toText } from '../coerce.ts';
import { listItems, type Value } from '../values.ts';
import { arg, type FunctionTable, fn } from './spec.ts';

const ATOM = '[^\\s()<>@,;:\\\\".\\[\\]]+';
const LOCAL = `(?:${ATOM}(?:\\.${ATOM})*|"[^"]*")`;
const ADDRESS = new RegExp(`^(${LOCAL}@(?:${ATOM}(?:\\.${ATOM})*|\\[[^\\]\\s]*\\]))$`);
const NAMED = /^(.*?)\s*<([^<>]*)>$/s;
const MAX_ADDRESS = 1000;

interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** Reads `name <local@domain>` or a bare address (RFC 5322, without comments and groups). */
function parseMailbox(text: string): Mailbox | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_ADDRESS) return undefined;
  const named = NAMED.exec(trimmed);
  const address = ADDRESS.exec(named?.[2]?.trim() ?? trimmed)?.[1];
  if (address === undefined) return undefined;
  const name = (named?.[1] ?? '').replace(/^"(.*)"$/s, '$1');
  return { name, address };
}

function read(pick: (mailbox: Mailbox) => string | undefined, textOf: (value: Value) => string | undefined) {
  return fn(1, 1, (args) => {
    const text = textOf(arg(args, 0));
    const mailbox = text === undefined || text === '' ? undefined : parseMailbox(text);
    return mailbox === undefined ? undefined : pick(mailbox);
  });
}

function textOrFirst(value: Value): string | undefined {
  return typeof value === 'string' ? value : plainText(listItems(value)?.[0]);
}

export const EMAIL: FunctionTable = {
  email: read(({ address }) => address.toLowerCase(), textOrFirst),
  emailname: read(({ name }) => name, toText),
  emaildomain: read(({ address }) => address.slice(address.lastIndexOf('@') + 1).toLowerCase(), toText),
};
