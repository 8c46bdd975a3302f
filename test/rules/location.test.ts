// Which IP addresses are one location, which are never trusted, which are invalid, and how long trust lasts (R11).
import { describe, expect, test } from 'vitest';
import { locationOf, type TrustEnd, type TrustedLocation, trustedUntil } from '../../src/rules/location.ts';

describe('R11: an IPv4 address is its own location, in every spelling', () => {
  test.each([
    '203.0.113.7',
    '::ffff:203.0.113.7',
    '::FFFF:203.0.113.7',
    '::ffff:cb00:7107',
    '::ffff:CB00:7107',
    '0:0:0:0:0:ffff:203.0.113.7',
    '0:0:0:0:0:ffff:cb00:7107',
    '0000:0000:0000:0000:0000:ffff:cb00:7107',
    '64:ff9b::203.0.113.7',
    '64:ff9b::cb00:7107',
    '0064:FF9B:0:0:0:0:CB00:7107',
    '64:ff9b:1::203.0.113.7',
    '::ffff:0:203.0.113.7',
    '::ffff:0:cb00:7107',
    '::203.0.113.7',
    '::cb00:7107',
    '0:0:0:0:0:0:203.0.113.7',
  ])('%s', (ip) => {
    expect(locationOf(ip)).toEqual({ key: '203.0.113.7', trustable: true });
  });

  test('its neighbour is another location', () => {
    expect(locationOf('203.0.113.8')).toEqual({ key: '203.0.113.8', trustable: true });
    expect(locationOf('64:ff9b::203.0.113.8')).toEqual({ key: '203.0.113.8', trustable: true });
    expect(locationOf('::ffff:0:203.0.113.8')).toEqual({ key: '203.0.113.8', trustable: true });
  });
});

describe('R11: an IPv6 location is its /64', () => {
  test.each([
    '2001:db8:1:2::',
    '2001:db8:1:2::5',
    '2001:DB8:1:2:FFFF:FFFF:FFFF:FFFF',
    '2001:0db8:0001:0002:0003:0004:0005:0006',
    '2001:db8:1:2::203.0.113.7',
  ])('%s', (ip) => {
    expect(locationOf(ip)).toEqual({ key: '2001:db8:1:2::/64', trustable: true });
  });

  test('the next /64 is another location', () => {
    expect(locationOf('2001:db8:1:3::5')).toEqual({ key: '2001:db8:1:3::/64', trustable: true });
  });

  test('an address beside the NAT64 prefix is no NAT64 address', () => {
    expect(locationOf('64:ff9b:0:1::cb00:7107')).toEqual({ key: '64:ff9b:0:1::/64', trustable: true });
    expect(locationOf('64:ff9c::cb00:7107')).toEqual({ key: '64:ff9c::/64', trustable: true });
  });
});

test.each(['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1'])(
  'R11: a private address can be trusted: %s',
  (ip) => {
    expect(locationOf(ip)).toMatchObject({ trustable: true });
  },
);

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::7f00:1',
  '::127.0.0.1',
  '169.254.1.1',
  '::ffff:169.254.1.1',
  '64:ff9b::a9fe:101',
  'fe80::1',
  'febf:ffff::1',
])('R11: loopback and link-local are never trusted: %s', (ip) => {
  expect(locationOf(ip)).toMatchObject({ trustable: false });
});

describe('R11: invalid input', () => {
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['0:0:0:0:0:0:0:0', 'unspecified'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['::ffff:0:0', 'unspecified'],
    ['64:ff9b::', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['::ffff:224.0.0.1', 'multicast'],
    ['64:ff9b::e000:1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['fe80::1%eth0', 'scope'],
    ['fe80::1%25eth0', 'scope'],
    ['2001:db8::1%1', 'scope'],
    ['::ffff:203.0.113.7%1', 'scope'],
    ['203.0.113.7%eth0', 'scope'],
  ])('%s has its reason', (ip, problem) => {
    expect(locationOf(ip)).toContain(problem);
  });

  test.each([
    ['nothing', ''],
    ['a name', 'localhost'],
    ['an octal form', '0313.0.113.7'],
    ['a leading zero', '203.0.113.07'],
    ['a leading zero in a mapped address', '::ffff:010.0.0.1'],
    ['a hexadecimal form', '0xcb.0.113.7'],
    ['one number', '3405803783'],
    ['one small number', '1'],
    ['two parts', '127.1'],
    ['three parts', '203.0.113'],
    ['five parts', '203.0.113.7.1'],
    ['a part that is too large', '203.0.113.256'],
    ['a short mapped address', '::ffff:203.0.113'],
    ['a space before', ' 203.0.113.7'],
    ['a line break after', '203.0.113.7\n'],
    ['a port', '203.0.113.7:443'],
    ['brackets', '[2001:db8::1]'],
    ['a network', '203.0.113.0/24'],
    ['two addresses, as proxies write them', '203.0.113.7, 198.51.100.9'],
    ['fullwidth digits', '２０３.0.113.7'],
    ['Arabic digits', '٢٠٣.0.113.7'],
    ['two gaps', '2001::db8::1'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['a group that is too long', '2001:0db80::1'],
  ])('%s', (_, ip) => {
    expect(locationOf(ip)).toBe('is no IP address');
  });
});

describe('how long trust lasts', () => {
  const day = 86_400_000;
  const trust: TrustedLocation = {
    location: '203.0.113.7',
    trustedAt: 100 * day,
    expiresAt: 107 * day,
    endedAt: null,
    endedReason: null,
  };

  test.each([
    ['from its start on', 100 * day, 107 * day],
    ['in the last millisecond of the seventh day', 107 * day - 1, 107 * day],
    ['not after seven days', 107 * day, null],
    ['not before its start, by a clock set back', 100 * day - 1, null],
  ])('R11: %s', (_, now, until) => {
    expect(trustedUntil(trust, now)).toBe(until);
  });

  test('R11: a row that says more than seven days is trusted for seven', () => {
    const longer = { ...trust, expiresAt: 500 * day };
    expect(trustedUntil(longer, 106 * day)).toBe(107 * day);
    expect(trustedUntil(longer, 107 * day)).toBeNull();
  });

  test('R11: a row that says less is trusted for less', () => {
    expect(trustedUntil({ ...trust, expiresAt: 101 * day }, 100 * day)).toBe(101 * day);
    expect(trustedUntil({ ...trust, expiresAt: 101 * day }, 101 * day)).toBeNull();
  });

  test.each<TrustEnd>(['contact-changed', 'locked', 'deactivated', 'reactivated', 'forgotten', 'restored'])(
    'R5, R9: trust that ended (%s) is none',
    (endedReason) => {
      expect(trustedUntil({ ...trust, endedAt: 101 * day, endedReason }, 100 * day)).toBeNull();
    },
  );

  test('no location known is none trusted', () => {
    expect(trustedUntil(null, 100 * day)).toBeNull();
  });
});
