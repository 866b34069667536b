/** A SIP message to bytes (RFC 3261 §7). Content-Length is written here and nowhere else. */
import { type Headers, SIP_VERSION, type SipMessage } from './message.ts';

export function formatMessage(message: SipMessage): Buffer {
  const lines = [
    message.kind === 'request'
      ? `${message.method} ${message.uri} ${message.version}`
      : `${SIP_VERSION} ${message.status} ${message.reason}`,
  ];
  appendHeaders(lines, message.headers);
  lines.push(`Content-Length: ${message.body.length}`, '', '');
  const head = Buffer.from(lines.join('\r\n'), 'utf8');
  return message.body.length === 0 ? head : Buffer.concat([head, message.body]);
}

function appendHeaders(lines: string[], headers: Headers): void {
  for (const { name, key, value } of headers.entries) {
    if (key !== 'content-length') lines.push(`${name}: ${value}`);
  }
}
