/**
 * A whole number with commas between its thousands. Not `toLocaleString`, which reads the rules of languages first: that took a
 * command 20 ms (measured).
 */
export function count(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
