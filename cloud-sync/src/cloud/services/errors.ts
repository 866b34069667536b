/** Refusals of the AI services, each with the code the micro protocol carries. */
import { SERVICE_CODES, type ServiceFault } from '@keepline/contracts/ai-service';

/** A refusal that travels to the asker as `Nats-Service-Error` and its code. Its text never quotes the request. */
export class ServiceRefusal extends Error {
  readonly fault: ServiceFault;

  constructor(fault: ServiceFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ServiceRefusal';
    this.fault = fault;
  }

  get code(): number {
    return SERVICE_CODES[this.fault];
  }
}
