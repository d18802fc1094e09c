import type { DuplicateMemory } from './deduplication.ts';
import { compactDue, type DueHeap, nextDue, pushDue, takeDue } from './due-heap.ts';
import type { DeliveryState, QueuedMessage } from './message.ts';
import type { QueueSettings } from './queue-settings.ts';

interface MessageGroup {
  readonly id: string;
  /** In the order of sending; deleted ones stay until they reach the head. */
  messages: QueuedMessage[];
  head: number;
  inflight: number;
}

/**
 * One queue: which messages it holds, in what state, and what is delivered next. Pure logic: nothing here reads a clock,
 * touches storage or the network; every function takes the time it works at.
 */
export interface QueueState {
  readonly id: number;
  readonly name: string;
  settings: QueueSettings;
  readonly createdAtMs: number;
  modifiedAtMs: number;
  purgedAtMs: number;
  counts: { ready: number; delayed: number; inflight: number };
  /** Messages sent to it since the sandbox started. */
  arrived: number;
  /** Ascending by seq, with gaps marked `gone`; before `first` all are gone. */
  all: QueuedMessage[];
  first: number;
  gone: number;
  hidden: DueHeap;
  /** Standard queues: deliverable messages, first come first served. */
  ready: QueuedMessage[];
  readyHead: number;
  /** FIFO queues. */
  groups: Map<string, MessageGroup>;
  readyGroups: Set<MessageGroup>;
  duplicates: DuplicateMemory;
}

export interface QueueDefinition {
  id: number;
  name: string;
  settings: QueueSettings;
  createdAtMs: number;
  modifiedAtMs: number;
}

const COMPACT_FROM = 1024;

export function createQueueState(definition: QueueDefinition): QueueState {
  return {
    ...definition,
    purgedAtMs: Number.NEGATIVE_INFINITY,
    counts: { ready: 0, delayed: 0, inflight: 0 },
    arrived: 0,
    all: [],
    first: 0,
    gone: 0,
    hidden: [],
    ready: [],
    readyHead: 0,
    groups: new Map(),
    readyGroups: new Set(),
    duplicates: new Map(),
  };
}

function groupOf(queue: QueueState, message: QueuedMessage): MessageGroup | undefined {
  return queue.settings.fifo ? queue.groups.get(message.groupId ?? '') : undefined;
}

/** A group is deliverable when none of its messages is in flight and its first one is visible. */
function refreshGroup(queue: QueueState, group: MessageGroup): void {
  let first = group.messages[group.head];
  while (first !== undefined && first.state === 'gone') {
    group.head++;
    first = group.messages[group.head];
  }
  if (first === undefined) {
    queue.groups.delete(group.id);
    queue.readyGroups.delete(group);
    return;
  }
  if (group.head > 64 && group.head * 2 > group.messages.length) {
    group.messages = group.messages.slice(group.head);
    group.head = 0;
  }
  if (group.inflight === 0 && first.state === 'ready') {
    queue.readyGroups.add(group);
  } else {
    queue.readyGroups.delete(group);
  }
}

function setState(queue: QueueState, message: QueuedMessage, state: DeliveryState): void {
  const group = groupOf(queue, message);
  if (message.state !== 'gone') {
    queue.counts[message.state]--;
  }
  if (group !== undefined) {
    group.inflight += Number(state === 'inflight') - Number(message.state === 'inflight');
  }
  message.state = state;
  if (state !== 'gone') {
    queue.counts[state]++;
  }
  if (state === 'delayed' || state === 'inflight') {
    pushDue(queue.hidden, message);
    const live = queue.counts.delayed + queue.counts.inflight;
    if (queue.hidden.length > COMPACT_FROM && queue.hidden.length > 2 * live) {
      queue.hidden = compactDue(queue.hidden);
    }
  } else if (state === 'ready' && group === undefined) {
    queue.ready.push(message);
  }
  if (group !== undefined) {
    refreshGroup(queue, group);
  }
}

/**
 * Puts a message in the queue. Its `state` says how it comes: `ready`, or hidden until its `dueAtMs`. Its seq must be
 * above all others of the queue.
 */
export function admit(queue: QueueState, message: QueuedMessage): void {
  const { state } = message;
  if (queue.settings.fifo) {
    const id = message.groupId ?? '';
    const group = queue.groups.get(id) ?? { id, messages: [], head: 0, inflight: 0 };
    queue.groups.set(id, group);
    group.messages.push(message);
  }
  queue.all.push(message);
  message.state = 'gone';
  setState(queue, message, state);
}

/** Takes a message out: deleted, expired or moved. */
export function remove(queue: QueueState, message: QueuedMessage): void {
  setState(queue, message, 'gone');
  queue.gone++;
  while (queue.all[queue.first]?.state === 'gone') {
    queue.first++;
  }
  if (queue.gone > COMPACT_FROM && queue.gone * 2 > queue.all.length) {
    queue.all = queue.all.filter((other) => other.state !== 'gone');
    queue.first = 0;
    queue.gone = 0;
  }
}

