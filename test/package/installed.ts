// Packs the build as npm does, and puts the package into an empty folder as a global installation has it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Runs a program in a folder, and gives what it printed; fails with what it said when it fails. */
export function run(program: string, args: readonly string[], cwd: string, env = process.env): string {
  return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The packages that an installation of the package has beside it, by the lockfile: none that only development needs. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const packages = Object.entries(lock.packages as Record<string, { dev?: boolean }>);
  const beside = packages.filter(([path, { dev }]) => /^node_modules\/[^/]+(\/[^/]+)?$/.test(path) && !dev);
  return beside.map(([path]) => path);
}

/** A package that was packed and installed, in a folder of its own. */
export class Installed {
  readonly folder = mkdtempSync(join(tmpdir(), 'twofa-package-'));
  readonly tarball: string;
  /** The executable, behind a link as npm makes it. */
  readonly executable = join(this.folder, 'bin/twofa');

  /**
   * The package is unpacked, and the packages that it depends on are linked from this repository: what an installation
   * from a registry downloads and compiles, which takes minutes and a network, is not tried here.
   */
  constructor() {
    run(process.execPath, ['.ci/pack.js'], root);
    const packed = run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', this.folder],
      root,
    );
    this.tarball = join(this.folder, JSON.parse(packed)[0].filename);
    const modules = join(this.folder, 'lib/node_modules');
    mkdirSync(join(modules, 'twofa'), { recursive: true });
    run('tar', ['-xzf', this.tarball, '--strip-components=1', '-C', join(modules, 'twofa')], this.folder);
    for (const path of productionPackages()) {
      const link = join(this.folder, 'lib', path);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, path), link);
    }
    mkdirSync(dirname(this.executable));
    symlinkSync('../lib/node_modules/twofa/bin/twofa.js', this.executable);
  }

  /** The files of the package. */
  files(): string[] {
    const folder = join(this.folder, 'lib/node_modules/twofa');
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
      .sort();
  }

  /** An empty project that has the package, to write a program in. */
  project(): string {
    const project = mkdtempSync(join(this.folder, 'project-'));
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(join(this.folder, 'lib/node_modules/twofa'), join(project, 'node_modules/twofa'));
    return project;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
