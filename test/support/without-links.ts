// A file system without hard links, as far as a program notices: each attempt at one is answered as such a system answers.

export interface WithoutLinks {
  /** What it answers: `EPERM` on Linux, `ENOTSUP` on macOS, `EISDIR` on Windows. */
  code: string;
  /** Whether another process makes a file of the same name just before. */
  overtaken?: boolean;
}

/** What it says on stderr of each attempt, so that a test knows that there was one. */
export const linkRefused = 'no hard links here';

/** The environment of a program on it. */
export function withoutLinks({ code, overtaken = false }: WithoutLinks): { NODE_OPTIONS: string } {
  const script = `
    import fs from 'node:fs';
    fs.linkSync = (from, to) => {
      fs.writeSync(2, '${linkRefused}\\n');
      if (${overtaken}) fs.writeFileSync(to, 'of another');
      throw Object.assign(new Error('${code}: link'), { code: '${code}', syscall: 'link' });
    };
    fs.promises.link = async (from, to) => fs.linkSync(from, to);
  `;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}
