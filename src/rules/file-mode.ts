// Whether others could read or change a file, by its mode, owner and group.

/** What a file's metadata say. */
export interface FileMode {
  mode: number;
  uid: number;
  gid: number;
}

/** The caller, as the operating system knows them; null where it knows no such thing. */
export type Caller = { uid: number; gid: number } | null;

/**
 * A group of one's own, which many systems give each user, has the user's own number; any other may have members.
 * A file of somebody else's, root excepted, can be changed by them.
 */
function openTo(file: FileMode, caller: Caller, group: number, others: number): boolean {
  if (caller === null) return false;
  if (file.uid !== caller.uid && file.uid !== 0) return true;
  const ownGroup = file.gid === caller.gid && caller.gid === caller.uid;
  return (file.mode & (ownGroup ? others : group | others)) !== 0;
}

/** Whether others can write the file. */
export function othersCanWrite(file: FileMode, caller: Caller): boolean {
  return openTo(file, caller, 0o020, 0o002);
}

/** Whether others can read or write the file. */
export function othersCanAccess(file: FileMode, caller: Caller): boolean {
  return openTo(file, caller, 0o060, 0o006);
}

/** What a file or folder has to be: read and written by its owner alone, or only written by them. */
export type Protection = 'private' | 'unwritable' | 'folder';

/** What lies in a folder with this bit is renamed and removed by its own owner alone. */
const sticky = 0o1000;

/** What is wrong with a file, as the commands that mend it, to be followed by its name; empty when all is well. */
export function mendingOf(file: FileMode, caller: Caller, protection: Protection): string[] {
  if (caller === null) return [];
  const strange = file.uid !== caller.uid && file.uid !== 0;
  const once = { ...file, uid: caller.uid };
  const isPrivate = protection === 'private';
  const spared = protection === 'folder' && (file.mode & sticky) !== 0;
  const open = isPrivate ? othersCanAccess(once, caller) : othersCanWrite(once, caller) && !spared;
  return [
    ...(strange ? [`chown ${caller.uid}`] : []),
    ...(open ? [isPrivate ? 'chmod 600' : 'chmod go-w'] : []),
  ];
}

/** The caller of a process, as Node's `process` tells them. */
export function callerOf(running: { getuid?(): number; getgid?(): number }): Caller {
  const uid = running.getuid?.();
  const gid = running.getgid?.();
  return uid === undefined || gid === undefined ? null : { uid, gid };
}
