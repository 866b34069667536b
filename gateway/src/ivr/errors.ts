/** Refusals of flow documents, and the one fault a checked flow can still meet. */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

export class FlowUnreadable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('FLOW_UNREADABLE', `cannot read the flow ${path}: ${messageOf(cause)}`, {
      hint: 'Check the path in site.yaml (`flow`), the rights of the file, and its YAML at the line named above.',
      offending: path,
      cause,
    });
  }
}

export class FlowInvalid extends KeeplineError {
  constructor(name: string, faults: readonly string[]) {
    super('FLOW_INVALID', `${name} has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`, {
      hint: 'Each line names the place in the document; gateway/src/ivr/README.md describes the verbs.',
      offending: name,
    });
  }
}

export class FlowVersionTaken extends KeeplineError {
  constructor(flow: string, version: number) {
    super('FLOW_VERSION_TAKEN', `version ${version} of the flow ${flow} was published before with other content`, {
      hint: 'Raise `version` in the document: calls of the past must go on showing what their callers heard.',
      offending: version,
    });
  }
}

export class FlowNodeUnknown extends KeeplineError {
  constructor(flow: string, version: number, node: string) {
    super('FLOW_NODE_UNKNOWN', `version ${version} of the flow ${flow} has no node ${node}`, {
      hint: 'A call went on in a version that no longer has the node it came from; run the call on the version it began with.',
      offending: node,
    });
  }
}

export class SecretHookAuthorityUnreadable extends KeeplineError {
  constructor(hook: string, path: string, cause: unknown) {
    super('SECRET_HOOK_AUTHORITY_UNREADABLE', `cannot read the authority of the secret hook ${hook}: ${messageOf(cause)}`, {
      hint: 'Put the PEM file of its certificate authority at `caFile` of `secretHooks` in site.yaml, readable by the gateway; empty trusts those of the system.',
      offending: path,
      cause,
    });
  }
}
