// What GSM-7, the alphabet of text messages, can say, and how a name is spelled and cut so that one segment holds a message.

/** The characters of GSM 03.38 that take one septet, and those that take two. */
const gsmBasic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const gsmExtension = new Set('^{}\\[~]|€\f');
const gsmStandIns: Record<string, string> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
};

/** Septets of one segment; a name whose script GSM-7 lacks makes the message longer. */
const segmentSeptets = 160;
/** Septets of each segment of a message that needs several: a header takes the rest. */
const partSeptets = 153;
/** UTF-16 units of one segment, and of each of several, of a message that GSM-7 cannot say. */
const segmentUnits = 70;
const partUnits = 67;
const foreignNameMax = 30;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Septets that a text takes, or null when GSM-7 cannot say it. */
export function gsmLength(text: string): number | null {
  let septets = 0;
  for (const character of text) {
    if (gsmBasic.has(character)) septets += 1;
    else if (gsmExtension.has(character)) septets += 2;
    else return null;
  }
  return septets;
}

/** How many segments a text message takes: a segment of several is shorter than a single one. */
export function segmentsOf(text: string): number {
  const septets = gsmLength(text);
  if (septets !== null) return septets <= segmentSeptets ? 1 : Math.ceil(septets / partSeptets);
  return text.length <= segmentUnits ? 1 : Math.ceil(text.length / partUnits);
}

/** The nearest spelling in GSM-7, such as `Café “Süd”` → `Café "Süd"`; what has none stays as it is. */
function inGsm(text: string): string {
  return [...text.normalize('NFC')]
    .map((character) => {
      if (gsmLength(character) !== null) return character;
      const plain = gsmStandIns[character] ?? character.normalize('NFKD').replace(/\p{M}/gu, '');
      return gsmLength(plain) === null ? character : plain;
    })
    .join('');
}

/** Cuts a text between visible characters, so that it measures at most `max`; `...` shows the cut. */
export function shorten(text: string, max: number, measure: (text: string) => number): string {
  if (measure(text) <= max) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (measure(kept) + measure(segment) + 3 > max) break;
    kept += segment;
  }
  return kept === '' ? '' : `${kept.trimEnd()}...`;
}

/**
 * A text message with a name in it, which is spelled and cut so that one segment holds all of it where that is possible.
 * @param say words the message with a name, or without one where that is empty.
 */
export function fitted(name: string, say: (name: string) => string): string {
  const spelled = inGsm(name);
  if (gsmLength(spelled) === null) return say(shorten(spelled, foreignNameMax, (text) => text.length));
  // What comes with a name, such as "for", is measured with it.
  const withOne = gsmLength(say('x')) ?? segmentSeptets;
  const room = segmentSeptets - withOne + 1;
  return say(shorten(spelled, room, (text) => gsmLength(text) ?? room));
}
