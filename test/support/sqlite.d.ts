// better-sqlite3 in the version that twofa takes on this Node.js, with the types that it has in either.
export { default } from 'better-sqlite3';
