// Whether others than its owner could read or write a file that delivery uses; a group of one's own does not count.
import type { Stats } from 'node:fs';

function open(stats: Stats, bits: number): boolean {
  if (process.platform === 'win32') return false;
  const counted = stats.gid === process.getgid?.() ? bits & 0o007 : bits;
  return (stats.mode & counted) !== 0;
}

export function othersCanWrite(stats: Stats): boolean {
  return open(stats, 0o022);
}

export function othersCanAccess(stats: Stats): boolean {
  return open(stats, 0o066);
}
