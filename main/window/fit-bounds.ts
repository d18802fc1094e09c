/** A place on the desktop in device-independent pixels, as Electron gives displays and windows. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The size of a first window, where the display has room for it. */
export const PREFERRED_SIZE = { width: 1400, height: 900 } as const;

/** The smallest window in which every view can be used. */
export const LEAST_SIZE = { width: 720, height: 480 } as const;

/** The area that two places share, in square pixels. */
function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/** A length that starts within a range and does not leave it. */
function within(start: number, length: number, from: number, room: number): number {
  return Math.min(Math.max(start, from), from + room - length);
}

/**
 * Where a window opens: wholly on the display that shows the most of where it was, and no larger than that display's work
 * area. A window that was never open, or whose display is gone, opens in the middle of the first work area.
 */
export function fitBounds(remembered: Rectangle | null, workAreas: readonly Rectangle[]): Rectangle {
  const [primary] = workAreas;
  if (primary === undefined) return remembered ?? { x: 0, y: 0, ...PREFERRED_SIZE };
  const shared = (area: Rectangle) => (remembered === null ? 0 : overlap(remembered, area));
  const area = workAreas.reduce((best, other) => (shared(other) > shared(best) ? other : best), primary);
  const wanted = remembered ?? PREFERRED_SIZE;
  const sized = (size: 'width' | 'height') => Math.min(Math.max(wanted[size], LEAST_SIZE[size]), area[size]);
  const [width, height] = [sized('width'), sized('height')];
  if (remembered === null || shared(area) === 0) {
    return {
      x: area.x + Math.round((area.width - width) / 2),
      y: area.y + Math.round((area.height - height) / 2),
      width,
      height,
    };
  }
  return {
    x: within(remembered.x, width, area.x, area.width),
    y: within(remembered.y, height, area.y, area.height),
    width,
    height,
  };
}
