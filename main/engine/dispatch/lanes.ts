import type { Outgoing } from './outgoing.ts';

/**
 * Messages that are read and wait to be sent. Unordered: one line. Ordered (FIFO): of each group only the first is in the
 * line, the others wait until it is settled, so that no reply, retry or half-failed batch can turn two around.
 */
export interface Lanes {
  /** Messages that may be sent now, in order. */
  ready(): readonly Outgoing[];
  /** Messages held in memory, ready and waiting. */
  size(): number;
  add(message: Outgoing): void;
  /** Removes the first `count` ready messages: they are on their way. */
  take(count: number): Outgoing[];
  /** The message has arrived; the next of its group becomes ready. */
  release(message: Outgoing): void;
  /** The message failed for good: its group is closed. Gives those that waited behind it. */
  hold(groupId: string): Outgoing[];
  isHeld(groupId: string | undefined): boolean;
}

export function createLanes(ordered: boolean, heldGroups: Iterable<string> = []): Lanes {
  let line: Outgoing[] = [];
  const held = new Set(heldGroups);
  /** Groups with a message that is ready or on its way, and who waits behind it. */
  const behind = new Map<string, Outgoing[]>();
  let waiting = 0;

  return {
    ready: () => line,
    size: () => line.length + waiting,
    add(message) {
      const group = ordered ? message.entry.groupId : undefined;
      if (group === undefined) {
        line.push(message);
        return;
      }
      const others = behind.get(group);
      if (others === undefined) {
        behind.set(group, []);
        line.push(message);
      } else {
        others.push(message);
        waiting += 1;
      }
    },
    take(count) {
      const taken = line.slice(0, count);
      line = line.slice(count);
      return taken;
    },
    release(message) {
      const group = ordered ? message.entry.groupId : undefined;
      if (group === undefined) return;
      const next = behind.get(group)?.shift();
      if (next === undefined) behind.delete(group);
      else {
        waiting -= 1;
        line.push(next);
      }
    },
    hold(groupId) {
      if (!ordered) return [];
      held.add(groupId);
      const others = behind.get(groupId) ?? [];
      behind.delete(groupId);
      waiting -= others.length;
      return others;
    },
    isHeld: (groupId) => groupId !== undefined && held.has(groupId),
  };
}
