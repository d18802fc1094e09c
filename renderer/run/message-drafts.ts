import type { MessageAttribute } from '../../preload/contract/message.ts';
import { createDraftStore } from '../data/draft-store.ts';
import { compactJson, layOutJson } from '../message/json-layout.ts';

/** A parked message as it is being edited; `text` is the body as the editor shows it. */
export interface MessageDraft {
  readonly text: string;
  /** The body was laid out over lines for the editor; the line breaks go again when it is stored. */
  readonly laidOut: boolean;
  readonly attributes: readonly MessageAttribute[];
}

/**
 * The draft with which editing begins. A JSON body is laid out over lines for the editor, and stored without white space
 * between its tokens; every digit, key and escape stays. Anything else is edited as it is.
 */
export function beginDraft(body: string, attributes: readonly MessageAttribute[]): MessageDraft {
  const laidOut = isJson(body);
  return { text: laidOut ? layOutJson(body).text : body, laidOut, attributes };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The body that a draft stands for. */
export function draftBody({ text, laidOut }: MessageDraft): string {
  return laidOut ? compactJson(text) : text;
}

/** Edited messages that are not saved yet, by `RUN N`. */
export const useMessageDrafts = createDraftStore<MessageDraft>();
