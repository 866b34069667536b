/** English texts of suggestions of the cloud; same keys as suggestion.zh-CN.ts. */
export const suggestionEn = {
  suggest: {
    title: 'Suggestions of the cloud',
    label: 'Suggestion by the cloud',
    placeholder: 'What the customer said, or your notes; a sentence a line, which may begin with “caller:”',
    anonymised: 'Personal data is taken out here before anything is sent.',
    ask: { assist: 'Find articles', summary: 'Summarise', qa: 'Check quality' },
    removed: 'Taken out: {{kinds}}',
    none: 'Nothing fits.',
    disposition: 'Suggested outcome: {{disposition}}',
    outcome: {
      away: 'The cloud is away; the call is not affected.',
      late: 'The cloud did not answer in time.',
      stopped: 'The text may still hold personal data and was not sent.',
      refused: 'The cloud gave no answer that can be used.',
      not_offered: 'This site does not offer that service.',
    },
    verdict: { passed: 'passed', failed: 'failed', not_applicable: 'not applicable' },
    check: {
      greeting: 'Greeting',
      identity_check: 'Identity check',
      no_guarantee: 'No guarantees',
      no_secret_asked: 'No secret asked for',
      polite: 'Polite words',
      no_refusal_without_help: 'Help with a refusal',
      further_help: 'Further help offered',
      closing: 'Closing',
    },
  },
};
