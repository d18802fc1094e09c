import type { MessageShape } from '../../preload/contract/message.ts';

/** The entries of the test message's menu. The last one puts every audience of the workflow into one message. */
export const testShapes = [
  { id: 'enter', title: 'Enter', shape: 'enter' },
  { id: 'exit', title: 'Exit', shape: 'exit' },
  { id: 'exit-enter', title: 'Exit then enter', shape: 'exit-enter' },
  { id: 'enter-exit', title: 'Enter then exit', shape: 'enter-exit' },
  { id: 'change', title: 'Change', shape: 'change' },
  { id: 'several', title: 'Several audiences', shape: 'enter' },
] as const satisfies readonly { id: string; title: string; shape: MessageShape }[];

export type TestShapeId = (typeof testShapes)[number]['id'];

/** What the menu's entry and the chosen audience mean for the call; no audiences means all of the workflow's. */
export function shapeChoice(
  id: TestShapeId,
  audience: string | null,
  audiences: readonly string[],
): { shape: MessageShape; audiences: string[] } {
  const shape = testShapes.find((entry) => entry.id === id)?.shape ?? 'enter';
  if (id === 'several') return { shape, audiences: [] };
  const chosen = audience !== null && audiences.includes(audience) ? audience : audiences[0];
  return { shape, audiences: chosen === undefined ? [] : [chosen] };
}
