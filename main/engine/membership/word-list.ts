/** Words of 32 bits that are added one after the other and used again from the beginning. */
export interface WordList {
  /** Has room for more than is used. */
  words: Int32Array;
  used: number;
}

/** An empty list. */
export function createWordList(): WordList {
  return { words: new Int32Array(4096), used: 0 };
}

/** Makes room for so many more words. */
export function reserveWords(list: WordList, more: number): void {
  if (list.used + more <= list.words.length) return;
  const larger = new Int32Array((list.used + more) * 2);
  larger.set(list.words);
  list.words = larger;
}

/** Adds a key, whose bytes stand zero-padded in `from`. */
export function addKey(list: WordList, from: Int32Array, wordStart: number, bytes: number): void {
  const count = (bytes + 3) >> 2;
  reserveWords(list, count);
  const { words, used } = list;
  for (let i = 0; i < count; i += 1) words[used + i] = from[wordStart + i] as number;
  list.used = used + count;
}

/** Adds one word. */
export function addWord(list: WordList, word: number): void {
  reserveWords(list, 1);
  list.words[list.used] = word;
  list.used += 1;
}
