import { PLACE_DIGITS as DIGITS, PACK_BYTES, PLACE_CHARS } from '../input/kernel/layout.ts';

/*
 * A pack: the texts of some profiles with row ids one after the other, two columns of `profile_pack`.
 *
 *   bodies      key and text of each profile, in UTF-8, one behind the other
 *   places      for each profile where its key ends and where its text ends, each in four decimal digits: so that SQL can take
 *               a text out (the view `profile`)
 *
 * A pack fits into one page of the store with what stands beside it: reading a profile reads one page. A profile that changes leaves
 * its place as it is: the text becomes a version of it (migration 0023).
 */

const ZERO = 0x30;

/** The text of a version that stands in its profile's pack. The view `earlier_profile` has that in its place. */
export const AS_IN_PACK = '';

/** A profile's row id, key and text. */
export interface ProfileById {
  readonly id: number;
  readonly userId: string;
  readonly text: string;
}

/** The text of a profile: as text, or also as UTF-8 in the bytes that it was read from. */
export type Body = { readonly text: string } & (
  | { readonly bytes: Buffer; readonly start: number; readonly end: number }
  | { readonly bytes?: undefined }
);

type Keyed = Body & { readonly userId: string };

/** A pack as it is stored. */
export interface Pack {
  readonly firstId: number;
  readonly places: string;
  readonly bodies: Buffer;
}

/** Collects profiles into packs. */
export interface PackWriter {
  /** Adds a profile that {@link fitsPack}, with the row id behind the last one's. */
  add(id: number, profile: Keyed): void;
  /** Gives the pack that is begun, if there is one. */
  finish(): void;
}

/** Whether a profile is small enough for a pack. */
export function fitsPack(profile: Keyed): boolean {
  return bytesOf(profile) + PLACE_CHARS <= PACK_BYTES;
}

function bytesOf(profile: Keyed): number {
  const { userId, bytes } = profile;
  return Buffer.byteLength(userId) + (bytes ? profile.end - profile.start : Buffer.byteLength(profile.text));
}

/** A writer that gives each pack once it is full; `bodies` is valid during the call only. */
export function createPackWriter(onPack: (pack: Pack & { readonly lastId: number }) => void): PackWriter {
  const bodies = Buffer.alloc(PACK_BYTES);
  const places = Buffer.alloc(PACK_BYTES);
  let used = 0;
  let placed = 0;
  let firstId = 0;

  function finish(): void {
    if (placed === 0) return;
    const lastId = firstId + placed / PLACE_CHARS - 1;
    onPack({
      firstId,
      lastId,
      places: places.toString('latin1', 0, placed),
      bodies: bodies.subarray(0, used),
    });
    used = 0;
    placed = 0;
  }

  function addPlace(offset: number): void {
    let rest = offset;
    for (let at = placed + DIGITS - 1; at >= placed; at -= 1) {
      places[at] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    placed += DIGITS;
  }

  return {
    add(id, profile) {
      const { userId, bytes } = profile;
      if (used + bytesOf(profile) + placed + PLACE_CHARS > PACK_BYTES) finish();
      if (placed === 0) firstId = id;
      used += bodies.write(userId, used);
      addPlace(used);
      if (bytes === undefined) used += bodies.write(profile.text, used);
      else used += bytes.copy(bodies, used, profile.start, profile.end);
      addPlace(used);
    },
    finish,
  };
}

/** Where the key of a profile begins in the bodies of its pack, and where key and text end; its place there is counted from 0. */
export function spanInPack(places: string, place: number): { start: number; keyEnd: number; end: number } {
  const at = place * PLACE_CHARS;
  const offset = (from: number) => Number(places.slice(from, from + DIGITS));
  return { start: at === 0 ? 0 : offset(at - DIGITS), keyEnd: offset(at), end: offset(at + DIGITS) };
}

/** The profiles of a pack whose row id is at least `from`, in the order of their ids. */
export function* unpackProfiles(pack: Pack, from = 0): Generator<ProfileById, void, void> {
  const { firstId, places, bodies } = pack;
  const end = firstId + places.length / PLACE_CHARS;
  for (let id = Math.max(firstId, from); id < end; id += 1) {
    const span = spanInPack(places, id - firstId);
    const userId = bodies.toString('utf8', span.start, span.keyEnd);
    yield { id, userId, text: bodies.toString('utf8', span.keyEnd, span.end) };
  }
}

/** Overwrites the text of a profile in its pack, of which the length stays. */
export function blankProfile(pack: Pack, id: number): void {
  const { keyEnd, end } = spanInPack(pack.places, id - pack.firstId);
  pack.bodies.fill(' ', keyEnd, end);
}
