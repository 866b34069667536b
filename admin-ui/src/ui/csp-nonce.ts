/** The nonce of this page's content security policy, for styles that Ant Design makes at run time. Empty when the page has none. */
export function cspNonce(page: Document): string {
  return page.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
