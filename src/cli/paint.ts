// Colour, by chalk; whether there is any is decided elsewhere.
import { Chalk } from 'chalk';
import type { Paint } from './out.ts';

const chalk = new Chalk({ level: 1 });

export const paint: Paint = {
  bold: (text) => chalk.bold(text),
  dim: (text) => chalk.dim(text),
  red: (text) => chalk.red(text),
  green: (text) => chalk.green(text),
  yellow: (text) => chalk.yellow(text),
};