/** Shows the messages whose delay or visibility timeout has ended. Returns whether any was. */
export function reveal(queue: QueueState, nowMs: number): boolean {
  let revealed = false;
  for (let due = takeDue(queue.hidden, nowMs); due !== null; due = takeDue(queue.hidden, nowMs)) {
    setState(queue, due, 'ready');
    revealed = true;
  }
  return revealed;
}

/** The messages at the head of the queue that are past its retention period; the caller removes them. */
export function expired(queue: QueueState, nowMs: number): QueuedMessage[] {
  const sentBeforeMs = nowMs - queue.settings.retentionSeconds * 1000;
  const messages: QueuedMessage[] = [];
  for (let at = queue.first; at < queue.all.length; at++) {
    const message = queue.all[at];
    if (message === undefined || (message.state !== 'gone' && message.sentAtMs > sentBeforeMs)) {
      break;
    }
    if (message.state !== 'gone') {
      messages.push(message);
    }
  }
  return messages;
}

function nextReady(queue: QueueState): QueuedMessage | null {
  while (queue.readyHead < queue.ready.length) {
    const message = queue.ready[queue.readyHead];
    queue.readyHead++;
    if (queue.readyHead > COMPACT_FROM && queue.readyHead * 2 > queue.ready.length) {
      queue.ready = queue.ready.slice(queue.readyHead);
      queue.readyHead = 0;
    }
    if (message?.state === 'ready') {
      return message;
    }
  }
  return null;
}

function readyOfGroup(group: MessageGroup, max: number): QueuedMessage[] {
  const messages: QueuedMessage[] = [];
  for (let at = group.head; at < group.messages.length && messages.length < max; at++) {
    const message = group.messages[at];
    if (message?.state === 'ready') {
      messages.push(message);
    } else if (message?.state !== 'gone') {
      break;
    }
  }
  return messages;
}

/**
 * Chooses up to `max` messages for delivery, without changing their state: the caller hides or removes every one of them
 * before the next call. On FIFO queues a group's messages come in order, and none while one of the group is in flight.
 */
export function choose(queue: QueueState, max: number): QueuedMessage[] {
  const chosen: QueuedMessage[] = [];
  if (queue.settings.fifo) {
    for (const group of queue.readyGroups) {
      if (chosen.length >= max) {
        break;
      }
      chosen.push(...readyOfGroup(group, max - chosen.length));
    }
    return chosen;
  }
  while (chosen.length < max) {
    const message = nextReady(queue);
    if (message === null) {
      break;
    }
    chosen.push(message);
  }
  return chosen;
}

/** Marks a chosen message as delivered: hidden until `dueAtMs`. */
export function deliver(queue: QueueState, message: QueuedMessage, nowMs: number, dueAtMs: number): void {
  message.receiveCount++;
  message.firstReceivedAtMs ??= nowMs;
  message.dueAtMs = dueAtMs;
  setState(queue, message, 'inflight');
}

/** Changes when an in-flight message becomes visible again; at once when `dueAtMs` is not after `nowMs`. */
export function changeDue(queue: QueueState, message: QueuedMessage, nowMs: number, dueAtMs: number): void {
  message.dueAtMs = dueAtMs;
  setState(queue, message, dueAtMs > nowMs ? 'inflight' : 'ready');
}

/** When the next hidden message becomes visible, or null. */
export function nextDueAtMs(queue: QueueState): number | null {
  return nextDue(queue.hidden)?.dueAtMs ?? null;
}

/** Index of the first message with a seq of at least `seq`. */
function indexOf(queue: QueueState, seq: number): number {
  let low = queue.first;
  let high = queue.all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((queue.all[middle]?.seq ?? 0) < seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

export function findBySeq(queue: QueueState, seq: number): QueuedMessage | null {
  const message = queue.all[indexOf(queue, seq)];
  return message?.seq === seq && message.state !== 'gone' ? message : null;
}

/** Up to `limit` messages after `afterSeq`, ascending. */
export function page(queue: QueueState, afterSeq: number, limit: number): QueuedMessage[] {
  const messages: QueuedMessage[] = [];
  for (let at = indexOf(queue, afterSeq + 1); at < queue.all.length && messages.length < limit; at++) {
    const message = queue.all[at];
    if (message !== undefined && message.state !== 'gone') {
      messages.push(message);
    }
  }
  return messages;
}

export function* everyMessage(queue: QueueState): Generator<QueuedMessage> {
  for (let at = queue.first; at < queue.all.length; at++) {
    const message = queue.all[at];
    if (message !== undefined && message.state !== 'gone') {
      yield message;
    }
  }
}

/** Forgets every message; the deduplication ids stay, as after any deletion. */
export function clear(queue: QueueState): void {
  for (const message of queue.all) {
    message.state = 'gone';
  }
  queue.counts = { ready: 0, delayed: 0, inflight: 0 };
  queue.all = [];
  queue.first = 0;
  queue.gone = 0;
  queue.hidden = [];
  queue.ready = [];
  queue.readyHead = 0;
  queue.groups.clear();
  queue.readyGroups.clear();
}
