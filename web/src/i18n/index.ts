import { computed, signal } from '@preact/signals';
import { en, type MessageKey, type Messages } from './messages/en';

export const LANGUAGES = { en: 'English', zh: '简体中文' } as const;
export type Language = keyof typeof LANGUAGES;

/** Not a secret: which language to begin with, before anybody has signed in. */
const KEPT = 'likeness.language';

const languageOf = (tag: string | null | undefined): Language | null => {
  const primary = tag?.toLowerCase().split('-')[0];
  return primary === 'en' || primary === 'zh' ? primary : null;
};

const initial = (): Language => languageOf(localStorage.getItem(KEPT)) ?? navigator.languages.map(languageOf).find((found) => found !== null) ?? 'en';

export const language = signal<Language>('en');
const messages = signal<Messages>(en);

/** For `Intl`: dates as the browser's own region writes them, where it speaks the language. */
export const formatLocale = computed(() => navigator.languages.find((tag) => languageOf(tag) === language.value) ?? language.value);

const load = async (wanted: Language): Promise<Messages> => (wanted === 'zh' ? (await import('./messages/zh')).zh : en);

const use = async (wanted: Language): Promise<void> => {
  messages.value = await load(wanted);
  language.value = wanted;
  document.documentElement.lang = wanted === 'zh' ? 'zh-Hans' : 'en';
};

/** When the language cannot be fetched, the page begins in English. */
export const startLanguage = (): Promise<void> => use(initial()).catch(() => use('en'));

/** By a language tag such as `zh-CN`; one that is not spoken here changes nothing. */
export const chooseLanguage = async (tag: string | null): Promise<void> => {
  const wanted = languageOf(tag);
  if (wanted === null) return;
  localStorage.setItem(KEPT, wanted);
  if (wanted !== language.value) await use(wanted);
};

export type Values = Readonly<Record<string, string | number>>;

/** The text in the page's language; `{name}` stands for a value. */
export const t = (key: MessageKey, values: Values = {}): string => messages.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));

export const isMessage = (key: string): key is MessageKey => key in en;
export type { MessageKey };
