// The version of this program, and which of two is the older one.
import packageJson from '../../package.json' with { type: 'json' };

export const programVersion: string = packageJson.version;

function numbersOf(version: string): number[] {
  const [core = ''] = version.split(/[-+]/);
  return core.split('.').map(Number);
}

/** Whether a version such as `1.4.0` is older than another. What follows a hyphen does not count. */
export function isOlder(version: string, than: string): boolean {
  const [one, other] = [numbersOf(version), numbersOf(than)];
  const differing = [0, 1, 2].find((place) => (one[place] ?? 0) !== (other[place] ?? 0));
  return differing !== undefined && (one[differing] ?? 0) < (other[differing] ?? 0);
}

/** The newest of some versions. */
export function newestOf(versions: readonly string[]): string {
  return versions.reduce((newest, version) => (isOlder(newest, version) ? version : newest), '0.0.0');
}
