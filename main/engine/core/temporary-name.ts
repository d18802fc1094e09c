/** Eight hex digits by which a temporary file has a name of its own. They are no secret. */
export function temporaryName(): string {
  return Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
