/** `./keepline preflight`: is this machine fit for a site? Changes nothing; exit status 1 when something must be mended first. */
import { resolve } from 'node:path';
import { readSiteFile } from '@keepline/contracts/site-file';
import { SITE_DATA } from '../install/places.ts';
import type { Run } from './command.ts';
import { fitness } from './fitness.ts';

export const run: Run = async (given, { machine }) => {
  const site = given.text('site');
  const remarks = await fitness(readSiteFile(site), resolve(given.text('data') ?? SITE_DATA), machine);
  const language = given.text('lang') === 'en' ? 'en' : 'zh';
  if (given.flag('json')) console.log(JSON.stringify({ remarks }));
  else
    for (const { check, verdict, found, next } of remarks) {
      console.log(`${verdict.padEnd(5)} ${check[language]}: ${found[language]}`);
      if (next[language] !== '') console.log(`        ${language === 'zh' ? '处理' : 'next'}: ${next[language]}`);
    }
  return remarks.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
};
