/** Settings of what agents do with calls beside talking: parking places, and the codes for it on a telephone. */
import { Type } from 'typebox';
import { group, PLAIN_NAME, text, whole } from './config-field.ts';

const code = (value: string, description: string) => text(value, description, { pattern: '^([*][0-9]{1,6})?$' });

export const ParkingSettings = group('Places where a call waits for whoever takes it up by its number.', {
  firstSlot: whole(701, 1, 99_000, 'Number of the first place.'),
  slots: whole(20, 0, 99, 'Number of places; 0 turns parking off.'),
  timeoutSeconds: whole(120, 10, 3600, 'After this long, in seconds, a parked call rings at who parked it.'),
});

export const FeatureCodes = group('What an agent dials on a registered telephone, after proving its secret.', {
  pickup: code(
    '*8',
    'Takes the call that rings longest at a colleague of the same queue, else the one that waits longest; empty turns it off.',
  ),
  echo: code(
    '*43',
    'Lets whoever dials it hear themselves, from the telephone of an agent and from this machine itself (`./keepline doctor`); empty turns it off.',
  ),
  park: code(
    '*70',
    'Target of the transfer key that parks the caller; empty turns it off. `*` and the number of a place takes the call up.',
  ),
});

export const SecretHooks = Type.Array(
  Type.Object(
    {
      name: text('verify', 'Name by which a flow asks for it.', PLAIN_NAME),
      url: text(
        'https://127.0.0.1:9443/verify',
        'Where what the caller keyed is posted, on the premises; answers `{"accepted": true}` or false.',
        {
          pattern: '^https://[^\\s]+$',
        },
      ),
      caFile: text('', 'PEM of the authority that certifies it; empty trusts those of the system.'),
      deskMinDigits: whole(0, 0, 32, 'Fewest digits an agent may ask a caller to key for it during a talk; 0: only flows ask.'),
      deskMaxDigits: whole(19, 1, 32, 'Most digits; the entry ends with the last of them.'),
      zh: text('', 'What it takes, as the desk says it in Chinese (卡号); empty: its name.'),
      en: text('', 'The same in English.'),
    },
    { additionalProperties: false },
  ),
  {
    default: [],
    maxItems: 16,
    description:
      'Services of the house that check card numbers and PINs keyed in a flow, or in a talk when the agent asks; nobody else gets what was keyed.',
  },
);
