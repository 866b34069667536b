/**
 * Where somebody works once signed in: the navigation, where there is more than one page, and the page. The desk stays open behind the other
 * pages, so that looking at one of them drops no call.
 */
import { Menu, Spin } from 'antd';
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '@keepline/contracts/roles';
import { type PageName, pageAt, pathOf } from './pages.ts';
import '../ui/work-page.css';

/** What every page is given; each uses what it needs. */
interface PageProps {
  readonly rights: ReadonlySet<Permission>;
  /** Account of whoever is signed in. */
  readonly self: string;
}

/** Loaded when they are first opened. */
const PAGES: Readonly<Record<Exclude<PageName, 'desk'>, ComponentType<PageProps>>> = {
  cloud: lazy(async () => ({ default: (await import('../features/cloud-link/cloud-page.tsx')).CloudPage })),
  egress: lazy(async () => ({ default: (await import('../features/cloud-link/egress-page.tsx')).EgressPage })),
  downlink: lazy(async () => ({ default: (await import('../features/cloud-link/downlink-page.tsx')).DownlinkPage })),
  anonymisation: lazy(async () => ({ default: (await import('../features/anonymisation/anonymisation-page.tsx')).AnonymisationPage })),
  users: lazy(async () => ({ default: (await import('../features/users/users-page.tsx')).UsersPage })),
};

export interface WorkbenchProps extends PageProps {
  /** Not empty. */
  readonly pages: readonly PageName[];
  readonly desk: ReactNode;
}

export function Workbench({ pages, rights, self, desk }: WorkbenchProps): ReactNode {
  const { t } = useTranslation();
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const follow = (): void => setPath(location.pathname);
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, []);
  const page = pageAt(path, pages);
  const go = (next: PageName): void => {
    if (next === page) return;
    history.pushState(null, '', pathOf(next) + location.search);
    setPath(pathOf(next));
  };
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
      {Page && (
        <div className="work-place">
          <Suspense fallback={<Spin className="page-wait" size="large" description={t('loading')} />}>
            <Page rights={rights} self={self} />
          </Suspense>
        </div>
      )}
    </div>
  );
}
