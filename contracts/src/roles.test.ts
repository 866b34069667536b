import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADMINISTRATORS,
  conflictIn,
  isPrivileged,
  PERMISSION_FACTS,
  PERMISSIONS,
  permissionsOf,
  type Role,
  ROLE_FACTS,
  ROLES,
} from './roles.ts';

const someRoles = fc.uniqueArray(fc.constantFrom(...ROLES));

describe('the separation of administrators', () => {
  it('lets no account hold two of the three, nor one of them together with the compliance officer', () => {
    fc.assert(
      fc.property(someRoles, (roles) => {
        const apart = roles.filter((role) => role === 'compliance_officer' || ADMINISTRATORS.some((admin) => admin === role));
        expect(conflictIn(roles) !== undefined).toBe(apart.length > 1);
      }),
    );
  });

  it('leaves making an account, giving it rights and reading the log to three different people', () => {
    fc.assert(
      fc.property(someRoles, (roles) => {
        fc.pre(conflictIn(roles) === undefined);
        const has = permissionsOf(roles);
        const powers = (['users.create', 'users.secure', 'audit.export'] as const).filter((permission) => has.has(permission));
        expect(powers.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the table of permissions', () => {
  it('adds up over roles and takes nothing away', () => {
    fc.assert(
      fc.property(someRoles, someRoles, (some, more) => {
        const both = permissionsOf([...some, ...more]);
        for (const permission of permissionsOf(some)) expect(both.has(permission)).toBe(true);
        expect(both.size).toBeLessThanOrEqual(permissionsOf(some).size + permissionsOf(more).size);
      }),
    );
  });

  it('gives what needs a fresh second factor only to roles that must have one, and never to a token', () => {
    const stepUp = PERMISSIONS.filter((permission) => PERMISSION_FACTS[permission].stepUp);
    const holders = (permission: (typeof PERMISSIONS)[number]): Role[] =>
      ROLES.filter((role) => ROLE_FACTS[role].permissions.includes(permission));
    for (const permission of stepUp) {
      expect(holders(permission).filter((role) => !isPrivileged([role]))).toEqual([]);
      expect(PERMISSION_FACTS[permission].byToken).toBe(false);
    }
    expect(stepUp.length).toBeGreaterThan(3);
  });

  it('leaves no permission without a role, and lets every role end its own session', () => {
    const given = permissionsOf(ROLES);
    expect(PERMISSIONS.filter((permission) => !given.has(permission))).toEqual([]);
    for (const role of ROLES) expect(permissionsOf([role]).has('session.own')).toBe(true);
  });
});
