import { type KernelGlobal as Address, type KernelMemory, openKernel } from '../core/kernel.ts';

/** What kernel/rows.ts exports; its doc comments say what each is. */
export interface RowsKernel extends KernelMemory {
  readonly keyRoom: Address;
  readonly regions: Address;
  readonly textRoom: Address;
  readonly lines: Address;
  readonly rows: Address;
  readonly timed: Address;
  readonly lineStart: Address;
  readonly lineEnd: Address;
  readonly fields: Address;
  readonly keyStart: Address;
  readonly keyEnd: Address;
  readonly nameStart: Address;
  readonly nameEnd: Address;
  readonly timeStart: Address;
  readonly timeEnd: Address;
  setColumns(delimiter: number, user: number, segment: number, time: number, count: number): void;
  setChecked(end: number): void;
  setKey(): void;
  setTime(ms: number, code: number): void;
  setAudience(number: number): void;
  addRow(key: number, length: number, audience: number, kind: number, ms: number, code: number): void;
  settleRegion(partition: number): number;
  skipLine(): number;
  scanRows(from: number, end: number): number;
}

/** What kernel/users.ts exports; its doc comments say what each is. */
export interface UsersKernel extends KernelMemory {
  readonly numbers: Address;
  readonly comparable: Address;
  readonly arena: Address;
  readonly slots: Address;
  readonly slotBytes: Address;
  readonly duplicates: Address;
  readonly users: Address;
  readonly changed: Address;
  beginTable(
    rowsFrom: number,
    end: number,
    entries: number,
    rows: number,
    timedRows: number,
    maskWords: number,
    pass: number,
    passes: number,
  ): void;
  addSegment(segment: number): void;
  addRows(from: number, end: number): void;
  listChanged(partial: boolean): number;
  settleAll(): void;
  countSlots(): number;
}

/** Opens the part of the kernel that reads rows; `flushRegion` takes a partition's region when it is full. */
export function openRowsKernel(flushRegion: (partition: number, bytes: number) => void): RowsKernel {
  return openKernel<RowsKernel>(import.meta.url, 'rows.wasm', { rows: { flushRegion } });
}

/** Opens the part of the kernel that compares a partition's users. */
export function openUsersKernel(): UsersKernel {
  return openKernel<UsersKernel>(import.meta.url, 'users.wasm', {});
}
