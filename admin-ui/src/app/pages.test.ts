import { PERMISSIONS, permissionsOf, ROLES } from '@keepline/contracts/roles';
import { describe, expect, it } from 'vitest';
import { pageAt, pagesFor, pathOf, rightsOf } from './pages.ts';

describe('the pages somebody has', () => {
  it('are those their roles open, and every privileged role has some', () => {
    const pages = (...roles: string[]) => pagesFor(rightsOf(roles));
    expect(pages('agent')).toEqual(['desk']);
    expect(pages('supervisor')).toEqual(['callbacks', 'cloud', 'egress', 'anonymisation', 'downlink', 'alarms', 'approvals']);
    for (const role of ['system_admin', 'security_admin'])
      expect(pages(role)).toEqual(['cloud', 'egress', 'anonymisation', 'downlink', 'alarms', 'users', 'approvals']);
    for (const role of ['compliance_officer', 'audit_admin'])
      expect(pages(role)).toEqual([
        'cloud',
        'egress',
        'anonymisation',
        'downlink',
        'alarms',
        'audit',
        'reports',
        'users',
        ...(role === 'audit_admin' ? [] : ['approvals']),
      ]);
    expect(pages('agent', 'supervisor')[0]).toBe('desk');
    expect(pages('emperor', '__proto__')).toEqual([]);
  });

  it('take their rights from the table of the site and from nowhere else', () => {
    for (const role of ROLES) expect(rightsOf([role, 'emperor'])).toEqual(permissionsOf([role]));
  });

  it('are found by their path, and a path that is none of them leads to the first', () => {
    const all = pagesFor(new Set(PERMISSIONS));
    for (const page of all) expect(pageAt(pathOf(page), all)).toBe(page);
    expect(pageAt('/', all)).toBe('desk');
    expect(pageAt('/users', ['cloud', 'egress'])).toBe('cloud');
    expect(pageAt('/desk', [])).toBeUndefined();
  });
});
