/** Makes the memory reach up to an address. What pointed into it from outside then points to nothing. */
export function reach(end: i32): void {
  const pages = (end + 0xffff) >>> 16;
  if (pages > memory.size() && memory.grow(pages - memory.size()) < 0) unreachable();
}
