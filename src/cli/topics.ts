// The topics of `twofa help`.
export const topicNames = ['exit-codes'];

export function helpTopic(name: string): string | null {
  return name === 'exit-codes' ? 'TODO\n' : null;
}
