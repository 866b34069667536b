/** Settings of call-backs: who is called first, how often, when, and how many may be owed at once. */
import { Type } from 'typebox';
import { group, text, whole } from './config-field.ts';

const time = (value: string, description: string) => text(value, description, { pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$' });

export const CallbackSettings = group('Call-backs: a caller who waits, or an agent, asks for one.', {
  order: Type.Union([Type.Literal('agent_first'), Type.Literal('customer_first')], {
    default: 'agent_first',
    description:
      'Who is rung first. `agent_first`: an agent is on the line before the customer answers. `customer_first`: the customer hears music until an agent is free.',
  }),
  max: whole(200, 0, 5000, 'Call-backs that may be owed at once; 0 turns them off.'),
  tries: whole(3, 1, 10, 'How often a customer is called before the call-back is given up.'),
  spacingSeconds: whole(900, 5, 86_400, 'Wait after a try that reached nobody, in seconds.'),
  days: whole(7, 1, 60, 'After this many days a call-back that is still owed is given up; one is agreed for no later.'),
  from: time('08:00', 'No customer is called before this time of day, by the time zone of the machine.'),
  until: time('20:00', 'No customer is called from this time of day on.'),
});
