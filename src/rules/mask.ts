// How contact data looks to those who may not see it, and in the audit trail.

/** `jane@northside.example` → `j•••@northside.example`; what has no "@" keeps its first character only. */
export function maskEmail(email: string): string {
  const first = [...email][0] ?? '';
  const at = email.lastIndexOf('@');
  return at > 0 ? `${first}•••@${email.slice(at + 1)}` : `${first}•••`;
}

/** `+12015550125` → `•••0125`: the last four digits, fewer where the number has fewer than eight. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/[^0-9]/g, '');
  return `•••${digits.slice(-Math.min(4, Math.floor(digits.length / 2)) || digits.length)}`;
}

export function maskContact(via: 'email' | 'sms', to: string): string {
  return via === 'email' ? maskEmail(to) : maskPhone(to);
}
