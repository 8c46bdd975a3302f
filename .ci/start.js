// npm start: the tour, or with arguments the command that they spell.
process.argv.splice(2, 0, 'bin/twofa.js', ...(process.argv.length > 2 ? [] : ['tour']));
await import('./ready.js');
