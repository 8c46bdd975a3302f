// The SQL of `db grants`, which the store's side knows.
export { type GrantOptions, grantStatements } from '../store/grants.ts';
