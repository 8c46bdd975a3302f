// Which IP addresses are one location, and whether a location is trusted (R11).
import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { trustLifetimeMs } from './constants.ts';
import { type Instant, within } from './time.ts';

/** A location: where sign-ins come from. `key` is what trust is kept under. */
export interface Location {
  /** The IPv4 address, or the /64 of the IPv6 address, in canonical spelling. */
  key: string;
  /** False for loopback and link-local addresses, which are never trusted. */
  trustable: boolean;
}

/** A location that a success trusted. */
export interface TrustedLocation {
  location: string;
  trustedAt: Instant;
  expiresAt: Instant;
  endedAt: Instant | null;
  endedReason: TrustEnd | null;
}

/** Why trust ended before its time. */
export type TrustEnd =
  | 'contact-changed'
  | 'locked'
  | 'deactivated'
  | 'reactivated'
  | 'forgotten'
  | 'restored';

function fromIPv4(address: ipaddr.IPv4): Location | string {
  const range = address.range();
  if (range === 'unspecified' || address.octets[0] === 0) return 'is the unspecified address';
  if (range === 'multicast') return 'is a multicast address';
  if (range === 'broadcast') return 'is the broadcast address';
  return { key: address.toString(), trustable: range !== 'loopback' && range !== 'linkLocal' };
}

/**
 * Reads an IP address as a location. IPv4-mapped (RFC 4291 section 2.5.5.2) and NAT64 addresses (RFC 6052,
 * 64:ff9b::/96, and RFC 8215) are their IPv4 address, and so are IPv4-translated (RFC 6145) and IPv4-compatible
 * ones, since all of them share one /64; any other IPv6 location is its /64.
 * @returns the location, or what is wrong with the address.
 */
export function locationOf(ip: string): Location | string {
  if (ip.includes('%')) return 'has a scope ("%"), which no address of a sign-in has';
  if (isIPv4(ip)) return fromIPv4(ipaddr.IPv4.parse(ip));
  if (!isIPv6(ip)) return 'is no IP address';
  const address = ipaddr.IPv6.parse(ip);
  if (address.isIPv4MappedAddress()) return fromIPv4(address.toIPv4Address());
  const range = address.range();
  if (range === 'unspecified') return 'is the unspecified address';
  const carriesIPv4 = range === 'rfc6052' || range === 'rfc6145';
  const compatible = range !== 'loopback' && address.parts.slice(0, 6).every((part) => part === 0);
  if (carriesIPv4 || compatible) return fromIPv4(new ipaddr.IPv4(address.toByteArray().slice(-4)));
  if (range === 'multicast') return 'is a multicast address';
  const network = new ipaddr.IPv6([...address.parts.slice(0, 4), 0, 0, 0, 0]);
  return {
    key: `${network.toString()}/64`,
    trustable: range !== 'loopback' && range !== 'linkLocal',
  };
}

/** Until when a location is trusted, or null when it is not trusted now (R11). */
export function trustedUntil(trust: TrustedLocation | null, now: Instant): Instant | null {
  if (!trust || trust.endedAt !== null) return null;
  // The stored end is checked against the rule, so that no row can last longer than the rule says.
  const until = Math.min(trust.expiresAt, trust.trustedAt + trustLifetimeMs);
  return within(now, trust.trustedAt, until) ? until : null;
}
