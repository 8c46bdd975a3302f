// Adds to the build what only the package has: the types of the library and the manual pages.
await import('./types.js');
await import('./man.js');
