// Where a reader of the trail is: behind the event of a number and link. `0` is before the first event.

export const firstCursor = '0';

export function isCursor(text: string): boolean {
  return /^(0|[1-9][0-9]{0,14}\.[A-Za-z0-9_-]{1,64})$/.test(text);
}

export function cursorBehind({ seq, link }: { seq: number; link: string }): string {
  return `${seq}.${link}`;
}
