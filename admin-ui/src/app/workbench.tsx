/**
 * Where somebody works once signed in: the navigation, where there is more than one page, and the page. The desk stays open behind the other
 * pages, so that looking at one of them drops no call.
 */
import { Menu, Spin } from 'antd';
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '@keepline/contracts/roles';
import { ACCOUNT_PATH, type PageName, pageAt, pathOf } from './pages.ts';
import '../ui/work-page.css';

/** What every page is given; each uses what it needs. */
interface PageProps {
  readonly rights: ReadonlySet<Permission>;
  /** Account of whoever is signed in. */
  readonly self: string;
}

/** Loaded when they are first opened. */
const AccountPage = lazy(async () => ({ default: (await import('./account-page.tsx')).AccountPage }));
const PAGES: Readonly<Record<Exclude<PageName, 'desk'>, ComponentType<PageProps>>> = {
  callbacks: lazy(async () => ({ default: (await import('../features/callbacks/callbacks-page.tsx')).CallbacksPage })),
  cloud: lazy(async () => ({ default: (await import('../features/cloud-link/cloud-page.tsx')).CloudPage })),
  egress: lazy(async () => ({ default: (await import('../features/cloud-link/egress-page.tsx')).EgressPage })),
  downlink: lazy(async () => ({ default: (await import('../features/cloud-link/downlink-page.tsx')).DownlinkPage })),
  anonymisation: lazy(async () => ({ default: (await import('../features/anonymisation/anonymisation-page.tsx')).AnonymisationPage })),
  alarms: lazy(async () => ({ default: (await import('../features/alarms/alarms-page.tsx')).AlarmsPage })),
  audit: lazy(async () => ({ default: (await import('../features/audit/audit-page.tsx')).AuditPage })),
  reports: lazy(async () => ({ default: (await import('../features/reports/reports-page.tsx')).ReportsPage })),
  approvals: lazy(async () => ({ default: (await import('../features/approvals/approvals-page.tsx')).ApprovalsPage })),
  users: lazy(async () => ({ default: (await import('../features/users/users-page.tsx')).UsersPage })),
};

export interface WorkbenchProps extends PageProps {
  readonly pages: readonly PageName[];
  readonly desk: ReactNode;
  /** Where there is no page. */
  readonly nothing: ReactNode;
}

/** Leads to one's own account, from wherever one is. */
export function openAccount(): void {
  history.pushState(null, '', ACCOUNT_PATH + location.search);
  window.dispatchEvent(new PopStateEvent('popstate'));
}

export function Workbench({ pages, rights, self, desk, nothing }: WorkbenchProps): ReactNode {
  const { t } = useTranslation();
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const follow = (): void => setPath(location.pathname);
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, []);
  const isAccount = path === ACCOUNT_PATH;
  const page = isAccount ? undefined : pageAt(path, pages);
  const go = (next: PageName): void => {
    if (next === page) return;
    history.pushState(null, '', pathOf(next) + location.search);
    setPath(pathOf(next));
  };
  const leaveAccount = (): void => {
    const [first] = pages;
    const back = first === undefined ? '/' : pathOf(first);
    history.pushState(null, '', back + location.search);
    setPath(back);
  };
  const waiting = <Spin className="page-wait" size="large" description={t('loading')} />;
  const Page = page === undefined || page === 'desk' ? undefined : PAGES[page];
  return (
    <div className="work">
      {pages.length > 1 && (
        <nav className="work-nav" aria-label={t('nav.label')} data-testid="nav">
          <Menu
            mode="inline"
            selectedKeys={page === undefined ? [] : [page]}
            onClick={({ key }) => {
              const next = pages.find((name) => name === key);
              if (next) go(next);
            }}
            items={pages.map((name) => ({ key: name, label: <span data-testid={`nav-${name}`}>{t(`nav.${name}`)}</span> }))}
          />
        </nav>
      )}
      {pages.includes('desk') && (
        <div className="work-place" hidden={page !== 'desk'}>
          {desk}
        </div>
      )}
      {isAccount && (
        <div className="work-place">
          <Suspense fallback={waiting}>
            <AccountPage onBack={leaveAccount} />
          </Suspense>
        </div>
      )}
      {!isAccount && page === undefined && <div className="work-place">{nothing}</div>}
      {Page && (
        <div className="work-place">
          <Suspense fallback={waiting}>
            <Page rights={rights} self={self} />
          </Suspense>
        </div>
      )}
    </div>
  );
}
