import { type KernelGlobal as Address, type KernelMemory, openKernel } from '../core/kernel.ts';
import { READ_AHEAD } from './kernel/layout.ts';
import { SEGMENT_FIELDS } from './segments.ts';

/** What kernel/profiles.ts exports; its doc comments say what each is. */
interface ProfilesKernel extends KernelMemory {
  readonly records: Address;
  readonly names: Address;
  readonly fieldRoom: Address;
  readonly found: Address;
  readonly lines: Address;
  readonly hashA: Address;
  readonly hashB: Address;
  setFields(key: number, segments: number, segmentsAll: number): void;
  setName(start: number, end: number, number: number): void;
  beginRecords(): void;
  addRecord(start: number, end: number, above: boolean, hashed: boolean): void;
  findLines(from: number, end: number, hashed: boolean): number;
  readRecords(): void;
  hashText(start: number, end: number): void;
  readonly packs: Address;
  readonly packEnds: Address;
  readonly packPlaces: Address;
  readonly packKeys: Address;
  readonly packBodies: Address;
  readonly packedEnd: Address;
  packFound(room: number): number;
}

/** The kernel for profiles with one key field, and its memory. */
export interface ProfileMemory {
  readonly kernel: ProfilesKernel;
  /** All of the memory, as bytes and as words; other ones once `put` has made it larger. */
  bytes(): Buffer;
  words(): Int32Array;
  /** Where text is put. */
  readonly textRoom: number;
  /** Puts text there, in parts one behind the other, with an end of line behind it, and gives the address behind the text. */
  put(parts: readonly Uint8Array[]): number;
  /** Makes room for so many bytes behind the text that was put last, and gives its address, a multiple of eight. */
  roomBehindText(size: number): number;
}

const LF = 0x0a;
const ALIGNMENT = 8;

/** Opens the kernel for one key field. */
export function openProfileMemory(keyField: string): ProfileMemory {
  const kernel = openKernel<ProfilesKernel>(import.meta.url, 'profiles.wasm', {});
  const fields = [keyField, ...SEGMENT_FIELDS].map((field) => Buffer.from(field));
  const names = Buffer.concat(fields);
  const fieldRoom = kernel.fieldRoom.value;
  // As far as a vector from its first byte on, so that text begins where no name is read.
  const textRoom = fieldRoom + (Math.ceil(names.length / READ_AHEAD) + 1) * READ_AHEAD;
  let bytes: Buffer = Buffer.alloc(0);
  let words = new Int32Array(0);
  let behindText = textRoom;

  function reach(end: number): void {
    if (end <= bytes.length) return;
    kernel.reach(end);
    bytes = Buffer.from(kernel.memory.buffer);
    words = new Int32Array(kernel.memory.buffer);
  }

  reach(textRoom);
  names.copy(bytes, fieldRoom);
  const [key = 0, segments = 0, segmentsAll = 0] = fields.map(({ length }) => length);
  kernel.setFields(key, segments, segmentsAll);
  return {
    kernel,
    textRoom,
    bytes: () => bytes,
    words: () => words,
    put(parts) {
      const stop = textRoom + parts.reduce((size, { length }) => size + length, 0);
      behindText = stop + 1 + READ_AHEAD;
      reach(behindText);
      let at = textRoom;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      bytes[stop] = LF;
      return stop;
    },
    roomBehindText(size) {
      const room = Math.ceil(behindText / ALIGNMENT) * ALIGNMENT;
      reach(room + size);
      return room;
    },
  };
}
