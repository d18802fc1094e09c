import type { QueuedMessage } from './message.ts';

interface DueEntry {
  dueAtMs: number;
  message: QueuedMessage;
}

/** A binary heap of hidden messages, earliest first. Entries whose message has changed since are stale and skipped. */
export type DueHeap = DueEntry[];

export function pushDue(heap: DueHeap, message: QueuedMessage): void {
  const entry = { dueAtMs: message.dueAtMs, message };
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || parent.dueAtMs <= entry.dueAtMs) {
      break;
    }
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = entry;
}

function popDue(heap: DueHeap): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) {
    return;
  }
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const goRight = right !== undefined && left !== undefined && right.dueAtMs < left.dueAtMs;
    const child = goRight ? right : left;
    if (child === undefined || child.dueAtMs >= last.dueAtMs) {
      break;
    }
    heap[at] = child;
    at = 2 * at + (goRight ? 2 : 1);
  }
  heap[at] = last;
}

function isStale({ dueAtMs, message }: DueEntry): boolean {
  const hidden = message.state === 'delayed' || message.state === 'inflight';
  return !hidden || message.dueAtMs !== dueAtMs;
}

/** The hidden message that is due next, or null. Drops stale entries on the way. */
export function nextDue(heap: DueHeap): QueuedMessage | null {
  for (let first = heap[0]; first !== undefined; first = heap[0]) {
    if (!isStale(first)) {
      return first.message;
    }
    popDue(heap);
  }
  return null;
}

/** Takes the next message that is due at or before `nowMs`, or null. */
export function takeDue(heap: DueHeap, nowMs: number): QueuedMessage | null {
  const message = nextDue(heap);
  if (message === null || message.dueAtMs > nowMs) {
    return null;
  }
  popDue(heap);
  return message;
}

/** A heap without the stale entries; for the owner to call when they outnumber the others. */
export function compactDue(heap: DueHeap): DueHeap {
  return heap.filter((entry) => !isStale(entry)).sort((a, b) => a.dueAtMs - b.dueAtMs);
}
