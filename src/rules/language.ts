// The languages in which messages are worded.

export type Language = 'en' | 'es';
export const languages: readonly Language[] = ['en', 'es'];

/** The language of whoever has chosen none. */
export const defaultLanguage: Language = 'en';
