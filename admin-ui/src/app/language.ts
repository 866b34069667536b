/** The language of the desk: the agent's own choice if there is one, else what the site says, else Chinese. */
import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './texts/en.ts';
import { zhCN } from './texts/zh-CN.ts';

export type Language = 'zh' | 'en';
const CHOICE_KEY = 'keepline.language';

/** Ready when it returns: the texts are part of the bundle. */
export function makeTexts(language: Language): i18n {
  const texts = i18next.createInstance();
  void texts.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'zh',
    resources: { zh: { translation: zhCN }, en: { translation: en } },
    nsSeparator: false,
    interpolation: { escapeValue: false }, // React escapes
    initAsync: false,
  });
  return texts;
}

/** What the agent chose on this workplace; undefined when never, or when the browser keeps nothing for the page. */
export function chosenLanguage(): Language | undefined {
  try {
    const kept = localStorage.getItem(CHOICE_KEY);
    return kept === 'zh' || kept === 'en' ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(CHOICE_KEY, language);
  } catch {
    // a browser that keeps nothing still switches for this visit
  }
}
