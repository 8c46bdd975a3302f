// better-sqlite3 in the version that twofa takes on this Node.js.
import { createRequire } from 'node:module';

const takesNapi = Number.parseInt(process.versions.node, 10) >= 22;

export default createRequire(import.meta.url)(takesNapi ? 'better-sqlite3-napi' : 'better-sqlite3');
