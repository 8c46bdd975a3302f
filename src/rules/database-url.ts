// How the URL of a database is shown: never with its password.

/** Whether a URL holds a password, before its host or in its query. */
export function hasPassword(url: string): boolean {
  const authority = /^[a-z]+:\/\/([^/]*)@/i.exec(url)?.[1];
  return authority?.includes(':') === true || /[?&]password=/i.test(url);
}

/** The URL with whatever stands where a password would put away. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^/@:]*):[^/]*@/i, '$1:•••@').replace(/([?&]password=)[^&]*/gi, '$1•••');
}
