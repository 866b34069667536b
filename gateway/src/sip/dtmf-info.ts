/** A key press in the body of INFO: the two unregistered types every PBX knows, `application/dtmf-relay` and `application/dtmf`. Pure. */
export const DTMF_TYPES = ['application/dtmf-relay', 'application/dtmf'] as const;

/** The digit (0-9 * # A-D), or null when the body holds none. */
export function digitOfInfo(type: string, body: string): string | null {
  if (type === 'application/dtmf') return digitOf(body);
  for (const line of body.split('\n', 8)) {
    const equals = line.indexOf('=');
    if (equals !== -1 && line.slice(0, equals).trim().toLowerCase() === 'signal') return digitOf(line.slice(equals + 1));
  }
  return null;
}

function digitOf(text: string): string | null {
  const key = text.trim().toUpperCase();
  if (key === '10') return '*'; // some gateways write the event numbers of RFC 4733 §3.2
  if (key === '11') return '#';
  return key.length === 1 && '0123456789*#ABCD'.includes(key) ? key : null;
}
