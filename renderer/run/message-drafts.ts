import { create } from 'zustand';
import type { MessageAttribute } from '../../preload/contract/message.ts';
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

interface MessageDrafts {
  readonly drafts: Readonly<Record<string, MessageDraft>>;
  readonly edit: (key: string, draft: MessageDraft) => void;
  readonly drop: (key: string) => void;
}

/** Edited messages that are not saved yet, by `RUN N`. They outlive the dialog, so that closing it loses nothing. */
export const useMessageDrafts = create<MessageDrafts>((set) => ({
  drafts: {},
  edit: (key, draft) => set(({ drafts }) => ({ drafts: { ...drafts, [key]: draft } })),
  drop: (key) => set(({ drafts: { [key]: _, ...rest } }) => ({ drafts: rest })),
}));
